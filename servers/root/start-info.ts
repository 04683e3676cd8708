/** The fields of the programs' start-info pages that only the running system knows. */
import {
  CHANNEL_PEER_PROGRAM_AT,
  CHANNEL_PRESENT_AT,
  CHANNEL_RECORD_SIZE,
  START_INFO_CHANNEL_COUNT_AT,
  START_INFO_CHANNELS_AT,
} from "../../abi/src/start-info";

/** Number of channels of the program with this start-info page. */
export function channelCount(page: u32): u32 {
  return load<u32>(page + START_INFO_CHANNEL_COUNT_AT);
}

@unmanaged
export class ChannelEntry {
  static of(page: u32, index: u32): ChannelEntry {
    return changetype<ChannelEntry>(
      page + load<u32>(page + START_INFO_CHANNELS_AT) + index * CHANNEL_RECORD_SIZE,
    );
  }
  /** Bundle number of the program at the other end. */
  get peer(): u32 {
    return load<u32>(changetype<u32>(this) + CHANNEL_PEER_PROGRAM_AT);
  }
  set present(value: bool) {
    store<u32>(changetype<u32>(this) + CHANNEL_PRESENT_AT, value ? 1 : 0);
  }
}

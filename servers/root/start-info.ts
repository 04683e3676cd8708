/** The fields of the programs' start-info pages that only the running system knows. They change while programs read them. */
import { fence, store32 } from "rv";
import {
  CHANNEL_PEER_GENERATION_AT,
  CHANNEL_PEER_PROGRAM_AT,
  CHANNEL_PRESENT_AT,
  CHANNEL_RECORD_SIZE,
  START_INFO_CHANNEL_COUNT_AT,
  START_INFO_CHANNELS_AT,
  START_INFO_GENERATION_AT,
  START_INFO_PRESENCE_AT,
} from "../../abi/src/start-info";

const WRITE: u32 = 1;

/** The start-info pages of a program; the handle's value is their address in the root task. */
@unmanaged
export class StartInfo {
  private word(at: u32): u32 {
    return load<u32>(changetype<u32>(this) + at);
  }

  set generation(value: u32) {
    store32(changetype<u32>(this) + START_INFO_GENERATION_AT, value);
  }

  /** PEER_*: what has become of this program. */
  set presence(value: u32) {
    store32(changetype<u32>(this) + START_INFO_PRESENCE_AT, value);
  }

  /** Writes what has become of the program numbered `peer` into all channels to it; returns whether there are any. */
  notePeer(peer: u32, presence: u32, generation: u32): bool {
    let found = false;
    let at = changetype<u32>(this) + this.word(START_INFO_CHANNELS_AT);
    for (let left = this.word(START_INFO_CHANNEL_COUNT_AT); left > 0; left--) {
      if (load<u32>(at + CHANNEL_PEER_PROGRAM_AT) == peer) {
        found = true;
        // who sees that it runs sees which run it is
        store32(at + CHANNEL_PEER_GENERATION_AT, generation);
        fence(WRITE, WRITE);
        store32(at + CHANNEL_PRESENT_AT, presence);
      }
      at += CHANNEL_RECORD_SIZE;
    }
    return found;
  }
}

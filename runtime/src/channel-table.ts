/** The channels of this program, as the start-info page lists them. */
import {
  CHANNEL_IDENTITY_AT,
  CHANNEL_KIND_AT,
  CHANNEL_PAGE_AT,
  CHANNEL_PEER_HART_AT,
  CHANNEL_PEER_NAME_AT,
  CHANNEL_PRESENT_AT,
  CHANNEL_RECEIVE_SLOT_AT,
  CHANNEL_RECORD_SIZE,
  CHANNEL_SEND_SLOT_AT,
  CHANNEL_SIDE_AT,
  START_INFO_CHANNEL_COUNT_AT,
  START_INFO_CHANNELS_AT,
} from "../../abi/src/start-info";
import { startInfoString, startInfoWord } from "./start-info";

/** One record of the table; the handle is the record's offset in the start-info page. */
@unmanaged
export class ChannelRecord {
  @inline private field(at: u32): u32 {
    return startInfoWord(changetype<u32>(this) + at);
  }
  get kind(): u32 {
    return this.field(CHANNEL_KIND_AT);
  }
  /** SIDE_FROM or SIDE_TO. */
  get side(): u32 {
    return this.field(CHANNEL_SIDE_AT);
  }
  get peer(): string {
    return startInfoString(changetype<u32>(this) + CHANNEL_PEER_NAME_AT);
  }
  /** False when the peer was left out because the machine has too few harts. */
  get present(): bool {
    return this.field(CHANNEL_PRESENT_AT) != 0;
  }
  get sendSlot(): u32 {
    return this.field(CHANNEL_SEND_SLOT_AT);
  }
  get receiveSlot(): u32 {
    return this.field(CHANNEL_RECEIVE_SLOT_AT);
  }
  /** Badge (endpoint) or vector (notification, async) of what arrives over this channel. */
  get identity(): u32 {
    return this.field(CHANNEL_IDENTITY_AT);
  }
  get page(): u32 {
    return this.field(CHANNEL_PAGE_AT);
  }
  get peerHart(): u32 {
    return this.field(CHANNEL_PEER_HART_AT);
  }
}

/** The channel of `kind` to `peer` on whose `side` this program stands, or null. */
export function findChannel(kind: u32, peer: string, side: u32): ChannelRecord | null {
  const count = startInfoWord(START_INFO_CHANNEL_COUNT_AT);
  let at = startInfoWord(START_INFO_CHANNELS_AT);
  for (let i: u32 = 0; i < count; i++) {
    const record = changetype<ChannelRecord>(at);
    if (record.kind == kind && record.side == side && record.peer == peer) return record;
    at += CHANNEL_RECORD_SIZE;
  }
  return null;
}

/** Like `findChannel`; a missing channel ends the program with a message that says what to add. */
export function requireChannel(
  kind: u32,
  kindName: string,
  peer: string,
  side: u32,
  ends: string,
): ChannelRecord {
  const record = findChannel(kind, peer, side);
  if (record === null) {
    throw new Error(
      `no ${kindName} channel ${ends} "${peer}": add it to the channels of the system description`,
    );
  }
  return record;
}

/** Whether `peer` shares a channel with this program and is running. */
export function peerIsRunning(peer: string): bool {
  const count = startInfoWord(START_INFO_CHANNEL_COUNT_AT);
  let at = startInfoWord(START_INFO_CHANNELS_AT);
  for (let i: u32 = 0; i < count; i++) {
    const record = changetype<ChannelRecord>(at);
    if (record.present && record.peer == peer) return true;
    at += CHANNEL_RECORD_SIZE;
  }
  return false;
}

/** Name of the client whose messages carry `badge`, or "" when no endpoint channel has it. */
export function clientName(badge: u64): string {
  const count = startInfoWord(START_INFO_CHANNEL_COUNT_AT);
  let at = startInfoWord(START_INFO_CHANNELS_AT);
  for (let i: u32 = 0; i < count; i++) {
    const record = changetype<ChannelRecord>(at);
    if (record.kind == 0 && record.side == 1 && <u64>record.identity == (badge & 0xffff_ffff))
      return record.peer;
    at += CHANNEL_RECORD_SIZE;
  }
  return "";
}

/** The channels of this program, as the start-info page lists them. */
import { load32 } from "rv";
import { PROGRAM_START_INFO } from "../../abi/src/program-layout";
import {
  CHANNEL_ASYNC,
  CHANNEL_CALL_SLOT_AT,
  CHANNEL_ENDPOINT,
  CHANNEL_IDENTITY_AT,
  CHANNEL_KIND_AT,
  CHANNEL_PAGE_AT,
  CHANNEL_PEER_GENERATION_AT,
  CHANNEL_PEER_HART_AT,
  CHANNEL_PEER_NAME_AT,
  CHANNEL_PEER_PROGRAM_AT,
  CHANNEL_PRESENT_AT,
  CHANNEL_RECEIVE_SLOT_AT,
  CHANNEL_RECORD_SIZE,
  CHANNEL_RING_BYTES_AT,
  CHANNEL_SEND_SLOT_AT,
  CHANNEL_SIDE_AT,
  PEER_RUNS,
  SIDE_TO,
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
  /** Number of the peer. */
  get peerProgram(): u32 {
    return this.field(CHANNEL_PEER_PROGRAM_AT);
  }
  /** PEER_LEFT_OUT, PEER_RUNS or PEER_ENDED; changes while the program runs. */
  get presence(): u32 {
    return load32(PROGRAM_START_INFO + changetype<u32>(this) + CHANNEL_PRESENT_AT);
  }
  /** How often the peer has been started; changes while the program runs. */
  get peerGeneration(): u32 {
    return load32(PROGRAM_START_INFO + changetype<u32>(this) + CHANNEL_PEER_GENERATION_AT);
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
  /** Address of the ring buffer of an async channel (abi/src/ring.ts). */
  get buffer(): u32 {
    return this.field(CHANNEL_PAGE_AT);
  }
  /** Bytes of each of its two rings. */
  get ringBytes(): u32 {
    return this.field(CHANNEL_RING_BYTES_AT);
  }
  /** Capability for synchronous calls beside an async channel, or 0. */
  get callSlot(): u32 {
    return this.field(CHANNEL_CALL_SLOT_AT);
  }
  get peerHart(): u32 {
    return this.field(CHANNEL_PEER_HART_AT);
  }
}

/** In place of SIDE_FROM or SIDE_TO: the first channel with the peer, whoever is on which side. */
export const EITHER_SIDE: u32 = 2;

/** Number of channel records. */
export function channelCount(): u32 {
  return startInfoWord(START_INFO_CHANNEL_COUNT_AT);
}

/** Record number `index`. */
export function channelAt(index: u32): ChannelRecord {
  return changetype<ChannelRecord>(startInfoWord(START_INFO_CHANNELS_AT) + index * CHANNEL_RECORD_SIZE);
}

/** The channel of `kind` to `peer` on whose `side` this program stands (or EITHER_SIDE), or null. */
export function findChannel(kind: u32, peer: string, side: u32): ChannelRecord | null {
  const count = startInfoWord(START_INFO_CHANNEL_COUNT_AT);
  let at = startInfoWord(START_INFO_CHANNELS_AT);
  for (let i: u32 = 0; i < count; i++) {
    const record = changetype<ChannelRecord>(at);
    if (record.kind == kind && (side == EITHER_SIDE || record.side == side) && record.peer == peer)
      return record;
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
    if (record.presence == PEER_RUNS && record.peer == peer) return true;
    at += CHANNEL_RECORD_SIZE;
  }
  return false;
}

/** Name of the client whose messages carry `badge`, or "" when none over an endpoint or async channel has it. */
export function clientName(badge: u64): string {
  const count = startInfoWord(START_INFO_CHANNEL_COUNT_AT);
  let at = startInfoWord(START_INFO_CHANNELS_AT);
  for (let i: u32 = 0; i < count; i++) {
    const record = changetype<ChannelRecord>(at);
    const carriesCalls = record.kind == CHANNEL_ENDPOINT || record.kind == CHANNEL_ASYNC;
    if (carriesCalls && record.side == SIDE_TO && <u64>(record.peerProgram + 1) == (badge & 0xffff_ffff))
      return record.peer;
    at += CHANNEL_RECORD_SIZE;
  }
  return "";
}

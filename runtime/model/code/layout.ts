/** The address space of the program under test, and its start-info page. */
import {
  CALL_ITEM_BYTES,
  RING_CLIENT_EPOCH_AT,
  RING_CLIENT_STATE_AT,
  RING_LEAST_BYTES,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_EPOCH_AT,
  RING_SERVER_STATE_AT,
} from "../../../abi/src/ring";
import {
  CHANNEL_ASYNC,
  CHANNEL_IDENTITY_AT,
  CHANNEL_KIND_AT,
  CHANNEL_PAGE_AT,
  CHANNEL_PEER_GENERATION_AT,
  CHANNEL_PEER_HART_AT,
  CHANNEL_PEER_NAME_AT,
  CHANNEL_PRESENT_AT,
  CHANNEL_RECORD_SIZE,
  CHANNEL_RING_BYTES_AT,
  CHANNEL_SEND_SLOT_AT,
  CHANNEL_SIDE_AT,
  PEER_RUNS,
  SIDE_FROM,
  SIDE_TO,
  START_INFO_CHANNEL_COUNT_AT,
  START_INFO_CHANNELS_AT,
  START_INFO_COROUTINE_COUNT_AT,
  START_INFO_COROUTINE_STACK_BYTES_AT,
  START_INFO_GENERATION_AT,
  START_INFO_HART_AT,
  START_INFO_HEADER_SIZE,
} from "../../../abi/src/start-info";
import { MEMORY_BYTES, OWN_MEMORY } from "./build";

export const START_INFO = 0x1000;
export const MAILBOX = 0x1_0000;
const PAGE = 0x1000;
const BUFFERS = 0x2_0000;

/** Bytes of a ring and of a whole buffer. */
export const RING = RING_LEAST_BYTES;
const BUFFER_STRIDE = 4 * RING;
export const PLACES = RING / CALL_ITEM_BYTES;
export const FIRST_SLOT = 16;

/** A channel of the program under test; it is the client, or the server, on all of them. */
export interface Channel {
  number: number;
  isService: boolean;
  /** Does the peer run on another hart? */
  isRemote: boolean;
  vector: number;
  /** Addresses of the buffer's parts. */
  requests: number;
  control: number;
  responses: number;
}

export function makeChannel(number: number, isService: boolean, isRemote: boolean, vector: number): Channel {
  const requests = BUFFERS + number * BUFFER_STRIDE;
  return {
    number,
    isService,
    isRemote,
    vector,
    requests,
    control: requests + RING,
    responses: requests + 2 * RING,
  };
}

/** Address of a channel's record in the start-info page. */
export function channelRecord({ number }: Channel): number {
  return START_INFO + START_INFO_HEADER_SIZE + number * CHANNEL_RECORD_SIZE;
}

/** Writes what the root server would tell the program. */
export function writeStartInfo(memory: DataView, channels: readonly Channel[], coroutines: number): void {
  const set = (at: number, value: number) => memory.setUint32(START_INFO + at, value, true);
  set(START_INFO_HART_AT, 0);
  set(START_INFO_GENERATION_AT, 1);
  set(START_INFO_COROUTINE_COUNT_AT, coroutines);
  set(START_INFO_COROUTINE_STACK_BYTES_AT, PAGE);
  set(START_INFO_CHANNEL_COUNT_AT, channels.length);
  set(START_INFO_CHANNELS_AT, START_INFO_HEADER_SIZE);
  let text = START_INFO_HEADER_SIZE + channels.length * CHANNEL_RECORD_SIZE;
  channels.forEach((channel, i) => {
    const record = START_INFO_HEADER_SIZE + i * CHANNEL_RECORD_SIZE;
    const name = new TextEncoder().encode(`${channel.isService ? "client" : "server"} ${channel.number}`);
    new Uint8Array(memory.buffer, START_INFO + text, name.length).set(name);
    set(record + CHANNEL_KIND_AT, CHANNEL_ASYNC);
    set(record + CHANNEL_SIDE_AT, channel.isService ? SIDE_TO : SIDE_FROM);
    set(record + CHANNEL_PEER_NAME_AT, text);
    set(record + CHANNEL_PEER_NAME_AT + 4, name.length);
    set(record + CHANNEL_PRESENT_AT, PEER_RUNS);
    set(record + CHANNEL_SEND_SLOT_AT, FIRST_SLOT + channel.number);
    set(record + CHANNEL_IDENTITY_AT, channel.vector);
    set(record + CHANNEL_PAGE_AT, channel.requests);
    set(record + CHANNEL_PEER_HART_AT, channel.isRemote ? 1 : 0);
    set(record + CHANNEL_RING_BYTES_AT, RING);
    set(record + CHANNEL_PEER_GENERATION_AT, 1);
    text += name.length;
  });
}

/** Control words a side may write. */
const CLIENT_WRITES = [
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_SERVER_STATE_AT,
  RING_CLIENT_STATE_AT,
  RING_CLIENT_EPOCH_AT,
];
const SERVER_WRITES = [
  RING_RESPONSE_TAIL_AT,
  RING_REQUEST_HEAD_AT,
  RING_SERVER_STATE_AT,
  RING_CLIENT_STATE_AT,
  RING_SERVER_EPOCH_AT,
];

/** May the program under test access these bytes? */
export function mayAccess(
  channels: readonly Channel[],
  address: number,
  bytes: number,
  isStore: boolean,
): boolean {
  const inside = (from: number, length: number) => address >= from && address + bytes <= from + length;
  if (inside(OWN_MEMORY, MEMORY_BYTES - OWN_MEMORY) || inside(MAILBOX, PAGE)) return true;
  if (inside(START_INFO, PAGE)) return !isStore;
  const channel = channels.find(({ requests }) => inside(requests, 3 * RING));
  if (!channel) return false;
  if (!isStore || inside(channel.isService ? channel.responses : channel.requests, RING)) return true;
  const words = channel.isService ? SERVER_WRITES : CLIENT_WRITES;
  return bytes === 4 && words.includes(address - channel.control);
}

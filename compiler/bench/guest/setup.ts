// The world the kernel paths run in: two threads A (client) and B (server), an endpoint, CNodes two levels deep and page tables.
// Every address is an offset into one region of memory; harness.ts knows the same offsets.
import { insert } from "./derivation";
import { Arguments, decode } from "./invocation";
import { receive } from "./ipc";
import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_PAGE_TABLE,
  CAP_THREAD,
  CAP_UNTYPED,
  Endpoint,
  SLOT_CSPACE,
  SLOT_VSPACE,
  Slot,
  Thread,
  threadSlot,
} from "./layout";
import { schedule, setCurrentThread, timerTick } from "./scheduler";

const REGION_SIZE: u32 = 0x40000;
const CLIENT: u32 = 0x400;
const SERVER: u32 = 0xc00;
const ENDPOINT: u32 = 0x1000;
const ROOT_CNODE: u32 = 0x2000;
const SECOND_CNODE: u32 = 0x4000;
const THIRD_CNODE: u32 = 0x6000;
const BUFFER: u32 = 0x8000;
const ARGUMENTS: u32 = 0x9000;
const PAGE_TABLE: u32 = 0xa000;
/** Capability address of the endpoint: slot 3 of the root, guard 5 and slot 9 of the second CNode. */
const ENDPOINT_ADDRESS: u64 = 0x359;
const ALL_RIGHTS: u64 = 15;

let region: u32 = 0;

function thread(offset: u32): Thread {
  return changetype<Thread>(region + offset);
}

function slotOf(cnode: u32, index: u32): Slot {
  return changetype<Slot>(region + cnode + (index << 5));
}

function makeCNode(slot: Slot, cnode: u32, radix: u64, guardSize: u64, guard: u64): void {
  slot.word0 = guard;
  slot.word1 = (CAP_CNODE << 59) | (guardSize << 53) | (radix << 47) | (<u64>(region + cnode) >> 1);
}

function makeThread(offset: u32, priority: u32, addressSpace: u64, buffer: u32): void {
  const made = thread(offset);
  makeCNode(threadSlot(made, SLOT_CSPACE), ROOT_CNODE, 8, 48, 0);
  const root = threadSlot(made, SLOT_VSPACE);
  root.word0 = addressSpace;
  root.word1 = (CAP_PAGE_TABLE << 59) | ((<u64>1) << 47) | <u64>(region + PAGE_TABLE);
  made.state = 1;
  made.priority = priority;
  made.maximumPriority = 255;
  made.ipcBuffer = buffer;
  made.timeSlice = 5;
}

/** Builds the world in the region at `base`. */
export function setUp(base: u32): void {
  region = base;
  for (let i: u32 = 0; i < REGION_SIZE; i += 8) store<u64>(base + i, 0);
  makeCNode(slotOf(ROOT_CNODE, 3), SECOND_CNODE, 4, 4, 5);
  makeCNode(slotOf(ROOT_CNODE, 4), THIRD_CNODE, 4, 0, 0);
  makeCNode(slotOf(THIRD_CNODE, 7), SECOND_CNODE, 4, 0, 0);
  const endpoint = slotOf(SECOND_CNODE, 9);
  endpoint.word0 = 77;
  endpoint.word1 = (CAP_ENDPOINT << 59) | (ALL_RIGHTS << 55) | <u64>(base + ENDPOINT);
  makeThread(CLIENT, 100, 1, base + BUFFER);
  makeThread(SERVER, 120, 2, base + BUFFER + 0x800);
  for (let i: u32 = 0; i < 128; i++) store<u64>(base + BUFFER + (i << 3), <u64>i * 3);
  const table: u32 = base + PAGE_TABLE;
  store<u64>(table + 8 * 3, ((<u64>(table + 0x1000) >> 12) << 10) | 1);
  store<u64>(table + 0x1000 + 8 * 5, ((<u64>(table + 0x2000) >> 12) << 10) | 1);
  const untyped = slotOf(THIRD_CNODE, 1);
  untyped.word0 = 20;
  untyped.word1 = (CAP_UNTYPED << 59) | <u64>base;
  untyped.next = 3;
  setCurrentThread(thread(CLIENT));
}

/** The server waits on the endpoint; the client has a message of four words. */
export function prepareFastpath(): void {
  receive(thread(SERVER), changetype<Endpoint>(region + ENDPOINT), true);
  const client = thread(CLIENT);
  client.a2 = 11;
  client.a3 = 12;
  client.a4 = 13;
  client.a5 = 14;
}

/** The client has a message of forty words. */
export function prepareLongMessage(): void {
  thread(CLIENT).a1 = 40;
}

/** What messages left in both threads. */
export function messageDigest(): u64 {
  const client = thread(CLIENT);
  const server = thread(SERVER);
  return client.a0 + client.a1 * 3 + server.a0 * 5 + server.a1 * 7 + server.a2 * 11 + server.a5 * 13;
}

/** Page-table entry of the benchmark's frame. */
export function mappedEntry(): u64 {
  return load<u64>(region + PAGE_TABLE + 0x2000 + 8 * 7);
}

/** FNV-1a over memory. */
export function digest(address: u32, length: u32): u64 {
  let hash: u64 = ((<u64>0xcbf29ce4) << 32) | 0x84222325;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ <u64>load<u8>(address + i)) * 0x100000001b3;
  return hash;
}

function prepareArguments(args: Arguments, type: u32, label: u32): void {
  args.a0 = <u64>(label + type);
  args.a1 = 4;
  args.a2 = 2;
  args.a3 = 7;
  args.a4 = 1;
  args.a5 = 2;
  if (label == 17 || label == 18) {
    args.a0 = <u64>(region + PAGE_TABLE);
    args.a1 = 0xc0a09000;
  }
  if (label == 13 || label == 14) {
    args.a0 = ENDPOINT_ADDRESS;
    args.a1 = 64;
    args.a2 = 0x350;
    args.a3 = 64;
  }
}

/** Every label on every type of capability; returns a digest of what they answered. */
export function decodeAll(): u64 {
  const client = thread(CLIENT);
  const server = thread(SERVER);
  const args = changetype<Arguments>(region + ARGUMENTS);
  const slot = changetype<Slot>(region + ROOT_CNODE + 0x1000);
  let result: u64 = 0;
  for (let type: u32 = 0; type < 14; type++) {
    for (let label: u32 = 0; label < 42; label++) {
      slot.word0 = 20;
      slot.word1 = ((<u64>type) << 59) | <u64>changetype<u32>(server);
      slot.previous = 0;
      slot.next = 0;
      if (type == 10) {
        slot.word0 = threadSlot(client, SLOT_CSPACE).word0;
        slot.word1 = threadSlot(client, SLOT_CSPACE).word1;
      }
      prepareArguments(args, type, label);
      if (label == 40) {
        client.timeSlice = 1;
        server.timeSlice = 1;
      }
      const error = decode(label, 6, slot, client, args);
      result = result * 31 + <u64>error;
      const word = client.a0 == <u64>changetype<u32>(server) ? 5 : client.a0;
      result = result * 31 + word + client.badge;
    }
  }
  return result;
}

/** Derives `count` threads' capabilities from an untyped one into consecutive slots. */
export function insertChildren(parent: Slot, slots: u32, objects: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const object = <u64>(objects + (i << 4));
    insert(0, (CAP_THREAD << 59) | object, parent, changetype<Slot>(slots + (i << 5)));
  }
}

/** A number of timer interrupts, each followed by the scheduler. */
export function ticks(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    timerTick();
    schedule();
  }
}

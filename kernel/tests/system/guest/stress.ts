// Many threads on several harts: clients call servers on other harts while the root task moves, stops, reorders and
// deletes them at random. At the end every remaining client must still make progress.

import { ecall, rdtime } from "rv";
import { ROOT_SLOT_TCB } from "../../../../abi/src/bootinfo";
import { TCB_SET_PRIORITY, TCB_SUSPEND } from "../../../../abi/src/labels";
import { OBJECT_ENDPOINT } from "../../../../abi/src/objects";
import { SYS_CALL, SYS_RECV, SYS_REPLY_RECV } from "../../../../abi/src/syscalls";
import { print, Root, report, Shared } from "./support";

export { abort } from "./support";

const CLIENTS: u32 = 4;
const SERVERS: u32 = 2;
const OPERATIONS: u32 = 400;
const LOWEST: u32 = 100;
const STACK_SIZE: u32 = 4096;
const stacks = memory.data(8 * 4096, 4096);
const threads = memory.data(8 * 4, 8);
/** Ticks of the real-time counter: what a client may need for its next call. */
const PATIENCE: u64 = 50_000_000;

let endpoint: u32 = 0;
/** Which client a starting thread is. */
const NEXT: u32 = 16;

function client(): void {
  const self = <u32>atomic.add<u64>(Shared.address(NEXT), 1);
  while (true) {
    ecall(endpoint, 1, self, 0, 0, 0, 0, SYS_CALL);
    Shared.add(self, 1);
  }
}

function server(): void {
  ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_RECV);
  while (true) ecall(endpoint, 0, 0, 0, 0, 0, 0, SYS_REPLY_RECV);
}

let state: u32 = 12345;
function random(limit: u32): u32 {
  state = state * 1664525 + 1013904223;
  return (state >> 8) % limit;
}

function threadSlot(index: u32): u32 {
  return load<u32>(threads + ((<usize>index) << 2));
}

function start(index: u32, entry: u32): void {
  const tcb = Root.thread(entry, <u32>stacks + (index + 1) * STACK_SIZE, LOWEST);
  store<u32>(threads + ((<usize>index) << 2), tcb);
  Root.setHart(tcb, random(Root.harts));
  Root.resume(tcb);
}

function operation(): void {
  const tcb = threadSlot(random(CLIENTS + SERVERS));
  const kind = random(4);
  if (kind == 0) Root.setHart(tcb, random(Root.harts));
  else if (kind == 1) {
    Root.check(Root.invoke(tcb, TCB_SUSPEND, 0), "suspend");
    Root.resume(tcb);
  } else if (kind == 2) {
    setPriority(tcb, LOWEST + random(3));
  } else pauseFor(random(2000));
}

function setPriority(tcb: u32, priority: u32): void {
  Root.check(Root.invoke(tcb, TCB_SET_PRIORITY, 1, priority, 0, 0, 0, ROOT_SLOT_TCB), "priority");
}

/** Lets the others run: blocks nothing, burns time. */
function pauseFor(ticks: u64): void {
  const deadline = rdtime() + ticks;
  while (rdtime() < deadline) {}
}

/** True when a client makes another call in time. The root thread is more important, so it must leave their hart. */
function advances(index: u32): bool {
  const before = Shared.get(index);
  const deadline = rdtime() + PATIENCE;
  while (rdtime() < deadline) if (Shared.get(index) > before + 1) return true;
  return false;
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  endpoint = Root.make(OBJECT_ENDPOINT);
  for (let i: u32 = 0; i < SERVERS; i++) start(CLIENTS + i, server.index);
  for (let i: u32 = 0; i < CLIENTS; i++) start(i, client.index);
  for (let i: u32 = 0; i < OPERATIONS; i++) operation();
  // Everyone away from this hart, where the root task never blocks, and nobody more important than the others.
  for (let i: u32 = 0; i < CLIENTS + SERVERS; i++) {
    Root.setHart(threadSlot(i), 1 + random(Root.harts - 1));
    setPriority(threadSlot(i), LOWEST);
  }
  let lively: u32 = 0;
  for (let i: u32 = 0; i < CLIENTS; i++) if (advances(i)) lively++;
  report("lively clients", lively);
  for (let i: u32 = 0; i < CLIENTS + SERVERS; i++) Root.check(Root.remove(threadSlot(i)), "delete");
  Root.check(Root.remove(endpoint), "delete endpoint");
  print("end\n");
  Root.exit(0);
}

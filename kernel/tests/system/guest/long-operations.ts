// What keeps the kernel busy for longest: many objects at once, deleting and revoking thousands of capabilities, taking away
// mapped pages, clearing memory, letting go of many senders, and taking vectors away from all senders of user interrupts. On each other hart a thread enters the kernel all the time.

import { ecall } from "rv";
import { ROOT_SLOT_CNODE, ROOT_SLOT_TCB } from "../../../../abi/src/bootinfo";
import { RESET_CHUNK_BITS, SENDER_TABLES, WORK_UNITS_PER_PREEMPTION } from "../../../../abi/src/config";
import {
  CNODE_CANCEL_BADGED_SENDS,
  NOTIFICATION_REGISTER_SENDER,
  PAGE_UNMAP,
  TCB_SET_PRIORITY,
  UNTYPED_RETYPE,
} from "../../../../abi/src/labels";
import {
  OBJECT_CNODE,
  OBJECT_ENDPOINT,
  OBJECT_MEGA_PAGE,
  OBJECT_NOTIFICATION,
  OBJECT_PAGE,
  OBJECT_TCB,
  OBJECT_UNTYPED,
} from "../../../../abi/src/objects";
import { SYS_CALL } from "../../../../abi/src/syscalls";
import { Root, System } from "./support";
import { makeReceiver } from "./user-interrupt-support";

export { abort } from "./support";

const FAN_OUT: u32 = 256;
const NODE_BITS: u32 = 12;
const PAGES: u32 = 256;
const WINDOW: u32 = 0x6000_0000;
const SENDERS: u32 = 200;
const VECTORS: u32 = 60;
const CLEARED_BITS: u32 = 24;
const ROOT_PRIORITY: u64 = 100;
const SENDER_PRIORITY: u32 = 200;

const STACK_SIZE: u32 = 4096;
const stack = memory.data(4096, 4096);
const neighbourStacks = memory.data(8 * 4096, 4096);
let badged: u32 = 0;
let quiet: u32 = 0;

/** Makes `count` objects in a CNode, from slot `offset` on. */
function makeMany(
  untyped: u32,
  type: u32,
  sizeBits: u32,
  node: u32,
  offset: u32,
  count: u32 = FAN_OUT,
): void {
  Root.setWord(4, offset);
  Root.setWord(5, count);
  Root.check(Root.invoke(untyped, UNTYPED_RETYPE, 6, type, sizeBits, 0, 0, node), "retype");
}

function skipSlots(count: u32): u32 {
  const first = Root.takeSlot();
  for (let i: u32 = 1; i < count; i++) Root.takeSlot();
  return first;
}

/** A CNode full of endpoints that are made from `untyped`. */
function fullNode(untyped: u32): u32 {
  const node = Root.make(OBJECT_CNODE, NODE_BITS);
  for (let i: u32 = 0; i < 1 << NODE_BITS; i += FAN_OUT) makeMany(untyped, OBJECT_ENDPOINT, 0, node, i);
  return node;
}

function fanOut(): void {
  const untyped = Root.make(OBJECT_UNTYPED, 21);
  const slots = skipSlots(FAN_OUT);
  for (let type: u32 = 0; type < 6; type++) {
    if (type == 0) makeMany(untyped, OBJECT_ENDPOINT, 0, ROOT_SLOT_CNODE, slots);
    else if (type == 1) makeMany(untyped, OBJECT_NOTIFICATION, 0, ROOT_SLOT_CNODE, slots);
    else if (type == 2) makeMany(untyped, OBJECT_TCB, 0, ROOT_SLOT_CNODE, slots);
    else if (type == 3) makeMany(untyped, OBJECT_CNODE, 6, ROOT_SLOT_CNODE, slots);
    else if (type == 4) makeMany(untyped, OBJECT_PAGE, 0, ROOT_SLOT_CNODE, slots);
    else makeMany(untyped, OBJECT_UNTYPED, 12, ROOT_SLOT_CNODE, slots);
    Root.check(Root.revoke(untyped), "revoke");
  }
}

function deleteAndRevoke(): void {
  const untyped = Root.make(OBJECT_UNTYPED, 17);
  Root.check(Root.remove(fullNode(untyped)), "delete");
  fullNode(untyped);
  Root.check(Root.revoke(untyped), "revoke");
}

function unmap(): void {
  const untyped = Root.make(OBJECT_UNTYPED, 20);
  const slots = skipSlots(PAGES);
  makeMany(untyped, OBJECT_PAGE, 0, ROOT_SLOT_CNODE, slots);
  for (let i: u32 = 0; i < PAGES; i++) Root.map(slots + i, WINDOW + (i << 12));
  Root.check(Root.invoke(slots, PAGE_UNMAP, 0), "unmap");
  Root.check(Root.revoke(untyped), "revoke");
}

function clear(): void {
  const untyped = Root.make(OBJECT_UNTYPED, CLEARED_BITS);
  const slots = skipSlots(8);
  makeMany(untyped, OBJECT_MEGA_PAGE, 0, ROOT_SLOT_CNODE, slots, 8);
  Root.check(Root.revoke(untyped), "revoke");
  makeMany(untyped, OBJECT_ENDPOINT, 0, ROOT_SLOT_CNODE, slots, 1);
}

/** Clears a little memory before it makes many objects: the kernel looked for interrupts last at any of its pieces. */
function clearAndMake(): void {
  const untyped = Root.make(OBJECT_UNTYPED, 15);
  const slots = skipSlots(FAN_OUT);
  for (let pieces: u32 = 1; pieces <= <u32>WORK_UNITS_PER_PREEMPTION; pieces++) {
    makeMany(untyped, OBJECT_UNTYPED, <u32>RESET_CHUNK_BITS, ROOT_SLOT_CNODE, slots, pieces);
    Root.check(Root.revoke(untyped), "revoke");
    makeMany(untyped, OBJECT_ENDPOINT, 0, ROOT_SLOT_CNODE, slots);
    Root.check(Root.revoke(untyped), "revoke");
  }
}

function sender(): void {
  while (true) System.send(badged, 0);
}

function cancel(): void {
  badged = Root.mint(Root.make(OBJECT_ENDPOINT), 5);
  const threads = skipSlots(SENDERS);
  const untyped = Root.make(OBJECT_UNTYPED, 20);
  makeMany(untyped, OBJECT_TCB, 0, ROOT_SLOT_CNODE, threads, SENDERS);
  for (let i: u32 = 0; i < SENDERS; i++) {
    Root.prepareThread(threads + i, sender.index, <u32>stack + 4096, SENDER_PRIORITY, 0, 0);
    Root.resume(threads + i);
  }
  Root.check(Root.invoke(ROOT_SLOT_CNODE, CNODE_CANCEL_BADGED_SENDS, 2, badged, 64), "cancel");
  Root.check(Root.revoke(untyped), "revoke");
}

/** May send one vector from now on, which takes a sender table. */
function userInterruptSender(): void {
  ecall(badged, (<u64>NOTIFICATION_REGISTER_SENDER) << 12, 0, 0, 0, 0, 0, SYS_CALL);
  System.wait(quiet);
}

/** Revokes capabilities to a notification, each the last with its vector, which any sender's table may name. */
function takeVectorsAway(): void {
  const threads = skipSlots(SENDER_TABLES + 1);
  const untyped = Root.make(OBJECT_UNTYPED, 16);
  makeMany(untyped, OBJECT_TCB, 0, ROOT_SLOT_CNODE, threads, SENDER_TABLES + 1);
  const notification = makeReceiver(threads + SENDER_TABLES);
  quiet = Root.make(OBJECT_NOTIFICATION);
  for (let vector: u32 = 0; vector < VECTORS; vector++) badged = Root.mint(notification, (<u64>1) << vector);
  for (let i: u32 = 0; i < <u32>SENDER_TABLES; i++) {
    Root.prepareThread(threads + i, userInterruptSender.index, <u32>stack + 4096, SENDER_PRIORITY, 0, 0);
    Root.resume(threads + i);
  }
  Root.check(Root.revoke(notification), "revoke");
  Root.check(Root.revoke(untyped), "revoke");
}

/** Enters the kernel again and again. */
function neighbour(): void {
  while (true) System.yieldHart();
}

function startNeighbours(): void {
  for (let hart: u32 = 1; hart < Root.harts; hart++) {
    const thread = Root.thread(neighbour.index, <u32>neighbourStacks + hart * STACK_SIZE, SENDER_PRIORITY);
    Root.setHart(thread, hart);
    Root.resume(thread);
  }
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  startNeighbours();
  fanOut();
  deleteAndRevoke();
  unmap();
  clearAndMake();
  Root.check(
    Root.invoke(ROOT_SLOT_TCB, TCB_SET_PRIORITY, 1, ROOT_PRIORITY, 0, 0, 0, ROOT_SLOT_TCB),
    "set priority",
  );
  cancel();
  takeVectorsAway();
  // Last, as it takes most of the memory.
  clear();
  Root.exit(0);
}

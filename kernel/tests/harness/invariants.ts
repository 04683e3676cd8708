/** What must hold in the kernel's memory whenever no hart is in the kernel. Tests check it after every kernel entry. */
import {
  CAP_NULL,
  CAP_REPLY,
  CAP_UNTYPED,
  CAP_ZOMBIE,
  MAX_HARTS,
  PRIORITIES,
  ROOT_CNODE_BITS,
} from "@rel4/abi";
import { checkAddressSpaces } from "./invariants-address-spaces";
import { checkFloatingPoint } from "./invariants-floating-point";
import { checkHandlers } from "./invariants-handlers";
import { checkTimers } from "./invariants-timers";
import { checkUserInterrupts } from "./invariants-user-interrupts";
import type { Kernel } from "./kernel";
import { type FoundSlot, ObjectMap, regionOf } from "./objects";
import { walk } from "./queues";
import { broken, hex, require } from "./require";

const RUNNING = 1;
const RESTART = 2;
const BLOCKED_ON_RECEIVE = 3;
const BLOCKED_ON_SEND = 4;
const BLOCKED_ON_REPLY = 5;
const BLOCKED_ON_NOTIFICATION = 6;
const REPLY_MASTER = 1;

/** @throws Error that says which invariant does not hold, and where */
export function checkInvariants(kernel: Kernel, rootCNode: number): void {
  const objects = new ObjectMap(kernel).explore(rootCNode, ROOT_CNODE_BITS);
  checkDerivationList(objects);
  checkMemory(objects);
  const inQueues = checkReadyQueues(kernel);
  checkThreads(kernel, objects, inQueues);
  checkEndpoints(kernel, objects);
  checkNotifications(kernel, objects);
  checkAddressSpaces(kernel, objects);
  checkUserInterrupts(kernel, objects);
  checkFloatingPoint(kernel, objects);
  checkHandlers(kernel, objects);
  checkCount(kernel, objects);
  checkTimers(kernel, objects);
  require(kernel.memory.nullPageIsClean(), "nothing is written through null pointers");
}

function checkDerivationList(objects: ObjectMap): void {
  const { slots, emptyWithRemains } = objects;
  require(emptyWithRemains.length ===
    0, `empty slots are all zero, but ${emptyWithRemains.map(hex)} are not`);
  let reached = 0;
  for (const slot of slots.values()) {
    const { address, previous, next } = slot;
    if (slot.type === CAP_NULL) broken(`list neighbours hold capabilities (${hex(address)})`);
    if (next !== 0 && slots.get(next)?.previous !== address)
      broken(`list neighbours of ${hex(address)} agree`);
    if (previous !== 0 && slots.get(previous)?.next !== address)
      broken(`list neighbours of ${hex(address)} agree`);
    if (previous === 0) reached += lengthOfList(objects, slot);
  }
  require(reached === slots.size, "the derivation list has no cycles");
}

function lengthOfList({ slots }: ObjectMap, head: FoundSlot): number {
  const left = new Set<string>();
  let length = 0;
  let last = "";
  for (let slot: FoundSlot | undefined = head; slot && length <= slots.size; slot = slots.get(slot.next)) {
    length++;
    const name = objectName(slot);
    if (name !== last) {
      if (last !== "") left.add(last);
      if (left.has(name)) broken(`capabilities to one object (${name}) are neighbours in the list`);
      last = name;
    }
  }
  return length;
}

/** Names the object of a capability; untypeds may have others' capabilities between their copies. */
function objectName(slot: FoundSlot): string {
  const region = regionOf(slot);
  if (!region || slot.type === CAP_UNTYPED) return `slot ${hex(slot.address)}`;
  return `type ${slot.type} at ${hex(region.start)}`;
}

interface PlacedSlot {
  slot: FoundSlot;
  start: bigint;
  end: bigint;
}

/** Objects do not overlap, and lie in the used part of the smallest untyped around them. */
function checkMemory({ slots }: ObjectMap): void {
  const untypeds: PlacedSlot[] = [];
  const leaves = new Map<string, PlacedSlot>();
  for (const slot of slots.values()) {
    const region = regionOf(slot);
    if (!region) continue;
    if (slot.type === CAP_UNTYPED) untypeds.push({ slot, ...region });
    else leaves.set(`${region.start}-${region.end}-${slot.type}`, { slot, ...region });
  }
  const sorted = [...leaves.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
  sorted.forEach((object, index) => {
    const after = sorted[index + 1];
    if (after && object.end > after.start)
      broken(`objects at ${hex(object.start)} and ${hex(after.start)} are apart`);
  });
  untypeds.sort((a, b) => Number(a.end - a.start - (b.end - b.start)));
  for (const object of [...sorted, ...untypeds]) checkInsideUntyped(object, untypeds);
}

function checkInsideUntyped(object: PlacedSlot, untypedsBySize: PlacedSlot[]): void {
  const size = object.end - object.start;
  const around = untypedsBySize.find(
    (each) =>
      each.start <= object.start &&
      object.end <= each.end &&
      (object.slot.type !== CAP_UNTYPED || each.end - each.start > size),
  );
  if (!around) {
    const partly = untypedsBySize.find((each) => each.start < object.end && object.start < each.end);
    const inside = partly === undefined || object.slot.type === CAP_UNTYPED;
    require(inside, `the object at ${hex(object.start)} lies in no untyped or wholly in one`);
    return;
  }
  const used = around.start + around.slot.data;
  if (object.end > used)
    broken(
      `the object at ${hex(object.start)} lies in the used part of the untyped at ${hex(around.start)} (up to ${hex(used)})`,
    );
}

const MOST_DOMAINS = 256;

/** The ready queues of all harts, and of the domains that wait for their turn. */
function checkReadyQueues(kernel: Kernel): Set<number> {
  const { memory, layout } = kernel;
  const found = new Set<number>();
  const harts = Math.min(kernel.hardware.harts.length, MAX_HARTS);
  for (let index = 0; index < harts; index++) {
    const hart = layout.hart(index);
    checkQueuesAt(kernel, hart, hart, `hart ${index}`, found);
    require(memory.read32(hart + layout.field("Hart_action")) === 0, `hart ${index} has decided what to run`);
    require(memory.read32(hart + layout.field("Hart_reschedulePending")) ===
      0, `hart ${index} has told the others`);
  }
  for (let domain = 0; domain < MOST_DOMAINS; domain++) {
    const parked = layout.parkedQueues(domain);
    if (parked !== 0) checkQueuesAt(kernel, parked, layout.hart(0), `domain ${domain}`, found);
  }
  return found;
}

/** The ready queues in the record at `at`, of threads of `hart`; adds the threads to `found`. */
function checkQueuesAt(kernel: Kernel, at: number, hart: number, name: string, found: Set<number>): void {
  const { memory, layout } = kernel;
  let top = 0;
  for (let word = 0; word < PRIORITIES / 64; word++) {
    let bits = 0n;
    for (let bit = 0; bit < 64; bit++) {
      const queue = layout.queue(at, word * 64 + bit);
      const [head, tail] = [memory.read32(queue), memory.read32(queue + 4)];
      if (head === 0 && tail === 0) continue;
      bits |= 1n << BigInt(bit);
      for (const thread of walk(kernel, head, tail, "Tcb_readyNext", "Tcb_readyPrevious")) {
        checkQueued(kernel, thread, hart, word * 64 + bit);
        const parked = layout.parkedQueues(memory.read32(thread + layout.field("Tcb_domain")));
        require((parked || hart) === at, `the thread ${hex(thread)} is queued with its domain`);
        found.add(thread);
      }
    }
    require(memory.read64(layout.bitmapWord(at, word)) ===
      bits, `${name}'s bitmap names its non-empty queues`);
    if (bits !== 0n) top |= 1 << word;
  }
  require(memory.read32(at + layout.field("Hart_bitmapTop")) === top, `${name}'s bitmap summary is right`);
  const level = highestOf(kernel, at);
  require(memory.read32(at + layout.field("Hart_readyLevel")) ===
    level, `${name}'s ready level is that of its queues (${level})`);
}

/** 1 + the highest priority with a ready thread; 0: none. */
function highestOf({ memory, layout }: Kernel, hart: number): number {
  for (let word = PRIORITIES / 64 - 1; word >= 0; word--) {
    const bits = memory.read64(layout.bitmapWord(hart, word));
    if (bits !== 0n) return word * 64 + bits.toString(2).length;
  }
  return 0;
}

function checkQueued(kernel: Kernel, thread: number, hart: number, priority: number): void {
  const { memory, layout } = kernel;
  const field = (name: string) => memory.read32(thread + layout.field(`Tcb_${name}`));
  require([RUNNING, RESTART].includes(field("state")), `the queued thread ${hex(thread)} can run`);
  require(field("queued") !== 0, `the thread ${hex(thread)} knows that it is queued`);
  require(field("hart") === hart, `the thread ${hex(thread)} is queued at its own hart`);
  require(field("priority") === priority, `the thread ${hex(thread)} is queued at its priority`);
}

function checkThreads(kernel: Kernel, objects: ObjectMap, inQueues: Set<number>): void {
  const { memory, layout } = kernel;
  const current = new Set(kernel.hardware.harts.map((_, hart) => kernel.currentThread(hart)));
  for (const thread of objects.threads) {
    const field = (name: string) => memory.read32(thread + layout.field(`Tcb_${name}`));
    const queued = inQueues.has(thread);
    require((field("queued") !== 0) === queued, `the thread ${hex(thread)} says whether it is queued`);
    require(!(queued && current.has(thread)), `the running thread ${hex(thread)} is in no ready queue`);
    const runnable = [RUNNING, RESTART].includes(field("state"));
    require(runnable ===
      (queued || current.has(thread)), `the thread ${hex(thread)} runs or is queued if it can run`);
    const bound = field("boundNotification");
    if (bound !== 0) {
      const back = memory.read32(bound + layout.field("Notification_boundTcb"));
      require(back === thread, `the thread ${hex(thread)} and its notification are bound to each other`);
    }
  }
  for (const slot of objects.slots.values()) {
    if (slot.type !== CAP_REPLY || slot.extra === REPLY_MASTER) continue;
    const state = memory.read32(slot.object + layout.field("Tcb_state"));
    require(state ===
      BLOCKED_ON_REPLY, `the reply capability at ${hex(slot.address)} names a thread that waits for it`);
  }
}

/** Threads that say they wait at an object, in the given states. */
function waiters(kernel: Kernel, objects: ObjectMap, object: number, states: number[]): number[] {
  const { memory, layout } = kernel;
  return [...objects.threads].filter(
    (thread) =>
      states.includes(memory.read32(thread + layout.field("Tcb_state"))) &&
      memory.read32(thread + layout.field("Tcb_blockingObject")) === object,
  );
}

function checkEndpoints(kernel: Kernel, objects: ObjectMap): void {
  const { memory, layout } = kernel;
  for (const endpoint of objects.endpoints) {
    const field = (name: string) => memory.read32(endpoint + layout.field(`Endpoint_${name}`));
    const queue = walk(kernel, field("head"), field("tail"), "Tcb_queueNext", "Tcb_queuePrevious");
    const state = field("state");
    require((state === 0) ===
      (queue.length === 0), `the endpoint ${hex(endpoint)} is idle exactly when nobody waits`);
    const waiting = waiters(kernel, objects, endpoint, [BLOCKED_ON_RECEIVE, BLOCKED_ON_SEND]);
    require(sameMembers(queue, waiting), `the endpoint ${hex(endpoint)} queues exactly those who wait at it`);
    for (const thread of queue) {
      const expected = state === 1 ? BLOCKED_ON_SEND : BLOCKED_ON_RECEIVE;
      const actual = memory.read32(thread + layout.field("Tcb_state"));
      require(actual === expected, `the endpoint ${hex(endpoint)} queues only senders or only receivers`);
    }
  }
}

function checkNotifications(kernel: Kernel, objects: ObjectMap): void {
  const { memory, layout } = kernel;
  for (const notification of objects.notifications) {
    const field = (name: string) => memory.read32(notification + layout.field(`Notification_${name}`));
    const queue = walk(kernel, field("head"), field("tail"), "Tcb_queueNext", "Tcb_queuePrevious");
    require((field("state") === 1) ===
      queue.length > 0, `the notification ${hex(notification)} knows that threads wait`);
    const waiting = waiters(kernel, objects, notification, [BLOCKED_ON_NOTIFICATION]);
    require(sameMembers(
      queue,
      waiting,
    ), `the notification ${hex(notification)} queues exactly those who wait at it`);
    const bound = field("boundTcb");
    if (bound !== 0) {
      const back = memory.read32(bound + layout.field("Tcb_boundNotification"));
      require(back ===
        notification, `the notification ${hex(notification)} and its thread are bound to each other`);
    }
  }
}

function sameMembers(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

function checkCount(kernel: Kernel, { slots }: ObjectMap): void {
  const zombies = [...slots.values()].some(({ type }) => type === CAP_ZOMBIE);
  const counted = kernel.layout.countCapabilities();
  require(zombies || counted === BigInt(slots.size), `the kernel counts its capabilities (${slots.size})`);
}

/** The derivation list is well-formed, and every object lies in memory of its own, in the used part of one untyped. */
import { CAP_NULL, CAP_REPLY, CAP_THREAD, CAP_UNTYPED, SLOT_BITS } from "@rel4/abi";
import type { FoundSlot, ObjectMap, Region } from "./objects";
import { walkList } from "./queues";
import { broken, hex, require } from "./require";
import { type KernelView, listedThreads } from "./view";

/** More than there are types of capabilities. */
const TYPES = 32;

/** @throws InvariantError that says which invariant does not hold, and where */
export function checkCapabilities(view: KernelView, objects: ObjectMap): void {
  checkDerivationList(objects);
  checkMemory(objects);
  checkThreadList(view, objects);
}

function checkDerivationList(objects: ObjectMap): void {
  const { slots, emptyWithRemains } = objects;
  require(emptyWithRemains.length ===
    0, `empty slots are all zero, but ${emptyWithRemains.map(hex)} are not`);
  let reached = 0;
  for (const slot of slots.values()) {
    checkNeighbours(objects, slot);
    if (slot.previous === 0) reached += lengthOfList(objects, slot);
  }
  require(reached === slots.size, "the derivation list has no cycles");
}

/** @throws InvariantError when a slot and those before and after it in the list do not point at each other */
export function checkNeighbours({ slots }: ObjectMap, { address, type, previous, next }: FoundSlot): void {
  if (type === CAP_NULL) broken(`list neighbours hold capabilities (${hex(address)})`);
  if (next !== 0 && slots.get(next)?.previous !== address) broken(`list neighbours of ${hex(address)} agree`);
  if (previous !== 0 && slots.get(previous)?.next !== address)
    broken(`list neighbours of ${hex(address)} agree`);
}

function lengthOfList({ slots }: ObjectMap, head: FoundSlot): number {
  const left = new Set<number>();
  let length = 0;
  let last = -1;
  for (let slot: FoundSlot | undefined = head; slot && length <= slots.size; slot = slots.get(slot.next)) {
    length++;
    const object = objectOf(slot);
    if (object === last) continue;
    left.add(last);
    if (object !== -1 && left.has(object))
      broken(
        `capabilities to one object (type ${slot.type} at ${hex(slot.object)}) are neighbours in the list`,
      );
    last = object;
  }
  return length;
}

/** A number for each object, −1 for what is none; untypeds may have others' capabilities between their copies. */
function objectOf({ type, region }: FoundSlot): number {
  return region && type !== CAP_UNTYPED ? region.start * TYPES + type : -1;
}

interface Placed extends Region {
  slot: FoundSlot;
}

/** Objects do not overlap, and lie in the used part of the smallest untyped around them. */
function checkMemory({ slots }: ObjectMap): void {
  const placed: Placed[] = [];
  for (const slot of slots.values()) {
    const { region } = slot;
    if (region) placed.push({ slot, start: region.start, end: region.end });
  }
  placed.sort((a, b) => a.start - b.start || b.end - a.end || Number(isLeaf(a)) - Number(isLeaf(b)));
  const around: Placed[] = [];
  let before: Placed | undefined;
  for (const object of placed) {
    while (around.length > 0 && around.at(-1)!.end <= object.start) around.pop();
    if (isLeaf(object)) {
      if (before && before.end > object.start && !isSame(before, object))
        broken(`objects at ${hex(before.start)} and ${hex(object.start)} are apart`);
      before = object;
    }
    checkInside(object, around);
    if (!isLeaf(object)) around.push(object);
  }
}

const isLeaf = ({ slot }: Placed) => slot.type !== CAP_UNTYPED;
const isSame = (a: Placed, b: Placed) =>
  a.start === b.start && a.end === b.end && a.slot.type === b.slot.type;

/** @param around the untypeds that contain the object's first byte, the smallest last */
function checkInside(object: Placed, around: Placed[]): void {
  const untyped = around.findLast(
    (each) => isLeaf(object) || each.start !== object.start || each.end !== object.end,
  );
  if (!untyped) return;
  if (object.end > untyped.end)
    broken(`the object at ${hex(object.start)} lies in no untyped or wholly in one`);
  const used = untyped.start + Number(untyped.slot.data);
  if (object.end > used)
    broken(
      `the object at ${hex(object.start)} lies in the used part of the untyped at ${hex(untyped.start)} (up to ${hex(used)})`,
    );
}

/** The debug kernel lists the threads that there are capabilities to, and knows how many capabilities there are. */
function checkThreadList(view: KernelView, objects: ObjectMap): void {
  const listed = new Set(walkList(view, view.variable("firstThread"), "Tcb_debugNext", "Tcb_debugPrevious"));
  for (const { address, object } of objects.ofType(CAP_THREAD))
    if (!listed.has(object))
      broken(`the thread of the capability at ${hex(address)} is in the list of all threads`);
}

/**
 * The debug kernel counts its capabilities; those to answer threads by looking at the threads. While a zombie is left, some
 * may be in slots that nothing leads to any more.
 * @throws InvariantError
 */
export function checkCount(view: KernelView, { slots, zombies }: ObjectMap): void {
  if (zombies > 0) return;
  const { memory, layout } = view;
  let counted = view.variable("capabilities");
  const replyAt = layout.at.Tcb_slots + (layout.at.Tcb_slotReply << SLOT_BITS);
  for (const thread of listedThreads(view)) {
    if (memory.read8(thread + replyAt + layout.at.Slot_type) !== CAP_REPLY) continue;
    counted += memory.read32(thread + replyAt + layout.at.Slot_next) === 0 ? 1 : 2;
  }
  if (slots.size !== counted)
    broken(`the kernel counts its capabilities: ${counted}, there are ${slots.size}`);
}

/**
 * Making kernel objects: picks untyped memory and slots for them.
 *
 * Small objects come from one untyped after the other; an untyped that has no room for a page is not asked again.
 */

import { ROOT_SLOT_CNODE } from "../../abi/src/bootinfo";
import { RETYPE_FAN_OUT_LIMIT } from "../../abi/src/config";
import { NO_ERROR, NOT_ENOUGH_MEMORY } from "../../abi/src/errors";
import {
  MEGA_PAGE_BITS,
  OBJECT_CNODE,
  OBJECT_MEGA_PAGE,
  OBJECT_PAGE,
  PAGE_BITS,
} from "../../abi/src/objects";
import { CNode } from "../../runtime/src/invocations/cnode";
import { Untyped } from "../../runtime/src/invocations/untyped";
import { SlotAllocator } from "../../runtime/src/slots";
import { BootInfo } from "./boot-info";
import { fail, failWith } from "./failure";

/** The root task's own CNode. */
export const rootCNode = changetype<CNode>(ROOT_SLOT_CNODE);

let slots: SlotAllocator = new SlotAllocator(0, 0);
let cursor: u32 = 0;

/** Must be called once BootInfo is known. */
export function initialiseObjects(): void {
  slots = new SlotAllocator(BootInfo.emptyStart, BootInfo.emptyEnd);
}

/** First of `count` consecutive free slots; ends the system when there are none. */
export function allocateSlots(count: u32): u32 {
  const slot = slots.allocate(count);
  if (slot == 0) fail("the root server has no free capability slots left: give programs less memory");
  return slot;
}

function bytesBits(type: u32, sizeBits: u32): u32 {
  if (type == OBJECT_CNODE) return sizeBits + 5;
  return type == OBJECT_MEGA_PAGE ? MEGA_PAGE_BITS : PAGE_BITS;
}

/** Tries to make `count` objects in consecutive slots from `slot` on; false when no untyped has room. */
function tryMake(type: u32, sizeBits: u32, count: u32, slot: u32): bool {
  const needed = bytesBits(type, sizeBits);
  for (let i = cursor; i < BootInfo.untypedCount; i++) {
    if (BootInfo.untypedIsDevice(i) || BootInfo.untypedBits(i) < needed) continue;
    const untyped = changetype<Untyped>(BootInfo.firstUntyped + i);
    const error = untyped.retype(type, sizeBits, rootCNode, slot, count);
    if (error == NO_ERROR) return true;
    if (error != NOT_ENOUGH_MEMORY) failWith("making a kernel object", error);
    if (needed <= <u32>PAGE_BITS && count == 1 && cursor == i) cursor = i + 1;
  }
  return false;
}

/** Makes one object and returns its slot; ends the system when memory is short. */
export function makeObject(type: u32, sizeBits: u32): u32 {
  const slot = allocateSlots(1);
  if (!tryMake(type, sizeBits, 1, slot)) failForMemory();
  return slot;
}

/** First slot of the objects made last by `makeObjects`. */
export let firstMade: u32 = 0;

/** Makes up to `count` objects in consecutive slots from `firstMade` on; returns how many, 0 when memory is short. */
export function makeObjects(type: u32, count: u32): u32 {
  for (let batch = min(count, <u32>RETYPE_FAN_OUT_LIMIT); batch > 0; batch >>= 1) {
    firstMade = allocateSlots(batch);
    if (tryMake(type, 0, batch, firstMade)) return batch;
    slots.giveBack(batch);
  }
  return 0;
}

/** Makes zero-filled pages in consecutive slots; returns the first. Ends the system when memory or slots are short. */
export function makePages(count: u32): u32 {
  const first = allocateSlots(count);
  for (let made: u32 = 0; made < count; ) {
    const batch = min(count - made, <u32>RETYPE_FAN_OUT_LIMIT);
    if (!tryMake(OBJECT_PAGE, 0, batch, first + made)) failForMemory();
    made += batch;
  }
  return first;
}

/** Ends the system: no memory for what was asked. */
export function failForMemory(): void {
  fail("there is too little memory: give the machine more (machine.memory), or the programs less (memory)");
}

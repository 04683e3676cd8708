// Deleting capabilities and revoking what was derived from them.
//
// Deleting the last capability to a CNode or a thread has to delete the capabilities in its slots first, which may be
// the last ones to further CNodes, and so on. To do this in bounded stack and with preemption points, the capability
// becomes a zombie that counts the slots left. Slots are emptied from the last to the first; a zombie found in a slot
// that is not exposed to users is swapped with the first slot of its own object, where the user's zombie reaches it
// again, so the recursion is never deeper than two.

import { CAP_CNODE, CAP_NULL, CAP_THREAD, CAP_ZOMBIE } from "../../abi/src/capability-tags";
import { Slot } from "./capability";
import { DerivationTree } from "./derivation-tree";
import { OK } from "./errors";
import { finaliseCapability } from "./finalise";
import { preemptionPoint } from "./preemption";

/** finaliseSlot: the slot holds a zombie of itself, which its owner will finish. */
const LEFT_TO_OWNER: u32 = 0x100;

/**
 * Deletes the capability in a slot.
 * @param exposed is the slot one that users can name? Others may be left with a zombie that another slot finishes.
 * @returns OK or PREEMPTED.
 */
export function deleteSlot(slot: Slot, exposed: bool): u32 {
  const status = finaliseSlot(slot, exposed);
  if (status == LEFT_TO_OWNER) return OK;
  if (status != OK) return status;
  if (slot.type != CAP_NULL) DerivationTree.remove(slot);
  return OK;
}

/** Deletes everything derived from the capability in a slot, not the capability itself. */
export function revoke(slot: Slot): u32 {
  for (let child = DerivationTree.firstChild(slot); child != 0; child = DerivationTree.firstChild(slot)) {
    let status = deleteSlot(Slot.at(child), true);
    if (status != OK) return status;
    status = preemptionPoint();
    if (status != OK) return status;
  }
  return OK;
}

/** Would deleting the capability in this slot take long, because it is the last to a CNode or a thread? */
export function isLongRunningDelete(slot: Slot): bool {
  const type = <u32>slot.type;
  if (type != CAP_THREAD && type != CAP_ZOMBIE && type != CAP_CNODE) return false;
  return DerivationTree.isFinal(slot);
}

/** Finalises until the slot's capability can be removed (OK), or is LEFT_TO_OWNER, or PREEMPTED. */
function finaliseSlot(slot: Slot, exposed: bool): u32 {
  while (slot.type != CAP_NULL) {
    if (finaliseCapability(slot, DerivationTree.isFinal(slot))) return OK;
    const holdsItself = slot.object == slot.address;
    if (slot.data == 0 || (slot.data == 1 && holdsItself)) return OK;
    if (!exposed && holdsItself) return LEFT_TO_OWNER;
    let status = exposed ? emptyLastSlot(slot) : setAside(slot);
    if (status != OK) return status;
    status = preemptionPoint();
    if (status != OK) return status;
  }
  return OK;
}

/** Deletes what is in the last slot of a zombie and counts it off. */
function emptyLastSlot(zombie: Slot): u32 {
  const first = zombie.object;
  const count = zombie.data;
  const status = deleteSlot(Slot.of(first, <u32>count - 1), false);
  if (status != OK) return status;
  // The deletion may have swapped another zombie into this slot, or emptied it.
  if (zombie.type == CAP_ZOMBIE && zombie.object == first && zombie.data == count) zombie.data = count - 1;
  return OK;
}

/** Moves a zombie from an unexposed slot into the first slot of its own object. */
function setAside(zombie: Slot): u32 {
  DerivationTree.swap(Slot.at(zombie.object), zombie);
  return OK;
}

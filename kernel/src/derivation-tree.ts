// The derivation tree: which capability was made from which.
//
// The tree is kept as a list of slots in depth-first order. A slot's descendants are those that follow it directly and
// that `isParent` accepts. Deleting from the middle needs no repair, and the children of a deleted capability become
// its parent's.
//
// Invariants: a null slot is in no list; list neighbours point at each other; all capabilities to one object are
// neighbours, so "is this the last one?" looks at two slots.

import {
  CAP_ENDPOINT,
  CAP_IRQ_CONTROL,
  CAP_IRQ_HANDLER,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_REPLY,
  CAP_UNTYPED,
  CAP_ZOMBIE,
} from "../../abi/src/capability-tags";
import { DEBUG } from "../../abi/src/config";
import { Capability, DERIVATION_FIRST_BADGED, DERIVATION_REVOCABLE, Slot } from "./capability";
import { isArchCap, sameObject, sameRegion } from "./capability-rules";
import { Errors, OK } from "./errors";
import { ArchCaps } from "./riscv/arch-caps";

/** Is a capability that was just made from `source` the root of a subtree that revoking `source` must keep apart? */
function isRevocable(derived: Capability, source: Capability): bool {
  const type = <u32>derived.type;
  switch (type) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
      return derived.data != source.data;
    case CAP_IRQ_HANDLER:
      return source.type == CAP_IRQ_CONTROL;
    case CAP_UNTYPED:
      return true;
    default:
      return false;
  }
}

/** Is `child`, which follows `parent` in the list, one of its descendants? */
function isParent(parent: Slot, child: Slot): bool {
  if (!(parent.derivation & DERIVATION_REVOCABLE)) return false;
  if (!sameRegion(parent, child)) return false;
  const type = <u32>parent.type;
  if (type == CAP_ENDPOINT || type == CAP_NOTIFICATION) {
    const badge = parent.data;
    if (badge == 0) return true;
    return badge == child.data && !(child.derivation & DERIVATION_FIRST_BADGED);
  }
  return true;
}

export class DerivationTree {
  /** Debug build: capabilities in all lists, but reply capabilities (object-counts.ts). */
  static capabilities: u32 = 0;

  /** Puts a capability derived from the one in `source` into the empty slot `destination`. */
  static insert(cap: Capability, source: Slot, destination: Slot): void {
    if (DEBUG) DerivationTree.capabilities += 1;
    const revocable = isRevocable(cap, source);
    const next = source.next;
    // A child untyped is a copy of all the memory: the parent must not hand it out again.
    if (source.type == CAP_UNTYPED && cap.type == CAP_UNTYPED) {
      if (source.untypedAddress == cap.untypedAddress && source.sizeBits == cap.sizeBits) {
        source.data = (<u64>1) << source.sizeBits;
      }
    }
    destination.copyFrom(cap);
    destination.previous = source.address;
    destination.next = next;
    destination.derivation = revocable ? DERIVATION_REVOCABLE | DERIVATION_FIRST_BADGED : 0;
    source.next = destination.address;
    if (next) Slot.at(next).previous = destination.address;
  }

  /** Puts the first capability to a new object into `slot`, as a child of `parent`. */
  static insertNew(parent: Slot, slot: Slot, cap: Capability): void {
    if (DEBUG) DerivationTree.capabilities += 1;
    const next = parent.next;
    slot.copyFrom(cap);
    slot.previous = parent.address;
    slot.next = next;
    slot.derivation = DERIVATION_REVOCABLE | DERIVATION_FIRST_BADGED;
    if (next) Slot.at(next).previous = slot.address;
    parent.next = slot.address;
  }

  /** Moves the place of `source` to the empty slot `destination`, which gets `cap` (usually the same capability). */
  static move(cap: Capability, source: Slot, destination: Slot): void {
    const previous = source.previous;
    const next = source.next;
    destination.copyFrom(cap);
    destination.previous = previous;
    destination.next = next;
    destination.derivation = source.derivation;
    source.clear();
    source.clearDerivation();
    if (previous) Slot.at(previous).next = destination.address;
    if (next) Slot.at(next).previous = destination.address;
  }

  /** Exchanges two slots' capabilities and places. */
  static swap(first: Slot, second: Slot): void {
    const word0 = first.word0;
    const data = first.data;
    first.copyFrom(second);
    second.setWord0(word0);
    second.data = data;
    DerivationTree.swapPlaces(first, second);
  }

  private static swapPlaces(first: Slot, second: Slot): void {
    const previous = first.previous;
    const next = first.next;
    const derivation = first.derivation;
    if (previous) Slot.at(previous).next = second.address;
    if (next) Slot.at(next).previous = second.address;
    // Read after the writes above: when the two are neighbours, these fields have just changed.
    const secondPrevious = second.previous;
    const secondNext = second.next;
    first.previous = secondPrevious;
    first.next = secondNext;
    first.derivation = second.derivation;
    second.previous = previous;
    second.next = next;
    second.derivation = derivation;
    if (secondPrevious) Slot.at(secondPrevious).next = first.address;
    if (secondNext) Slot.at(secondNext).previous = first.address;
  }

  /** Takes a slot out of the tree and makes it null. */
  static remove(slot: Slot): void {
    if (DEBUG && slot.type != CAP_REPLY) DerivationTree.capabilities -= 1;
    const previous = slot.previous;
    const next = slot.next;
    if (previous) Slot.at(previous).next = next;
    if (next) {
      const follower = Slot.at(next);
      follower.previous = previous;
      follower.derivation |= slot.derivation & DERIVATION_FIRST_BADGED;
    }
    slot.clear();
    slot.clearDerivation();
  }

  /** The first descendant of `slot`, or 0. */
  @inline static firstChild(slot: Slot): u32 {
    const next = slot.next;
    return next != 0 && isParent(slot, Slot.at(next)) ? next : 0;
  }

  /** Is this the only capability to its object? */
  static isFinal(slot: Slot): bool {
    const previous = slot.previous;
    if (previous != 0 && sameObject(Slot.at(previous), slot)) return false;
    const next = slot.next;
    return next == 0 || !sameObject(slot, Slot.at(next));
  }

  /** OK, or RevokeFirst when other capabilities were made from this one. */
  static ensureNoChildren(slot: Slot): u32 {
    return DerivationTree.firstChild(slot) != 0 ? Errors.revokeFirst() : OK;
  }

  /** OK, or DeleteFirst when the slot holds a capability. */
  static ensureEmpty(slot: Slot): u32 {
    return slot.type != CAP_NULL ? Errors.deleteFirst() : OK;
  }
}

/**
 * Turns `cap`, a copy of the capability in `slot`, into what a copy may be (in place). Some types come out as null:
 * they cannot be copied.
 */
export function deriveCapability(slot: Slot, cap: Capability): u32 {
  const type = <u32>cap.type;
  if (isArchCap(type)) return ArchCaps.derive(slot, cap);
  if (type == CAP_UNTYPED) return DerivationTree.ensureNoChildren(slot);
  if (type == CAP_ZOMBIE || type == CAP_IRQ_CONTROL || type == CAP_REPLY) cap.clear();
  return OK;
}

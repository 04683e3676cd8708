// Capability spaces: finding the slot a capability address names.
//
// An address is resolved from its most significant bits down: each CNode on the way takes its guard's bits, which must
// match, and then its radix in bits as the index of a slot. Resolution ends when the bits are used up or the slot found
// is no CNode.

import { CAP_CNODE } from "../../abi/src/capability-tags";
import { WORD_BITS } from "../../abi/src/objects";
import { Capability, SLOT_SIZE, Slot } from "./capability";
import { Errors, LookupFailure, OK } from "./errors";
import { TCB_SLOT_CTABLE, Tcb } from "./tcb";

/** What the last successful lookup found. */
export class Lookup {
  /** The slot. */
  static slot: Slot = changetype<Slot>(0);
  /** Address bits that were left when a slot that is no CNode was reached. */
  static bitsLeft: u32 = 0;
}

/**
 * Resolves the low `bits` bits of `address` (1–64) from a CNode capability.
 * @returns OK with Lookup set, or LOOKUP_FAULT with LookupFailure set.
 */
export function resolveAddressBits(root: Capability, address: u64, bits: u32): u32 {
  let node = root;
  if (node.type != CAP_CNODE) return LookupFailure.invalidRoot();
  while (true) {
    const guardSize = node.guardSize;
    const levelBits = guardSize + node.radix;
    const guard = (address >> ((bits - guardSize) & 63)) & (((<u64>1) << guardSize) - 1);
    if (guardSize > bits || guard != node.data)
      return LookupFailure.guardMismatch(node.data, bits, guardSize);
    if (levelBits > bits) return LookupFailure.depthMismatch(levelBits, bits);
    bits -= levelBits;
    const index = <u32>((address >> bits) & (((<u64>1) << node.radix) - 1));
    const slot = Slot.of(node.object, index);
    if (bits == 0 || slot.type != CAP_CNODE) {
      Lookup.slot = slot;
      Lookup.bitsLeft = bits;
      return OK;
    }
    node = slot;
  }
}

/** Finds the slot a thread means by a capability pointer; bits left over are ignored, as in seL4. */
export function lookupSlot(thread: Tcb, pointer: u64): u32 {
  return resolveAddressBits(thread.slot(TCB_SLOT_CTABLE), pointer, WORD_BITS);
}

function lookupForCNodeOperation(isSource: bool, root: Capability, index: u64, depth: u64): u32 {
  if (root.type != CAP_CNODE) {
    LookupFailure.invalidRoot();
    return Errors.failedLookup(isSource);
  }
  if (depth < 1 || depth > <u64>WORD_BITS) return Errors.rangeError(1, WORD_BITS);
  if (resolveAddressBits(root, index, <u32>depth) != OK) return Errors.failedLookup(isSource);
  if (Lookup.bitsLeft != 0) {
    LookupFailure.depthMismatch(0, Lookup.bitsLeft);
    return Errors.failedLookup(isSource);
  }
  return OK;
}

/** Finds the slot an operation takes its capability from; the address must resolve exactly. */
export function lookupSourceSlot(root: Capability, index: u64, depth: u64): u32 {
  return lookupForCNodeOperation(true, root, index, depth);
}

/** Finds the slot an operation works on; the address must resolve exactly. */
export function lookupTargetSlot(root: Capability, index: u64, depth: u64): u32 {
  return lookupForCNodeOperation(false, root, index, depth);
}

export class FastLookup {
  /** Does the CNode resolve whole pointers by itself? */
  @inline static isFlat(node: Capability): bool {
    return node.guardSize + node.radix == <u32>WORD_BITS;
  }

  /** The pointer without the guard of a flat CNode: an index, unless bits above the radix are left. */
  @inline static withoutGuard(node: Capability, pointer: u64): u64 {
    return pointer ^ (node.data << node.radix);
  }

  @inline static at(node: Capability, index: u64): Slot {
    return Slot.at(node.object + <u32>index * SLOT_SIZE);
  }

  /** Resolves a whole 64-bit pointer for the fast paths: the slot's address, or 0 to take the slow path. */
  @inline static slot(root: Capability, pointer: u64): u32 {
    let node = root;
    if (node.type != CAP_CNODE) return 0;
    // One level, as most programs have it
    if (FastLookup.isFlat(root)) {
      const index = FastLookup.withoutGuard(root, pointer);
      return index >> root.radix == 0 ? FastLookup.at(root, index).address : 0;
    }
    let bits: u32 = 0;
    let slot: u32 = 0;
    do {
      const rest = pointer << bits;
      const guardSize = node.guardSize;
      if (guardSize != 0 && rest >> (64 - guardSize) != node.data) return 0;
      const radix = node.radix;
      slot = node.object + <u32>((rest << guardSize) >> (64 - radix)) * SLOT_SIZE;
      bits += guardSize + radix;
      node = Capability.at(slot);
    } while (bits < <u32>WORD_BITS && node.type == CAP_CNODE);
    return bits > <u32>WORD_BITS ? 0 : slot;
  }
}

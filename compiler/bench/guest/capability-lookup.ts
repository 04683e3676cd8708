// Walking CNodes: a capability address is resolved guard by guard and index by index.
import { CAP_CNODE, SLOT_BITS, Slot, slotAt } from "./layout";

let foundSlot: u32 = 0;
let remainingBits: u64 = 0;

/** Slot that the last successful `resolveAddress` found. */
export function lookupResult(): u32 {
  return foundSlot;
}

function cnodeAddress(word1: u64): u32 {
  return (<u32>word1) << 1;
}

/** Resolves `depth` bits of a capability address. Returns 0, or 1 invalid root, 2 guard mismatch, 3 depth mismatch. */
export function resolveAddress(root: Slot, address: u64, depth: u64): u32 {
  let word0 = root.word0;
  let word1 = root.word1;
  if (word1 >> 59 != CAP_CNODE) return 1;
  while (true) {
    const radix = (word1 >> 47) & 63;
    const guardSize = (word1 >> 53) & 63;
    const levelBits = radix + guardSize;
    const guard = (address >> ((depth - guardSize) & 63)) & (((<u64>1) << guardSize) - 1);
    if (guardSize > depth || guard != word0) return 2;
    if (levelBits > depth) return 3;
    const index = (address >> (depth - levelBits)) & (((<u64>1) << radix) - 1);
    const slot = cnodeAddress(word1) + ((<u32>index) << SLOT_BITS);
    if (depth == levelBits) {
      foundSlot = slot;
      remainingBits = 0;
      return 0;
    }
    depth -= levelBits;
    const next = slotAt(slot);
    word0 = next.word0;
    word1 = next.word1;
    if (word1 >> 59 != CAP_CNODE) {
      foundSlot = slot;
      remainingBits = depth;
      return 0;
    }
  }
}

export class Fastpath {
  /** The fast path's lookup: all 64 bits, any failure gives 0. */
  @inline
  static lookup(root: Slot, address: u64): u32 {
    let word0 = root.word0;
    let word1 = root.word1;
    let bits: u64 = 0;
    if (word1 >> 59 != CAP_CNODE) return 0;
    let slot: u32 = 0;
    do {
      const guardSize = (word1 >> 53) & 63;
      const radix = (word1 >> 47) & 63;
      const shifted = address << bits;
      const guard = shifted >> ((64 - guardSize) & 63);
      if (guardSize != 0 && guard != word0) return 0;
      const index = (shifted << guardSize) >> (64 - radix);
      slot = cnodeAddress(word1) + ((<u32>index) << SLOT_BITS);
      const next = slotAt(slot);
      word0 = next.word0;
      word1 = next.word1;
      bits += guardSize + radix;
    } while (bits < 64 && word1 >> 59 == CAP_CNODE);
    return bits > 64 ? 0 : slot;
  }
}

// The capability derivation list: children follow their parent, so that revoking walks forward.
import { ADDRESS_MASK, CAP_ENDPOINT, CAP_UNTYPED, Slot, slotAt } from "./layout";

const FLAGS: u64 = 3;

export function insert(word0: u64, word1: u64, source: Slot, destination: Slot): void {
  const isBadged = word1 >> 59 == CAP_ENDPOINT && word0 != source.word0;
  const flags: u64 = isBadged || word1 >> 59 == CAP_UNTYPED ? 3 : 0;
  const next = source.next & ~FLAGS;
  destination.word0 = word0;
  destination.word1 = word1;
  destination.previous = <u64>changetype<u32>(source);
  destination.next = next | flags;
  source.next = (source.next & FLAGS) | <u64>changetype<u32>(destination);
  if (next) slotAt(next).previous = <u64>changetype<u32>(destination);
}

export function remove(slot: Slot): void {
  const previous = slot.previous;
  const next = slot.next & ~FLAGS;
  if (previous) slotAt(previous).next = (slotAt(previous).next & FLAGS) | next;
  if (next) slotAt(next).previous = previous;
  slot.word0 = 0;
  slot.word1 = 0;
  slot.previous = 0;
  slot.next = 0;
}

function isSameRegion(parent: Slot, child: Slot): bool {
  const type = parent.word1 >> 59;
  if (type == CAP_UNTYPED) {
    const base = parent.word1 & ADDRESS_MASK;
    const top = base + ((<u64>1) << (parent.word0 & 63)) - 1;
    const object = child.word1 & ADDRESS_MASK;
    return base <= object && object <= top;
  }
  if (type != child.word1 >> 59) return false;
  return (parent.word1 & ADDRESS_MASK) == (child.word1 & ADDRESS_MASK);
}

/** Deletes everything derived from a capability; returns how many. */
export function revoke(slot: Slot): u32 {
  let count: u32 = 0;
  let next = slot.next & ~FLAGS;
  while (next != 0) {
    const child = slotAt(next);
    if (!((slot.next >> 1) & 1) || !isSameRegion(slot, child)) break;
    remove(child);
    count++;
    next = slot.next & ~FLAGS;
  }
  return count;
}

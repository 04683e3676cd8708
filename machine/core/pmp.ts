// Physical memory protection (privileged specification, "Physical Memory Protection"): 16 entries, grain 4 bytes.
import { RIGHT_READ, RIGHT_WRITE } from "./encoding";
import { HART_PMP_ACTIVE, HART_PMPADDR, HART_PMPCFG, PRIVILEGE_MACHINE } from "./state";
import { flushAllBanks } from "./tlb";

const ENTRIES: u32 = 16;
const LOCKED: u32 = 0x80;
const MODE: u32 = 0x18;
const MODE_TOR: u32 = 0x08;
const MODE_NA4: u32 = 0x10;
const ALL_RIGHTS: u32 = 7;
const ADDRESS_MASK: u64 = ~(<u64>0) >> 10; // 54 bits

/** What overlaps(...) found out about an entry and a range. */
const DISJOINT: u32 = 0;
const PARTIAL: u32 = 1;
const CONTAINS: u32 = 2;

/**
 * Rights (RIGHT_*) that a privilege has on all of a physical range. A range that only partly matches the first entry
 * that applies has none.
 */
export function pmpRights(hart: u32, physical: u64, bytes: u64, privilege: u32): u32 {
  const active = load<u32>(hart, HART_PMP_ACTIVE);
  for (let i: u32 = 0; i < active; i++) {
    const match = overlap(hart, i, physical, physical + (bytes - 1));
    if (match == PARTIAL) return 0;
    if (match == CONTAINS) {
      const config = <u32>load<u8>(hart + i, HART_PMPCFG);
      return privilege == PRIVILEGE_MACHINE && (config & LOCKED) == 0 ? ALL_RIGHTS : config & ALL_RIGHTS;
    }
  }
  return privilege == PRIVILEGE_MACHINE ? ALL_RIGHTS : 0;
}

/** Whether the whole range is treated alike, so that a translation of its page may be cached. */
export function pmpIsUniform(hart: u32, physical: u64, bytes: u64): bool {
  const active = load<u32>(hart, HART_PMP_ACTIVE);
  for (let i: u32 = 0; i < active; i++) {
    const match = overlap(hart, i, physical, physical + (bytes - 1));
    if (match != DISJOINT) return match == CONTAINS;
  }
  return true;
}

function overlap(hart: u32, index: u32, first: u64, last: u64): u32 {
  const mode = <u32>load<u8>(hart + index, HART_PMPCFG) & MODE;
  if (mode == 0) return DISJOINT;
  const address = load<u64>(hart + (index << 3), HART_PMPADDR);
  let low: u64;
  let high: u64; // inclusive
  if (mode == MODE_TOR) {
    low = index == 0 ? 0 : load<u64>(hart + ((index - 1) << 3), HART_PMPADDR) << 2;
    if (address << 2 <= low) return DISJOINT;
    high = (address << 2) - 1;
  } else {
    // NAPOT: the trailing ones of the address give the size; NA4 is the case without any.
    const ones: u64 = mode == MODE_NA4 ? 0 : address ^ (address + 1);
    low = (address & ~ones) << 2;
    high = low | (ones << 2) | 3;
  }
  if (last < low || first > high) return DISJOINT;
  return first >= low && last <= high ? CONTAINS : PARTIAL;
}

function isLocked(hart: u32, index: u32): bool {
  return (<u32>load<u8>(hart + index, HART_PMPCFG) & LOCKED) != 0;
}

/** Reads the pmpcfg register that begins with entry `first` (0 or 8). */
export function readPmpConfig(hart: u32, first: u32): u64 {
  return load<u64>(hart + first, HART_PMPCFG);
}

/** Writes eight entries' configuration; locked ones keep theirs, and W without R (reserved) loses W. */
export function writePmpConfig(hart: u32, first: u32, value: u64): void {
  for (let i: u32 = 0; i < 8; i++) {
    if (isLocked(hart, first + i)) continue;
    let config = <u32>(value >> <u64>(i << 3)) & (LOCKED | MODE | ALL_RIGHTS);
    if ((config & (RIGHT_READ | RIGHT_WRITE)) == RIGHT_WRITE) config &= ~RIGHT_WRITE;
    store<u8>(hart + first + i, <u8>config, HART_PMPCFG);
  }
  let active: u32 = 0;
  for (let i: u32 = 0; i < ENTRIES; i++) {
    if ((<u32>load<u8>(hart + i, HART_PMPCFG) & MODE) != 0) active = i + 1;
  }
  store<u32>(hart, active, HART_PMP_ACTIVE);
  flushAllBanks(hart);
}

export function readPmpAddress(hart: u32, index: u32): u64 {
  return load<u64>(hart + (index << 3), HART_PMPADDR);
}

/** Writes an entry's address unless it is locked, or is the lower bound of a locked TOR entry. */
export function writePmpAddress(hart: u32, index: u32, value: u64): void {
  if (isLocked(hart, index)) return;
  if (index + 1 < ENTRIES && isLocked(hart, index + 1)) {
    if ((<u32>load<u8>(hart + index + 1, HART_PMPCFG) & MODE) == MODE_TOR) return;
  }
  store<u64>(hart + (index << 3), value & ADDRESS_MASK, HART_PMPADDR);
  flushAllBanks(hart);
}

// Mapping and unmapping frames in Sv39 page tables.
import { sfenceVmaAddress } from "rv";

const PTE_VALID: u64 = 1;
const PTE_READ: u64 = 2;
const PTE_WRITE: u64 = 4;
const PTE_EXECUTE: u64 = 8;
const PTE_USER: u64 = 16;
const PTE_ACCESSED: u64 = 64;
const PTE_DIRTY: u64 = 128;
const USER_TOP: u64 = 0x40_0000_0000;

let entry: u32 = 0;
let entryBits: u32 = 0;

/** Leaves the lowest entry that translates `address`, and the log2 of what it maps. */
function lookupEntry(root: u32, address: u64): void {
  let level: u32 = 2;
  entryBits = 30;
  entry = root + ((<u32>(address >> 30) & 511) << 3);
  while (true) {
    const value = load<u64>(entry);
    if ((value & 15) != PTE_VALID || level == 0) return;
    level--;
    entryBits -= 9;
    const table = <u32>((value >> 10) << 12);
    entry = table + ((<u32>(address >> <u64>entryBits) & 511) << 3);
  }
}

function frameBits(size: u32): u32 {
  return size == 0 ? 12 : size == 1 ? 21 : 30;
}

/** Returns 0, or 1 not a user address, 2 misaligned, 3 no table, 4 something else is mapped. */
export function mapFrame(root: u32, address: u64, frame: u64, size: u32, rights: u64, executable: bool): u32 {
  if (address >= USER_TOP) return 1;
  const bits = frameBits(size);
  if (address & (((<u64>1) << bits) - 1)) return 2;
  lookupEntry(root, address);
  if (entryBits != bits) return 3;
  const old = load<u64>(entry);
  if (old & PTE_VALID && old >> 10 != frame >> 12) return 4;
  let value = ((frame >> 12) << 10) | PTE_VALID | PTE_USER | PTE_ACCESSED;
  if (rights & 1) value |= PTE_READ;
  if (rights & 2) value |= PTE_READ | PTE_WRITE | PTE_DIRTY;
  if (executable) value |= PTE_EXECUTE;
  store<u64>(entry, value);
  sfenceVmaAddress(address);
  return 0;
}

/** Returns 0, or 3 no table, 5 this frame is not mapped there. */
export function unmapFrame(root: u32, address: u64, frame: u64, size: u32): u32 {
  lookupEntry(root, address);
  if (entryBits != frameBits(size)) return 3;
  const value = load<u64>(entry);
  const isLeaf = (value & (PTE_READ | PTE_WRITE | PTE_EXECUTE)) != 0;
  if (!(value & PTE_VALID) || !isLeaf || value >> 10 != frame >> 12) return 5;
  store<u64>(entry, 0);
  sfenceVmaAddress(address);
  return 0;
}

// Counting address spaces and what is mapped in them, for debugging: all pools, and every table below a root.

import { AddressSpaceIds } from "./address-space-ids";
import { PageTableEntry } from "./page-table";
import { VSpace } from "./vspace";

const ENTRIES: u32 = 512;
/** Entries of a root that belong to users; the others are the kernel's. */
const USER_ENTRIES: u32 = 256;

export class SpaceCounts {
  /** Address-space numbers in use. */
  static spaces(): u64 {
    return SpaceCounts.overSpaces(false);
  }

  /** Pages of any size that are mapped in all address spaces. */
  static mappedFrames(): u64 {
    return SpaceCounts.overSpaces(true);
  }

  private static overSpaces(leaves: bool): u64 {
    let count: u64 = 0;
    for (let index: u32 = 0; index < AddressSpaceIds.POOLS; index++) {
      if (AddressSpaceIds.pool(index) == 0) continue;
      for (let i: u32 = 0; i < AddressSpaceIds.POOL_SIZE; i++) {
        const asid = <u64>(index * AddressSpaceIds.POOL_SIZE + i);
        if (AddressSpaceIds.root(asid) == 0) continue;
        count += leaves ? leavesBelow(VSpace.rootTable(asid), USER_ENTRIES) : 1;
      }
    }
    return count;
  }
}

/** Pages that the first entries of a table lead to. */
function leavesBelow(table: u32, entries: u32): u64 {
  let count: u64 = 0;
  for (let i: u32 = 0; i < entries; i++) {
    const entry = load<u64>(table + (i << 3));
    if (!PageTableEntry.isValid(entry)) continue;
    if (!PageTableEntry.isTable(entry)) count++;
    else count += leavesBelow(PageTableEntry.tableAt(entry), ENTRIES);
  }
  return count;
}

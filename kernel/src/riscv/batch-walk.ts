// Within a batch of mapping requests (translations.ts) nothing changes which tables there are, or which capabilities name them. So
// what one request has found out about the table that holds its page's entry is true for the next request to the same 2 MiB.

import { PAGE_BITS } from "../../../abi/src/objects";
import { PageTable } from "./page-table";

/** What one table of pages covers: 2^21 bytes. */
const REGION_BITS: u64 = 21;
const NOWHERE: u64 = ~0;

export class BatchWalk {
  /** Slot of the capability to the root, which names a living address space. */
  private static root: u32 = 0;
  private static asid: u64 = 0;
  private static region: u64 = NOWHERE;
  private static table: u32 = 0;

  /** The walk to user virtual `address`, by the root whose capability is in slot `root`, ended at `entry` of a table of pages. */
  static remember(root: u32, asid: u64, address: u64, entry: u32): void {
    BatchWalk.root = root;
    BatchWalk.asid = asid;
    BatchWalk.region = address >> REGION_BITS;
    BatchWalk.table = entry & ~((1 << PAGE_BITS) - 1);
  }

  /** Anything may have changed. */
  @inline static forget(): void {
    BatchWalk.region = NOWHERE;
  }

  /** Where the entry of a page is that shall be mapped by a root; 0: the root must be checked, and the tables walked. */
  @inline static entryBelow(root: u32, address: u64): u32 {
    if (BatchWalk.region != address >> REGION_BITS || BatchWalk.root != root) return 0;
    return PageTable.entryOf(BatchWalk.table, address, PAGE_BITS);
  }

  /** Where the entry of a page of an address space is; 0: the tables must be walked. */
  @inline static entryIn(asid: u64, address: u64): u32 {
    if (BatchWalk.region != address >> REGION_BITS || BatchWalk.asid != asid) return 0;
    return PageTable.entryOf(BatchWalk.table, address, PAGE_BITS);
  }
}

// Sv39 page tables (RISC-V privileged specification, section “Sv39”): entries, and the walk to the slot of an address.
//
// A table is a page of 512 entries of 8 bytes. Tables are kernel memory, so a table's physical address is a pointer.

import { HartContext } from "./hart-context";
import { ROOT_INDEX_DEVICES } from "./layout";

const VALID: u64 = 1;
const READ: u64 = 2;
const WRITE: u64 = 4;
const EXECUTE: u64 = 8;
const USER: u64 = 16;
const ACCESSED: u64 = 64;
const DIRTY: u64 = 128;

const PAGE_BITS: u32 = 12;
const INDEX_BITS: u32 = 9;
const TOP_LEVEL_BITS: u32 = 30;
const ENTRIES: u32 = 512;
const PPN_SHIFT: u64 = 10;
const PPN_MASK: u64 = (1 << 44) - 1;

// Rights of a frame capability (seL4's vm_rights)
export const VM_KERNEL_ONLY: u32 = 1;
export const VM_READ_ONLY: u32 = 2;
export const VM_READ_WRITE: u32 = 3;

/** Page-table entries. */
export class PageTableEntry {
  static readonly INVALID: u64 = 0;

  /** Entry for a table at physical page `ppn`. */
  @inline static table(ppn: u64): u64 {
    return (ppn << PPN_SHIFT) | VALID;
  }

  /** Entry for a user page. Accessed and dirty are set, so the hardware never has to. No rights at all: invalid. */
  static userPage(ppn: u64, rights: u32, executable: bool): u64 {
    let bits: u64 = 0;
    if (rights != VM_KERNEL_ONLY) bits |= READ;
    if (rights == VM_READ_WRITE) bits |= WRITE;
    if (executable) bits |= EXECUTE;
    return bits == 0 ? PageTableEntry.INVALID : (ppn << PPN_SHIFT) | bits | VALID | USER | ACCESSED | DIRTY;
  }

  @inline static isValid(entry: u64): bool {
    return (entry & VALID) != 0;
  }

  /** Valid and no page: it points to the next table. */
  @inline static isTable(entry: u64): bool {
    return (entry & (VALID | READ | WRITE | EXECUTE)) == VALID;
  }

  /** Physical page number. */
  @inline static ppn(entry: u64): u64 {
    return (entry >> PPN_SHIFT) & PPN_MASK;
  }

  /** The table an entry points to. */
  @inline static tableAt(entry: u64): u32 {
    return <u32>(PageTableEntry.ppn(entry) << PAGE_BITS);
  }
}

/** Where a walk ended: the entry that decides about the address, and the size of what it covers (2^bits bytes). */
export class PageTableSlot {
  static entry: u32 = 0;
  static bits: u32 = 0;
}

/** Operations on whole tables. */
export class PageTable {
  /** Walks from `root` as far as tables exist; the result is in `PageTableSlot`. */
  static lookup(root: u32, address: u64): void {
    let table = root;
    let bits = TOP_LEVEL_BITS;
    let entry = PageTable.entryOf(table, address, bits);
    while (bits > PAGE_BITS && PageTableEntry.isTable(load<u64>(entry))) {
      table = PageTableEntry.tableAt(load<u64>(entry));
      bits -= INDEX_BITS;
      entry = PageTable.entryOf(table, address, bits);
    }
    PageTableSlot.entry = entry;
    PageTableSlot.bits = bits;
  }

  /** Pointer to the entry that points to `table` on the way from `root` to `address`; 0 when there is none. */
  static findTable(root: u32, address: u64, table: u32): u32 {
    let current = root;
    for (let bits = TOP_LEVEL_BITS; bits > PAGE_BITS; bits -= INDEX_BITS) {
      const entry = PageTable.entryOf(current, address, bits);
      if (!PageTableEntry.isTable(load<u64>(entry))) return 0;
      current = PageTableEntry.tableAt(load<u64>(entry));
      if (current == table) return entry;
    }
    return 0;
  }

  /** Pointer to the entry of `table` for an address, at the level whose entries cover 2^bits bytes. */
  @inline static entryOf(table: u32, address: u64, bits: u32): u32 {
    return table + ((<u32>(address >> <u64>bits) & (ENTRIES - 1)) << 3);
  }

  /** Copies the kernel's gigabytes into a table that becomes a root. */
  static copyKernelMappings(root: u32): void {
    const kernelRoot = HartContext.kernelRootTable();
    for (let index: u32 = ROOT_INDEX_DEVICES; index < ENTRIES; index++) {
      store<u64>(root + (index << 3), load<u64>(kernelRoot + (index << 3)));
    }
  }
}

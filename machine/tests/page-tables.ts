// Page tables for tests, laid out in guest memory: three levels (Sv39) or four (Sv48).
import type { Machine } from "../src/index";
import { PAGE } from "./bare";

/** Bits of a page-table entry. */
export const PTE = {
  V: 1n,
  R: 2n,
  W: 4n,
  X: 8n,
  U: 16n,
  A: 64n,
  D: 128n,
  PBMT: 1n << 61n,
  N: 1n << 63n,
} as const;
/** A page that S mode may read, write and execute, in use. */
export const SUPERVISOR_PAGE = PTE.V | PTE.R | PTE.W | PTE.X | PTE.A | PTE.D;

const SATP_MODE = { 3: 8n, 4: 9n } as const;

/** An entry that maps a physical address. */
export const entry = (physical: bigint | number, flags: bigint): bigint =>
  ((BigInt(physical) >> 12n) << 10n) | flags;

export class PageTables {
  private next: number;

  /** @param base physical address of the root; further tables follow it */
  constructor(
    private readonly machine: Machine,
    private readonly levels: 3 | 4,
    private readonly base: number,
  ) {
    this.next = base + PAGE;
  }

  /** Value of satp that selects these tables. */
  satp(asid = 0n): bigint {
    return (SATP_MODE[this.levels] << 60n) | (asid << 44n) | (BigInt(this.base) >> 12n);
  }

  /** Maps the page of `level` (0 = 4 KiB) at a virtual address. */
  map(virtual: bigint, physical: bigint | number, flags: bigint, level = 0): void {
    this.machine.memory.writeU64(this.entryAddress(virtual, level), entry(physical, flags));
  }

  /** Physical address of the entry of `level` for a virtual address; makes the tables above it. */
  entryAddress(virtual: bigint, level = 0): number {
    let table = this.base;
    for (let at = this.levels - 1; ; at--) {
      const address = table + Number((virtual >> BigInt(12 + 9 * at)) & 511n) * 8;
      if (at === level) return address;
      const pointer = this.machine.memory.readU64(address);
      if (pointer === 0n) {
        this.machine.memory.writeU64(address, entry(this.next, PTE.V));
        table = this.next;
        this.next += PAGE;
      } else table = Number((pointer >> 10n) << 12n);
    }
  }
}

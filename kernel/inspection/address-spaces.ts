/** ASID tables, page tables and the capabilities to both agree, and no hart uses a space that is gone. */
import { CAP_ASID_POOL, CAP_FRAME, CAP_PAGE_TABLE } from "@rel4/abi";
import { SATP_MODE_SV39 } from "../src/riscv/csr";
import { ROOT_INDEX_DEVICES } from "../src/riscv/layout";
import type { FoundSlot, ObjectMap } from "./objects";
import { broken, hex, require } from "./require";
import { hasBegun, type KernelView, kernelSatp } from "./view";

/** Pools there can be. */
export const ASID_POOLS = 128;
const POOL_ENTRIES = 512;
const ENTRIES = 512;
const PAGE = 4096;
/** Entries that are skipped together when they are all zero. */
const BLOCK = 64;
const ASID_SHIFT = 44n;
const PPN_MASK = 2n ** 44n - 1n;
const MODE = BigInt(SATP_MODE_SV39);

// Page-table entries
const VALID = 1;
const ANY_RIGHTS = 14;
const PPN_SHIFT = 10;
/** Bits of the physical page number in the upper half of an entry. */
const PPN_HIGH = 0x3f_ffff;

// Pages of virtual memory that an entry covers, by powers of two
const TOP_LEVEL_BITS = 18;
const INDEX_BITS = 9;
/** Virtual page numbers have fewer bits. */
const VPN_SPACE = 2 ** 27;

/** An address space: its root's word in the ASID pools. */
interface Space {
  asid: number;
  word: bigint;
}

/**
 * @param onTable called with the address of every ASID pool and page table that was read
 * @throws InvariantError that says which invariant does not hold, and where
 */
export function checkAddressSpaces(
  view: KernelView,
  objects: ObjectMap,
  onTable: (page: number) => void,
): void {
  const tables = new Tables(view, new Mappings(objects), onTable);
  const roots = new Set<bigint>();
  for (const { data } of objects.ofType(CAP_PAGE_TABLE)) roots.add(data);
  for (const { asid, word } of spaces(view, objects, onTable)) {
    const root = Number(word & PPN_MASK) * PAGE;
    require(word >> 60n === MODE &&
      asidOf(word) === asid, `word ${asid} of the ASID pools is its space's satp`);
    require(roots.has(
      word,
    ), `the root of address space ${asid} (${hex(root)}) has a capability that says so`);
    tables.checkRoot(root, asid);
  }
}

/** @throws InvariantError when a hart is in an address space that does not exist any more */
export function checkHartsSpaces(view: KernelView): void {
  const { memory, layout, harts } = view;
  const own = kernelSatp(view);
  harts.forEach(({ satp }, index) => {
    if (satp === own || !hasBegun(view, index)) return;
    const asid = asidOf(satp);
    const pool = memory.read32(layout.at.asidPools + 4 * Math.floor(asid / POOL_ENTRIES));
    require(memory.read64(pool + 8 * (asid % POOL_ENTRIES)) ===
      satp, `hart ${index} runs in an address space that exists`);
  });
}

/** The address spaces in all pools. */
function* spaces(view: KernelView, objects: ObjectMap, onTable: (page: number) => void): Generator<Space> {
  const { memory, layout } = view;
  const owned = new Map<number, FoundSlot>();
  for (const slot of objects.ofType(CAP_ASID_POOL)) owned.set(slot.object, slot);
  for (let index = 0; index < ASID_POOLS; index++) {
    const pool = memory.read32(layout.at.asidPools + 4 * index);
    if (pool === layout.at.noAsidPool) continue;
    const base = index * POOL_ENTRIES;
    require(owned.get(pool)?.data === BigInt(base), `ASID pool ${index} has a capability`);
    owned.delete(pool);
    onTable(pool);
    for (const entry of entries(view, pool, POOL_ENTRIES))
      yield { asid: base + entry, word: memory.read64(pool + 8 * entry) };
  }
  require(owned.size === 0, "every capability to an ASID pool has its number");
}

/** Indices of the words of a page that are not zero. */
function entries({ memory }: KernelView, page: number, count: number): number[] {
  const found: number[] = [];
  for (let first = 0; first < count; first += BLOCK) {
    const end = Math.min(first + BLOCK, count);
    if (memory.isZero(page + 8 * first, page + 8 * end)) continue;
    for (let entry = first; entry < end; entry++)
      if (memory.read32(page + 8 * entry) !== 0 || memory.read32(page + 8 * entry + 4) !== 0)
        found.push(entry);
  }
  return found;
}

/** What capabilities to frames and page tables say they are mapped as. */
class Mappings {
  /** By space, virtual page and kind: physical page numbers. */
  private readonly pages = new Map<number, number[]>();

  constructor(objects: ObjectMap) {
    for (const { type, object, data } of objects.slots.values()) {
      if (type !== CAP_FRAME && type !== CAP_PAGE_TABLE) continue;
      const key = keyOf(type === CAP_PAGE_TABLE, asidOf(data), object);
      const ppn = Number(data & PPN_MASK);
      const there = this.pages.get(key);
      if (there) there.push(ppn);
      else this.pages.set(key, [ppn]);
    }
  }

  has(isTable: boolean, asid: number, vpn: number, ppn: number): boolean {
    return this.pages.get(keyOf(isTable, asid, vpn))?.includes(ppn) ?? false;
  }
}

const keyOf = (isTable: boolean, asid: number, vpn: number) => (asid * VPN_SPACE + vpn) * 2 + Number(isTable);

/** A table of a space: where it is, and what it covers. */
interface Level {
  table: number;
  asid: number;
  /** Virtual page that its first entry covers, and pages of each entry as a power of two. */
  vpn: number;
  bits: number;
}

/** Every entry is a table or a page with a capability that says it is mapped there. A root's last entries are the kernel's. */
class Tables {
  private readonly kernelEntries: Uint8Array;

  constructor(
    private readonly view: KernelView,
    private readonly mappings: Mappings,
    private readonly onTable: (page: number) => void,
  ) {
    const root = Number(kernelSatp(view) & PPN_MASK) * PAGE;
    this.kernelEntries = view.memory.slice(root + 8 * ROOT_INDEX_DEVICES, root + PAGE);
  }

  checkRoot(table: number, asid: number): void {
    this.check({ table, asid, vpn: 0, bits: TOP_LEVEL_BITS }, ROOT_INDEX_DEVICES);
    if (!this.view.memory.equals(table + 8 * ROOT_INDEX_DEVICES, this.kernelEntries))
      broken(`the kernel is in space ${asid}`);
  }

  private check({ table, asid, vpn, bits }: Level, count: number): void {
    const { memory } = this.view;
    this.onTable(table);
    for (const entry of entries(this.view, table, count)) {
      const low = memory.read32(table + 8 * entry);
      const high = memory.read32(table + 8 * entry + 4);
      const ppn = (low >>> PPN_SHIFT) + (high & PPN_HIGH) * 2 ** (32 - PPN_SHIFT);
      const below = vpn + entry * 2 ** bits;
      if ((low & VALID) === 0) broken(`the entry at ${hex(table + 8 * entry)} is valid or zero`);
      const isTable = (low & ANY_RIGHTS) === 0;
      if (!this.mappings.has(isTable, asid, below, ppn))
        broken(`what is mapped at ${hex(below * PAGE)} in space ${asid} has a capability that says so`);
      if (isTable) this.check({ table: ppn * PAGE, asid, vpn: below, bits: bits - INDEX_BITS }, ENTRIES);
    }
  }
}

const asidOf = (word: bigint) => Number((word >> ASID_SHIFT) & 0xffffn);

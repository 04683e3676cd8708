/** ASID tables, page tables and the capabilities to both agree, and no hart uses a space that is gone. */
import { CAP_ASID_POOL, CAP_FRAME, CAP_PAGE_TABLE } from "@rel4/abi";
import { CSR_SATP, SATP_MODE_SV39 } from "../../src/riscv/csr";
import { ROOT_INDEX_DEVICES } from "../../src/riscv/layout";
import type { Kernel } from "./kernel";
import type { FoundSlot, ObjectMap } from "./objects";
import { broken, hex, require } from "./require";

const POOLS = 128;
const POOL_BITS = 9n;
const ENTRIES = 512;
const PAGE = 4096;
/** Entries that are skipped together when they are all zero. */
const BLOCK = 64;
const ASID_SHIFT = 44n;
const PPN_MASK = 2n ** 44n - 1n;
const MODE = BigInt(SATP_MODE_SV39);
const VALID = 1n;
const ANY_RIGHTS = 14n;
const ENTRY_PPN_SHIFT = 10n;
const TOP_LEVEL_BITS = 30n;
const INDEX_BITS = 9n;

/** @throws Error that says which invariant does not hold, and where */
export function checkAddressSpaces(kernel: Kernel, objects: ObjectMap): void {
  const slots = [...objects.slots.values()];
  const mappings = new Set(
    slots.filter(({ type }) => type === CAP_FRAME || type === CAP_PAGE_TABLE).map(mappingOf),
  );
  const living = new Set<bigint>();
  for (const { asid, word } of spaces(kernel, slots)) {
    const root = Number((word & PPN_MASK) << 12n);
    require(word >> 60n === MODE &&
      asidOf(word) === asid, `word ${asid} of the ASID pools is its space's satp`);
    require(slots.some(
      ({ type, data }) => type === CAP_PAGE_TABLE && data === word,
    ), `the root of address space ${asid} (${hex(root)}) has a capability that says so`);
    living.add(word);
    checkTable(kernel, mappings, { table: root, asid, address: 0n, bits: TOP_LEVEL_BITS });
  }
  kernel.hardware.harts.forEach((hart, index) => {
    const satp = hart.readCsr(CSR_SATP);
    if (hart.inUserMode && satp !== kernel.kernelSatp)
      require(living.has(satp), `hart ${index} runs in an address space that exists`);
  });
}

/** The words of all pools that are not zero. */
function* spaces(kernel: Kernel, slots: FoundSlot[]): Generator<{ asid: bigint; word: bigint }> {
  const { layout } = kernel;
  const owned = new Map(
    slots.filter(({ type }) => type === CAP_ASID_POOL).map((slot) => [slot.object, slot]),
  );
  for (let index = 0; index < POOLS; index++) {
    const pool = layout.asidPool(index);
    if (pool === 0) continue;
    const base = BigInt(index) << POOL_BITS;
    require(owned.get(pool)?.data === base, `ASID pool ${index} has a capability`);
    owned.delete(pool);
    for (const { at, word } of words(kernel, pool)) yield { asid: base + BigInt((at - pool) / 8), word };
  }
  require(owned.size === 0, "every capability to an ASID pool has its number");
}

/** The words of a page that are not zero. */
function* words({ memory }: Kernel, page: number, count = ENTRIES): Generator<{ at: number; word: bigint }> {
  for (let first = 0; first < count; first += BLOCK) {
    const end = Math.min(first + BLOCK, count);
    if (memory.isZero(page + 8 * first, page + 8 * end)) continue;
    for (let at = page + 8 * first; at < page + 8 * end; at += 8) {
      const word = memory.read64(at);
      if (word !== 0n) yield { at, word };
    }
  }
}

interface Level {
  table: number;
  asid: bigint;
  /** First address that the table covers. */
  address: bigint;
  /** An entry covers 2^bits bytes. */
  bits: bigint;
}

/** Every entry is a table or a page with a capability that says it is mapped there. A root's last entries are the kernel's. */
function checkTable(kernel: Kernel, mappings: Set<string>, { table, asid, address, bits }: Level): void {
  const isRoot = bits === TOP_LEVEL_BITS;
  for (const { at, word } of words(kernel, table, isRoot ? ROOT_INDEX_DEVICES : ENTRIES)) {
    const ppn = (word >> ENTRY_PPN_SHIFT) & PPN_MASK;
    const below = address + (BigInt((at - table) / 8) << bits);
    if ((word & VALID) === 0n) broken(`the entry at ${hex(at)} is valid or zero`);
    const isTable = (word & ANY_RIGHTS) === 0n;
    if (!mappings.has(mapping(isTable ? CAP_PAGE_TABLE : CAP_FRAME, asid, below, ppn)))
      broken(`what is mapped at ${hex(below)} in space ${asid} has a capability that says so`);
    if (isTable) {
      const level = { table: Number(ppn) * PAGE, asid, address: below, bits: bits - INDEX_BITS };
      checkTable(kernel, mappings, level);
    }
  }
  if (!isRoot) return;
  const kernelRoot = Number((kernel.kernelSatp & PPN_MASK) << 12n);
  for (let index = ROOT_INDEX_DEVICES; index < ENTRIES; index++)
    if (kernel.memory.read64(table + 8 * index) !== kernel.memory.read64(kernelRoot + 8 * index))
      broken(`the kernel is in space ${asid}`);
}

const asidOf = (word: bigint) => (word >> ASID_SHIFT) & 0xffffn;
const mapping = (type: number, asid: bigint, address: bigint, ppn: bigint) =>
  `${type} ${asid} ${address} ${ppn}`;

function mappingOf({ type, object, data }: FoundSlot): string {
  return mapping(type, asidOf(data), BigInt(object) << 12n, data & PPN_MASK);
}

// The decoded-code pool. A physical page that is executed gets a decoded page: one slot (decode.ts) for every halfword,
// filled when first executed, and guard slots behind them that make the hot loop look for the next page.
// Decoded code is what an instruction cache is to hardware: fence.i drops all of it. Stores do not, unless fetches are to see them:
// then no TLB has a write tag for a page with decoded code, so stores to it take the slow path, which empties their slots.
import { decode } from "./decode";
import { expandCompressed } from "./expand";
import { Harts, Machine } from "./hart";
import { Op } from "./operation";
import {
  CODE_MAP_BASE,
  CODE_PAGE_CHECKED,
  CODE_PAGE_RAM,
  CODE_PAGE_SIZE,
  CODE_POOL_BASE,
  CODE_POOL_PAGES,
  CODE_SLOT_SIZE,
  HART_ATTENTION,
  MACHINE_BASE,
  MACHINE_CODE_PAGES,
  MACHINE_MARK_TABLE,
  MACHINE_MARKS,
  RAM_PHYSICAL,
} from "./state";
import { dropFetchTranslations, dropWriteTranslations } from "./tlb";

const SLOTS: u32 = 2048;
const PAGE_OFFSET: u64 = 0xfff;

/** Decoded page of the RAM page at a guest physical address, made empty if it is new. */
export function codePage(physicalPage: u64): u32 {
  const mapEntry = mapEntryOf(physicalPage);
  if (load<u16>(mapEntry) == 0) {
    const page = newPage(physicalPage); // which may empty the map
    store<u16>(mapEntry, <u16>pageIndex(page));
    if (Machine.fetchesSeeStores()) dropWriteTranslations(physicalPage);
  }
  return pageAddress(<u32>load<u16>(mapEntry));
}

/**
 * The same for a hart to which physical memory protection gives different rights in parts of the page: every instruction in
 * this decoded page is checked when it is executed. Whoever sees the page whole uses the other one.
 */
export function checkedCodePage(physicalPage: u64): u32 {
  const ram = Machine.ramAddress(physicalPage);
  for (let index = load<u32>(MACHINE_BASE, MACHINE_CODE_PAGES); index > 0; index--) {
    const page = pageAddress(index);
    if (load<u32>(page, CODE_PAGE_CHECKED) != 0 && load<u32>(page, CODE_PAGE_RAM) == ram) return page;
  }
  makeRoom(2);
  codePage(physicalPage); // the map then says that something is decoded, for writes from outside
  const page = newPage(physicalPage);
  store<u32>(page, 1, CODE_PAGE_CHECKED);
  return page;
}

/** Makes sure that the pool has room for so many pages. */
function makeRoom(pages: u32): void {
  if (load<u32>(MACHINE_BASE, MACHINE_CODE_PAGES) + pages > <u32>CODE_POOL_PAGES) dropDecodedCode();
}

function newPage(physicalPage: u64): u32 {
  makeRoom(1);
  const index = load<u32>(MACHINE_BASE, MACHINE_CODE_PAGES) + 1;
  store<u32>(MACHINE_BASE, index, MACHINE_CODE_PAGES);
  const page = pageAddress(index);
  const guards = page + SLOTS * CODE_SLOT_SIZE;
  store<u64>(guards, <u64>(<u32>Op.CrossPage));
  store<u64>(guards, <u64>(<u32>Op.CrossPage), CODE_SLOT_SIZE); // behind an instruction that crosses the page's end
  store<u32>(page, Machine.ramAddress(physicalPage), CODE_PAGE_RAM);
  return page;
}

function mapEntryOf(physicalPage: u64): u32 {
  return CODE_MAP_BASE + ((<u32>((physicalPage - <u64>(<u32>RAM_PHYSICAL)) >> 12)) << 1);
}

function pageIndex(page: u32): u32 {
  return (page - CODE_POOL_BASE) / CODE_PAGE_SIZE + 1;
}

/** Whether any page of a physical range in RAM has been decoded. */
export function isDecoded(physical: u64, bytes: u64): bool {
  const first = (physical - <u64>(<u32>RAM_PHYSICAL)) >> 12;
  const last = (physical + bytes - 1 - <u64>(<u32>RAM_PHYSICAL)) >> 12;
  for (let page = <u32>first; page <= <u32>last; page++) {
    if (load<u16>(CODE_MAP_BASE + (page << 1)) != 0) return true;
  }
  return false;
}

/** Whether stores to a physical page must take the slow path because it has decoded code that they could change. */
export function storesChangeCode(physicalPage: u64): bool {
  return Machine.fetchesSeeStores() && load<u16>(mapEntryOf(physicalPage)) != 0;
}

/** `bytes` bytes inside a page were stored: what was decoded from them is decoded anew, where fetches see stores. */
export function forgetInstructions(physical: u64, bytes: u64): void {
  const physicalPage = physical & ~PAGE_OFFSET;
  if (!storesChangeCode(physicalPage)) return;
  const page = pageAddress(<u32>load<u16>(mapEntryOf(physicalPage)));
  const offset = <u32>(physical & PAGE_OFFSET);
  const first = offset < 2 ? 0 : (offset >> 1) - 1; // a 32-bit instruction may begin a halfword before
  const last = (offset + <u32>bytes - 1) >> 1;
  memory.fill(page + first * CODE_SLOT_SIZE, 0, (last - first + 1) * CODE_SLOT_SIZE);
}

function pageAddress(index: u32): u32 {
  return CODE_POOL_BASE + (index - 1) * CODE_PAGE_SIZE;
}

/** Empties the pool and every fetch translation that points into it; harts leave their hot loops. */
export function dropDecodedCode(): void {
  const used = load<u32>(MACHINE_BASE, MACHINE_CODE_PAGES);
  memory.fill(CODE_POOL_BASE, 0, used * CODE_PAGE_SIZE);
  memory.fill(CODE_MAP_BASE, 0, (<u32>(Machine.ramSize() >> 12)) << 1);
  store<u32>(MACHINE_BASE, 0, MACHINE_CODE_PAGES);
  for (let id: u32 = 0; id < Harts.count(); id++) {
    dropFetchTranslations(Harts.at(id));
    store<u32>(Harts.at(id), 1, HART_ATTENTION);
  }
}

/** Memory address of the bytes of the instruction at a slot of a decoded page. */
export function codeBytes(page: u32, slot: u32): u32 {
  return load<u32>(page, CODE_PAGE_RAM) + ((slot - page) >> 2);
}

/** Fills an empty slot of a decoded page: with its instruction, or with Op.Check or Op.Mark where something comes first. */
export function decodeSlot(page: u32, slot: u32): u64 {
  const isChecked = load<u32>(page, CODE_PAGE_CHECKED) != 0;
  const decoded = isChecked ? <u64>(<u32>Op.Check) : decodeUnchecked(page, slot);
  store<u64>(slot, decoded);
  return decoded;
}

/** What a slot holds in a page that needs no checks: its instruction, or Op.Mark where a mark may stand. */
export function decodeUnchecked(page: u32, slot: u32): u64 {
  const isMarked = load<u32>(MACHINE_BASE, MACHINE_MARKS) != 0 && offsetIsMarked((slot - page) >> 2);
  return isMarked ? <u64>(<u32>Op.Mark) : decodeInstruction(page, slot);
}

/** Whether a mark has this offset in its page. */
function offsetIsMarked(offset: u32): bool {
  const count = load<u32>(MACHINE_BASE, MACHINE_MARKS);
  for (let i: u32 = 0; i < count; i++) {
    if ((load<u32>(MACHINE_BASE + (i << 3), MACHINE_MARK_TABLE) & 0xfff) == offset) return true;
  }
  return false;
}

/** Decodes the instruction that a slot of a decoded page stands for. */
export function decodeInstruction(page: u32, slot: u32): u64 {
  const code = codeBytes(page, slot);
  const half = <u32>load<u16>(code);
  if ((half & 3) != 3) return decode(expandCompressed(half), half, 1);
  if (slot - page == (SLOTS - 1) * CODE_SLOT_SIZE) return <u64>(<u32>Op.Straddle);
  const word = load<u32>(code);
  return decode(word, word, 2);
}

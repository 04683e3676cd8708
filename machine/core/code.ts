// The decoded-code pool. A physical page that is executed gets a decoded page: one slot (decode.ts) for every halfword,
// filled when first executed, and guard slots behind them that make the hot loop look for the next page.
// Decoded code is what an instruction cache is to hardware: fence.i drops all of it, stores do not.
import { decode } from "./decode";
import { expandCompressed } from "./expand";
import { Harts, Machine } from "./hart";
import { Op } from "./operation";
import {
  CODE_MAP_BASE,
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
import { dropFetchTranslations } from "./tlb";

const SLOTS: u32 = 2048;

/** Decoded page of the RAM page at a guest physical address, made empty if it is new. */
export function codePage(physicalPage: u64): u32 {
  const mapEntry = CODE_MAP_BASE + ((<u32>((physicalPage - <u64>(<u32>RAM_PHYSICAL)) >> 12)) << 1);
  let index = <u32>load<u16>(mapEntry);
  if (index == 0) {
    if (load<u32>(MACHINE_BASE, MACHINE_CODE_PAGES) == CODE_POOL_PAGES) dropDecodedCode();
    index = load<u32>(MACHINE_BASE, MACHINE_CODE_PAGES) + 1;
    store<u32>(MACHINE_BASE, index, MACHINE_CODE_PAGES);
    store<u16>(mapEntry, <u16>index);
    const guards = pageAddress(index) + SLOTS * CODE_SLOT_SIZE;
    store<u64>(guards, <u64>(<u32>Op.CrossPage));
    store<u32>(pageAddress(index), Machine.ramAddress(physicalPage), CODE_PAGE_RAM);
    store<u64>(guards, <u64>(<u32>Op.CrossPage), CODE_SLOT_SIZE); // behind an instruction that crosses the page's end
  }
  return pageAddress(index);
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

/** Fills an empty slot of a decoded page: with its instruction, or with Op.Mark where a mark may stand. */
export function decodeSlot(page: u32, slot: u32): u64 {
  const isMarked = load<u32>(MACHINE_BASE, MACHINE_MARKS) != 0 && offsetIsMarked((slot - page) >> 2);
  const decoded = isMarked ? <u64>(<u32>Op.Mark) : decodeInstruction(page, slot);
  store<u64>(slot, decoded);
  return decoded;
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

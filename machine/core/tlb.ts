// Translation lookaside buffers. Each hart has several banks; a bank caches one translation context, named by satp and
// a key of privilege, SUM and MXR, so that entering and leaving the kernel or switching address spaces only changes
// which bank is looked at. A bank remembers which entries were filled, so flushing costs what was used.
import { MSTATUS_MPP, MSTATUS_MPP_SHIFT, MSTATUS_MPRV, MSTATUS_MXR, MSTATUS_SUM } from "./encoding";
import { refreshFloat } from "./float-environment";
import { Hart, Harts, Machine } from "./hart";
import {
  BANK_DIRECTORY_ENTRY,
  BANK_FILLED,
  BANK_KEY,
  BANK_SATP,
  HART_BANKS,
  HART_DATA_BANK,
  HART_DATA_TLB,
  HART_FETCH_TLB,
  HART_ID,
  HART_MSTATUS,
  HART_NEXT_BANK,
  HART_SATP,
  HART_STRICT,
  PRIVILEGE_MACHINE,
  TLB_ADDEND,
  TLB_BANK_SIZE,
  TLB_BANKS,
  TLB_BASE,
  TLB_CODE,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
  TLB_FETCH_TAG,
  TLB_LEVEL_MASK,
  TLB_LIST_CAPACITY,
  TLB_LIST_SIZE,
  TLB_LISTS_BASE,
  TLB_STRICT_BANK,
  TLB_WATCHED,
  TLB_WRITE_TAG,
} from "./state";

const UNUSED: u32 = 0xffffffff;
const NO_TAG: u64 = ~(<u64>0);

export class Tlb {
  /** The entry of a bank that a virtual address uses. */
  @inline static entry(bank: u32, address: u64): u32 {
    return bank + ((<u32>address >> 7) & ((TLB_ENTRIES - 1) * TLB_ENTRY_SIZE));
  }
}

function bankAddress(hart: u32, index: u32): u32 {
  return TLB_BASE + (load<u32>(hart, HART_ID) * TLB_BANKS + index) * TLB_BANK_SIZE;
}

function listAddress(bank: u32): u32 {
  return TLB_LISTS_BASE + ((bank - TLB_BASE) / TLB_BANK_SIZE) * TLB_LIST_SIZE;
}

/** Directory entry of a bank of `hart`. */
function directoryEntry(hart: u32, bank: u32): u32 {
  return hart + HART_BANKS + ((bank - bankAddress(hart, 0)) / TLB_BANK_SIZE) * BANK_DIRECTORY_ENTRY;
}

/** Empties all banks of a new machine. */
export function initializeBanks(hart: u32): void {
  memory.fill(bankAddress(hart, 0), 0xff, TLB_BANKS * TLB_BANK_SIZE);
  memory.fill(TLB_STRICT_BANK, 0xff, TLB_BANK_SIZE);
  for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) {
    const entry = hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY;
    store<u32>(entry, UNUSED, BANK_KEY);
    store<u32>(entry, 0, BANK_FILLED);
  }
}

/** Notes that an entry of a bank is about to be filled; a bank with too many fills is cleared first. */
export function noteFill(hart: u32, bank: u32, entry: u32): void {
  const directory = directoryEntry(hart, bank);
  let filled = load<u32>(directory, BANK_FILLED);
  if (filled == TLB_LIST_CAPACITY) {
    memory.fill(bank, 0xff, TLB_BANK_SIZE);
    filled = 0;
  }
  store<u16>(listAddress(bank) + (filled << 1), <u16>((entry - bank) / TLB_ENTRY_SIZE));
  store<u32>(directory, filled + 1, BANK_FILLED);
}

function flushBank(hart: u32, index: u32): void {
  const bank = bankAddress(hart, index);
  const directory = hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY;
  const list = listAddress(bank);
  const filled = load<u32>(directory, BANK_FILLED);
  for (let i: u32 = 0; i < filled; i++) invalidate(bank + <u32>load<u16>(list + (i << 1)) * TLB_ENTRY_SIZE);
  store<u32>(directory, 0, BANK_FILLED);
}

function invalidate(entry: u32): void {
  memory.fill(entry, 0xff, TLB_ENTRY_SIZE);
}

/** Drops every translation a hart has cached. */
export function flushAllBanks(hart: u32): void {
  for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) flushBank(hart, index);
}

/** Drops the fetch translations of a hart, whose decoded pages are about to vanish. */
export function dropFetchTranslations(hart: u32): void {
  for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) {
    const bank = bankAddress(hart, index);
    const list = listAddress(bank);
    const filled = load<u32>(hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY, BANK_FILLED);
    for (let i: u32 = 0; i < filled; i++)
      store<u64>(bank + <u32>load<u16>(list + (i << 1)) * TLB_ENTRY_SIZE, NO_TAG, TLB_FETCH_TAG);
  }
}

/** Makes the next store of every hart to a physical page take the slow path. */
export function dropWriteTranslations(physicalPage: u64): void {
  const memoryPage = Machine.ramAddress(physicalPage);
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const hart = Harts.at(id);
    for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) {
      const bank = bankAddress(hart, index);
      const list = listAddress(bank);
      const filled = load<u32>(hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY, BANK_FILLED);
      for (let i: u32 = 0; i < filled; i++) {
        const entry = bank + <u32>load<u16>(list + (i << 1)) * TLB_ENTRY_SIZE;
        if (<u32>load<u64>(entry, TLB_WRITE_TAG) + load<u32>(entry, TLB_ADDEND) != memoryPage) continue;
        store<u64>(entry, NO_TAG, TLB_WRITE_TAG);
        store<u32>(entry, load<u32>(entry, TLB_CODE) | TLB_WATCHED, TLB_CODE);
      }
    }
  }
}

/** sfence.vma with an ASID: drops the translations of the address spaces that have it. */
export function flushAsid(hart: u32, asid: u64): void {
  for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) {
    const satp = load<u64>(hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY, BANK_SATP);
    if (((satp >> 44) & 0xffff) == asid) flushBank(hart, index);
  }
}

/** sfence.vma with an address: drops what was filled from the leaf that maps it, in the banks of an ASID or in all. */
export function flushAddress(hart: u32, address: u64, anyAsid: bool, asid: u64): void {
  for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) {
    const directory = hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY;
    if (anyAsid || ((load<u64>(directory, BANK_SATP) >> 44) & 0xffff) == asid)
      flushAddressInBank(directory, bankAddress(hart, index), address);
  }
}

/** A superpage leaf fills entries one 4 KiB page at a time, so its entries are looked for by their level. */
function flushAddressInBank(directory: u32, bank: u32, address: u64): void {
  const list = listAddress(bank);
  const filled = load<u32>(directory, BANK_FILLED);
  for (let i: u32 = 0; i < filled; i++) {
    const entry = bank + <u32>load<u16>(list + (i << 1)) * TLB_ENTRY_SIZE;
    const leafShift = <u64>(12 + 9 * (load<u32>(entry, TLB_CODE) & TLB_LEVEL_MASK));
    for (let tag: u32 = 0; tag < 24; tag += 8) {
      const page = load<u64>(entry + tag);
      if (page != ~(<u64>0) && (page ^ address) >> leafShift == 0) {
        invalidate(entry); // stays in the list, which does no harm
        break;
      }
    }
  }
}

/** Finds the bank of a context, taking one over in turn when there is none. */
function selectBank(hart: u32, satp: u64, key: u32): u32 {
  for (let index: u32 = 0; index < <u32>TLB_BANKS; index++) {
    const directory = hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY;
    if (load<u64>(directory, BANK_SATP) == satp && load<u32>(directory, BANK_KEY) == key)
      return bankAddress(hart, index);
  }
  return takeOverBank(hart, satp, key);
}

function takeOverBank(hart: u32, satp: u64, key: u32): u32 {
  let index = load<u32>(hart, HART_NEXT_BANK);
  // The bank in use for fetches stays: data accesses under MPRV would otherwise take it over.
  if (bankAddress(hart, index) == load<u32>(hart, HART_FETCH_TLB)) index = (index + 1) % TLB_BANKS;
  store<u32>(hart, (index + 1) % TLB_BANKS, HART_NEXT_BANK);
  flushBank(hart, index);
  const directory = hart + HART_BANKS + index * BANK_DIRECTORY_ENTRY;
  store<u64>(directory, satp, BANK_SATP);
  store<u32>(directory, key, BANK_KEY);
  return bankAddress(hart, index);
}

function contextBank(hart: u32, privilege: u32, status: u64): u32 {
  if (privilege == PRIVILEGE_MACHINE) return selectBank(hart, 0, PRIVILEGE_MACHINE);
  const sum: u32 = (status & MSTATUS_SUM) != 0 ? 4 : 0;
  const mxr: u32 = (status & MSTATUS_MXR) != 0 ? 8 : 0;
  return selectBank(hart, load<u64>(hart, HART_SATP), privilege | sum | mxr);
}

/** The privilege that loads and stores have: MPRV makes machine mode access memory as MPP says. */
export function dataPrivilege(hart: u32): u32 {
  const status = load<u64>(hart, HART_MSTATUS);
  const privilege = Hart.privilege(hart);
  const asPrevious = privilege == PRIVILEGE_MACHINE && (status & MSTATUS_MPRV) != 0;
  return asPrevious ? <u32>((status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT) : privilege;
}

/** Chooses the banks after privilege, satp, SUM, MXR, MPRV, MPP or strictness changed. */
export function selectBanks(hart: u32): void {
  const status = load<u64>(hart, HART_MSTATUS);
  const privilege = Hart.privilege(hart);
  const fetchBank = contextBank(hart, privilege, status);
  store<u32>(hart, fetchBank, HART_FETCH_TLB);
  const dataMode = dataPrivilege(hart);
  const dataBank = dataMode == privilege ? fetchBank : contextBank(hart, dataMode, status);
  store<u32>(hart, dataBank, HART_DATA_BANK);
  store<u32>(hart, load<u32>(hart, HART_STRICT) != 0 ? TLB_STRICT_BANK : dataBank, HART_DATA_TLB);
  refreshFloat(hart);
}

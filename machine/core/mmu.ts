// Address translation (privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System", "Sv48: …", and the
// extensions Svnapot and Svpbmt) and the filling of TLB entries. A and D bits are set by hardware, as QEMU does; a store to a
// clean page therefore walks once more.

import { checkedCodePage, codePage, storesChangeCode } from "./code";
import {
  CAUSE_FETCH_ACCESS,
  CAUSE_FETCH_PAGE,
  CAUSE_LOAD_ACCESS,
  CAUSE_LOAD_PAGE,
  CAUSE_STORE_ACCESS,
  CAUSE_STORE_PAGE,
  MSTATUS_MXR,
  MSTATUS_SUM,
  PTE_A,
  PTE_D,
  PTE_N,
  PTE_PBMT,
  PTE_R,
  PTE_RESERVED,
  PTE_U,
  PTE_V,
  PTE_W,
  PTE_X,
  RIGHT_EXECUTE,
  RIGHT_READ,
  RIGHT_WRITE,
  SATP_MODE_SV48,
  SATP_PPN,
} from "./encoding";
import { hasPageTypes } from "./environment";
import { Hart, Machine } from "./hart";
import { pmpIsUniform, pmpRights } from "./pmp";
import {
  EXIT_NONE,
  HART_DATA_BANK,
  HART_EXIT,
  HART_FETCH_TLB,
  HART_MSTATUS,
  HART_SATP,
  HART_TRANSLATED_ADDRESS,
  HART_TRANSLATED_LEVEL,
  HART_TRANSLATED_RIGHTS,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
  PRIVILEGE_USER,
  RAM_BASE,
  RAM_PHYSICAL,
  TLB_ADDEND,
  TLB_CODE,
  TLB_FETCH_TAG,
  TLB_READ_TAG,
  TLB_WATCHED,
  TLB_WRITE_TAG,
} from "./state";
import { dataPrivilege, noteFill, Tlb } from "./tlb";
import { isWatched } from "./watch";

const ALL_RIGHTS: u32 = 7;
const PAGE_OFFSET: u64 = 0xfff;
export const NOT_CACHED: u64 = 0; // not RAM
const NO_TAG: u64 = ~(<u64>0);
/** Low bits of the page number that say that a Svnapot range has 64 KiB, the only size there is. */
const NAPOT_MASK: u64 = 15;
const NAPOT_64K: u64 = 8;

/**
 * Translates a load (right = RIGHT_READ) or store (RIGHT_WRITE) of `bytes` bytes that do not cross a page, and caches
 * the translation. The guest physical address is left in HART_TRANSLATED_ADDRESS.
 * @returns false when the access faults; the exception is then recorded with `address` as its trap value.
 */
export function translateData(hart: u32, address: u64, bytes: u64, right: u32): bool {
  if (!translate(hart, address, bytes, right, dataPrivilege(hart))) return false;
  const rights = load<u32>(hart, HART_TRANSLATED_RIGHTS);
  const physicalPage = load<u64>(hart, HART_TRANSLATED_ADDRESS) & ~PAGE_OFFSET;
  if (rights != 0 && Machine.inRam(physicalPage, 4096)) {
    const entry = claimEntry(hart, load<u32>(hart, HART_DATA_BANK), address & ~PAGE_OFFSET, physicalPage);
    if ((rights & RIGHT_READ) != 0) store<u64>(entry, address & ~PAGE_OFFSET, TLB_READ_TAG);
    if ((rights & RIGHT_WRITE) != 0) {
      if (mustLookAtStores(physicalPage))
        store<u32>(entry, load<u32>(entry, TLB_CODE) | TLB_WATCHED, TLB_CODE);
      else store<u64>(entry, address & ~PAGE_OFFSET, TLB_WRITE_TAG);
    }
  }
  return true;
}

/**
 * Physical address of a load or store inside one page of RAM whose translation is cached; NOT_CACHED without one. Strict
 * slices and stores that must be looked at come here, though their hart has the translation.
 */
export function cachedTranslation(hart: u32, address: u64, right: u32): u64 {
  const entry = Tlb.entry(load<u32>(hart, HART_DATA_BANK), address);
  const page = address & ~PAGE_OFFSET;
  const physical = <u64>(<u32>address + load<u32>(entry, TLB_ADDEND) - RAM_BASE) + <u64>(<u32>RAM_PHYSICAL);
  if (right == RIGHT_READ) return load<u64>(entry, TLB_READ_TAG) == page ? physical : NOT_CACHED;
  if (load<u64>(entry, TLB_WRITE_TAG) == page) return physical;
  const wasWatched =
    load<u64>(entry, TLB_READ_TAG) == page && (load<u32>(entry, TLB_CODE) & TLB_WATCHED) != 0;
  return wasWatched && mustLookAtStores(physical & ~PAGE_OFFSET) ? physical : NOT_CACHED;
}

/** Whether stores to a physical page must take the slow path: somebody waits for one, or it may change decoded code. */
function mustLookAtStores(physicalPage: u64): bool {
  return isWatched(physicalPage) || storesChangeCode(physicalPage);
}

/** Whether a load or store would be allowed. An exception that this records is to be ignored. */
export function mayAccess(hart: u32, address: u64, bytes: u64, right: u32): bool {
  if (translate(hart, address, bytes, right, dataPrivilege(hart))) return true;
  store<u32>(hart, EXIT_NONE, HART_EXIT);
  return false;
}

/**
 * Translates an instruction fetch of `bytes` bytes that do not cross a page. Code must lie in RAM.
 * @returns false when it faults; the exception is recorded.
 */
export function translateFetch(hart: u32, address: u64, bytes: u64): bool {
  if (!translate(hart, address, bytes, RIGHT_EXECUTE, Hart.privilege(hart))) return false;
  if (Machine.inRam(load<u64>(hart, HART_TRANSLATED_ADDRESS), bytes)) return true;
  return Hart.raise(hart, CAUSE_FETCH_ACCESS, address);
}

/** Caches the translation of the page that pc is in. Returns the decoded page, or 0 when the fetch faults. */
export function fillFetch(hart: u32, pc: u64): u32 {
  if (!translateFetch(hart, pc, 2)) return 0;
  const physicalPage = load<u64>(hart, HART_TRANSLATED_ADDRESS) & ~PAGE_OFFSET;
  const isUniform = pmpIsUniform(hart, physicalPage, 4096);
  const page = isUniform ? codePage(physicalPage) : checkedCodePage(physicalPage);
  const entry = claimEntry(hart, load<u32>(hart, HART_FETCH_TLB), pc & ~PAGE_OFFSET, physicalPage);
  store<u64>(entry, pc & ~PAGE_OFFSET, TLB_FETCH_TAG);
  store<u32>(entry, page | load<u32>(hart, HART_TRANSLATED_LEVEL), TLB_CODE);
  return page;
}

/** The entry for a virtual page, emptied if another page had it. */
function claimEntry(hart: u32, bank: u32, page: u64, physicalPage: u64): u32 {
  const entry = Tlb.entry(bank, page);
  const addend = Machine.ramAddress(physicalPage) - <u32>page;
  const isOurs =
    load<u32>(entry, TLB_ADDEND) == addend &&
    (load<u64>(entry, TLB_READ_TAG) == page || load<u64>(entry, TLB_FETCH_TAG) == page);
  if (!isOurs) {
    noteFill(hart, bank, entry);
    store<u64>(entry, NO_TAG, TLB_READ_TAG);
    store<u64>(entry, NO_TAG, TLB_WRITE_TAG);
    store<u64>(entry, NO_TAG, TLB_FETCH_TAG);
    store<u32>(entry, addend, TLB_ADDEND);
    store<u32>(entry, load<u32>(hart, HART_TRANSLATED_LEVEL), TLB_CODE);
  }
  return entry;
}

/** Virtual to physical, with page-table and PMP permissions for `right`. */
function translate(hart: u32, address: u64, bytes: u64, right: u32, privilege: u32): bool {
  let rights: u32 = ALL_RIGHTS;
  if (privilege == PRIVILEGE_MACHINE || load<u64>(hart, HART_SATP) == 0) {
    store<u64>(hart, address, HART_TRANSLATED_ADDRESS);
    store<u32>(hart, 0, HART_TRANSLATED_LEVEL);
  } else {
    rights = walk(hart, address, right, privilege);
    if (rights == 0) return false;
  }
  const physical = load<u64>(hart, HART_TRANSLATED_ADDRESS);
  if ((pmpRights(hart, physical, bytes, privilege) & right) == 0) return accessFault(hart, right, address);
  const page = physical & ~PAGE_OFFSET;
  const cacheable = pmpIsUniform(hart, page, 4096) ? rights & pmpRights(hart, page, 4096, privilege) : 0;
  store<u32>(hart, cacheable, HART_TRANSLATED_RIGHTS);
  return true;
}

/** Walks the page table. Returns the rights the leaf gives now (with its D bit), or 0 after recording a fault. */
function walk(hart: u32, address: u64, right: u32, privilege: u32): u32 {
  const satp = load<u64>(hart, HART_SATP);
  const levels: i32 = satp >> 60 == SATP_MODE_SV48 ? 4 : 3;
  const unused = <i64>(52 - 9 * levels); // bits above the virtual address: they repeat its highest one
  if (<u64>(((<i64>address) << unused) >> unused) != address) return pageFault(hart, right, address);
  let table = (satp & SATP_PPN) << 12;
  for (let level: i32 = levels - 1; level >= 0; level--) {
    const entryAddress = table + (((address >> <u64>(12 + 9 * level)) & 511) << 3);
    const readable = pmpRights(hart, entryAddress, 8, PRIVILEGE_SUPERVISOR) & RIGHT_READ;
    if (readable == 0 || !Machine.inRam(entryAddress, 8)) return pteAccessFault(hart, right, address);
    const pte = load<u64>(Machine.ramAddress(entryAddress));
    const permissions = pte & (PTE_R | PTE_W | PTE_X);
    if ((pte & PTE_V) == 0 || (pte & PTE_RESERVED) != 0 || (permissions & (PTE_R | PTE_W)) == PTE_W) break;
    if (permissions != 0) return leaf(hart, address, right, privilege, level, entryAddress, pte);
    if ((pte & (PTE_A | PTE_D | PTE_U | PTE_N | PTE_PBMT)) != 0) break; // reserved in pointers
    table = ((pte >> 10) & SATP_PPN) << 12;
  }
  return pageFault(hart, right, address);
}

function leaf(
  hart: u32,
  address: u64,
  right: u32,
  privilege: u32,
  level: u32,
  entryAddress: u64,
  pte: u64,
): u32 {
  const rights = leafRights(pte, privilege, load<u64>(hart, HART_MSTATUS));
  const physical = leafAddress(hart, address, level, pte);
  if (physical == NOWHERE || (rights & right) == 0) return pageFault(hart, right, address);
  const updated = pte | PTE_A | (right == RIGHT_WRITE ? PTE_D : 0);
  if (updated != pte) {
    if ((pmpRights(hart, entryAddress, 8, PRIVILEGE_SUPERVISOR) & RIGHT_WRITE) == 0)
      return pteAccessFault(hart, right, address);
    store<u64>(Machine.ramAddress(entryAddress), updated);
  }
  store<u64>(hart, physical, HART_TRANSLATED_ADDRESS);
  store<u32>(hart, level, HART_TRANSLATED_LEVEL);
  // Without D, the first store must come back to set it.
  return (updated & PTE_D) == 0 ? rights & ~RIGHT_WRITE : rights;
}

/** No physical address has so many bits. */
const NOWHERE: u64 = ~(<u64>0);

/** Physical address that a leaf gives to a virtual one; NOWHERE if it is not aligned to its size, or of no known kind. */
function leafAddress(hart: u32, address: u64, level: u32, pte: u64): u64 {
  const type = pte & PTE_PBMT;
  if (type == PTE_PBMT || (type != 0 && !hasPageTypes(hart))) return NOWHERE;
  const pageNumber = (pte >> 10) & SATP_PPN;
  const pageShift = <u64>(12 + 9 * level);
  let offsetMask = ((<u64>1) << pageShift) - 1;
  if ((pte & PTE_N) != 0) {
    if (level != 0 || (pageNumber & NAPOT_MASK) != NAPOT_64K) return NOWHERE;
    offsetMask = (NAPOT_MASK << 12) | PAGE_OFFSET;
    return ((pageNumber << 12) & ~offsetMask) | (address & offsetMask);
  }
  const base = pageNumber << 12;
  return (base & offsetMask) != 0 ? NOWHERE : base | (address & offsetMask);
}

/** Rights a leaf gives to a privilege under SUM and MXR. */
function leafRights(pte: u64, privilege: u32, status: u64): u32 {
  let rights: u32 = 0;
  if ((pte & PTE_R) != 0 || ((pte & PTE_X) != 0 && (status & MSTATUS_MXR) != 0)) rights |= RIGHT_READ;
  if ((pte & PTE_W) != 0) rights |= RIGHT_WRITE;
  if ((pte & PTE_X) != 0) rights |= RIGHT_EXECUTE;
  const isUserPage = (pte & PTE_U) != 0;
  if (privilege == PRIVILEGE_USER) return isUserPage ? rights : 0;
  if (!isUserPage) return rights;
  return (status & MSTATUS_SUM) != 0 ? rights & ~RIGHT_EXECUTE : 0;
}

function pageFault(hart: u32, right: u32, address: u64): u32 {
  const cause =
    right == RIGHT_READ ? CAUSE_LOAD_PAGE : right == RIGHT_WRITE ? CAUSE_STORE_PAGE : CAUSE_FETCH_PAGE;
  Hart.raise(hart, cause, address);
  return 0;
}

function pteAccessFault(hart: u32, right: u32, address: u64): u32 {
  accessFault(hart, right, address);
  return 0;
}

/** Records the access fault of an access with `right`. Returns false for callers to return. */
export function accessFault(hart: u32, right: u32, address: u64): bool {
  const cause =
    right == RIGHT_READ ? CAUSE_LOAD_ACCESS : right == RIGHT_WRITE ? CAUSE_STORE_ACCESS : CAUSE_FETCH_ACCESS;
  return Hart.raise(hart, cause, address);
}

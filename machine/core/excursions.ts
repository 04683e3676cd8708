// The hot loop's short excursions: finding another page of code, fences, illegal instructions.
import { mayProceed } from "./bus";
import { codeBytes, decodeUnchecked, dropDecodedCode } from "./code";
import { PAGE_MASK } from "./cursor";
import { decode } from "./decode";
import { CAUSE_ILLEGAL } from "./encoding";
import { fenceOrdersMemoryToo } from "./environment";
import { Hart, Machine } from "./hart";
import { translateFetch } from "./mmu";
import {
  EXIT_FETCH,
  EXIT_RELOAD,
  HART_FETCH_TLB,
  HART_LEFT,
  HART_PC,
  HART_TRANSLATED_ADDRESS,
  TLB_CODE,
  TLB_FETCH_TAG,
  TLB_FLAGS,
} from "./state";
import { buffersStores, orderByFence, waitForAll } from "./store-buffer";
import { Tlb } from "./tlb";

/** Decoded page of a virtual address if the TLB has it, else 0. */
export function cachedPage(hart: u32, pc: u64): u32 {
  const entry = Tlb.entry(load<u32>(hart, HART_FETCH_TLB), pc);
  return load<u64>(entry, TLB_FETCH_TAG) == (pc & PAGE_MASK) ? load<u32>(entry, TLB_CODE) & ~TLB_FLAGS : 0;
}

/** Leaves the loop because the page of `pc` must be translated first. */
export function leaveForFetch(hart: u32, pc: u64, left: i32): void {
  store<i32>(hart, left, HART_LEFT);
  Hart.leave(hart, pc, EXIT_FETCH);
}

/** Joins the halves of an instruction that crosses a page. Returns 0 after recording a fault of the second half. */
export function decodeStraddling(hart: u32, pc: u64, code: u32, left: i32): u64 {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const first = <u32>load<u16>(code);
  if (!translateFetch(hart, pc + 2, 2)) return 0;
  const second = <u32>load<u16>(Machine.ramAddress(load<u64>(hart, HART_TRANSLATED_ADDRESS)));
  const word = first | (second << 16);
  return decode(word, word, 2);
}

/**
 * Checks the fetch of an instruction in a page that physical memory protection divides, one halfword after the other.
 * Returns its slot, or 0 after recording a fault.
 */
export function checkFetch(hart: u32, page: u32, ip: u32, pc: u64, left: i32): u64 {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (!translateFetch(hart, pc, 2)) return 0;
  const isLong = (load<u8>(codeBytes(page, ip)) & 3) == 3;
  const isWhole = (pc & 0xfff) != 0xffe; // the other half of one that crosses pages is checked when it is decoded
  if (isLong && isWhole && !translateFetch(hart, pc + 2, 2)) return 0;
  return decodeUnchecked(page, ip);
}

export function executeFence(hart: u32, word: u32, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (!mayProceed(hart)) return false;
  return !buffersStores() || orderByFence(hart, fenceOrdersMemoryToo(hart) ? withMemory(word) : word);
}

/** A fence's word with its I bits added to R, and its O bits to W. */
function withMemory(word: u32): u32 {
  return word | ((word & 0x0cc00000) >> 2);
}

export function executeFenceI(hart: u32, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  if (buffersStores() && !waitForAll(hart)) return false;
  dropDecodedCode();
  return Hart.leave(hart, pc + 4, EXIT_RELOAD);
}

export function raiseIllegal(hart: u32, slot: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  return Hart.raise(hart, CAUSE_ILLEGAL, slot >> 32);
}

/**
 * Raises an illegal-instruction exception for the instruction at HART_PC, whose bits the slot does not hold. Returns false,
 * after this exception or that of a page of code that has gone meanwhile.
 */
export function raiseIllegalInMemory(hart: u32): bool {
  const pc = load<u64>(hart, HART_PC);
  if (!translateFetch(hart, pc, 2)) return false;
  let bits = <u32>load<u16>(Machine.ramAddress(load<u64>(hart, HART_TRANSLATED_ADDRESS)));
  if ((bits & 3) == 3) {
    if (!translateFetch(hart, pc + 2, 2)) return false;
    bits |= (<u32>load<u16>(Machine.ramAddress(load<u64>(hart, HART_TRANSLATED_ADDRESS)))) << 16;
  }
  return Hart.raise(hart, CAUSE_ILLEGAL, <u64>bits);
}

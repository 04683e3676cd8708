// What the hot loop does with its locals: operands of the present slot, its position in the decoded page, TLB hits.

import { Op } from "./operation";
import { Slot } from "./slot";
import { CODE_SLOT_SIZE, HART_F, HART_PAGE_PC, TLB_ADDEND } from "./state";

export const PAGE_MASK: u64 = ~(<u64>0xfff);
const DECODED_PAGE: u32 = 2048 * CODE_SLOT_SIZE;
const CROSS_PAGE: u64 = <u64>(<u32>Op.CrossPage);

/** Register operands and results of a slot; `low` is its low half. */
export class Operand {
  @inline static first(hart: u32, low: u32): u64 {
    return load<u64>(hart + Slot.rs1(low));
  }

  @inline static second(hart: u32, low: u32): u64 {
    return load<u64>(hart + Slot.rs2(low));
  }

  @inline static set(hart: u32, low: u32, value: u64): void {
    store<u64>(hart + Slot.rd(low), value);
  }

  /** Sets rd to a 32-bit result, sign-extended. */
  @inline static setWord(hart: u32, low: u32, value: u32): void {
    store<i64>(hart + Slot.rd(low), <i64>(<i32>value));
  }

  @inline static address(hart: u32, slot: u64): u64 {
    return load<u64>(hart + Slot.rs1(<u32>slot)) + Slot.immediate(slot);
  }
}

/** The same of f registers. */
export class FloatOperand {
  @inline static second(hart: u32, low: u32): u64 {
    return load<u64>(hart + Slot.rs2(low), HART_F);
  }

  @inline static set(hart: u32, low: u32, value: u64): void {
    store<u64>(hart + Slot.rd(low), value, HART_F);
  }

  /** Sets rd to a single, boxed. */
  @inline static setSingle(hart: u32, low: u32, bits: u32): void {
    store<u64>(hart + Slot.rd(low), <u64>bits | ((<u64>0xffffffff) << 32), HART_F);
  }
}

export class Position {
  /** Virtual address of the present page. */
  @inline static pagePc(hart: u32): u64 {
    return load<u64>(hart, HART_PAGE_PC);
  }

  @inline static setPage(hart: u32, pc: u64): void {
    store<u64>(hart, pc & PAGE_MASK, HART_PAGE_PC);
  }

  /** pc of the slot at `ip`; also right for an `ip` that a branch has put outside the page. */
  @inline static pc(hart: u32, ip: u32, page: u32): u64 {
    return Position.pagePc(hart) + <u64>(<i64>(<i32>(ip - page) >> 2));
  }

  /** Slot address of a pc inside the page. */
  @inline static slot(page: u32, pc: u64): u32 {
    return page + ((<u32>pc & 0xffe) << 2);
  }

  /** Target of a pc-relative jump, as a slot address that may lie outside the page. */
  @inline static relative(ip: u32, slot: u64): u32 {
    return ip + ((<u32>(slot >> 32)) << 2);
  }

  /** The instruction at `ip`, or the one that looks for another page. */
  @inline static fetch(ip: u32, page: u32): u64 {
    return ip - page < DECODED_PAGE ? load<u64>(ip) : CROSS_PAGE;
  }
}

export class Hit {
  /** Whether an aligned access of size mask + 1 bytes hits an entry with this tag. */
  @inline static test(address: u64, mask: u64, tag: u64): bool {
    return tag == (address & (PAGE_MASK | mask));
  }

  @inline static memory(entry: u32, address: u64): u32 {
    return <u32>address + load<u32>(entry, TLB_ADDEND);
  }
}

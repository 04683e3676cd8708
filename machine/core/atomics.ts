// The A extension (unprivileged specification, chapter "A"). Atomics of all harts happen in the order of their clocks:
// each waits until no running hart is behind. Misaligned ones fault.

import { mayProceed } from "./bus";
import { forgetInstructions } from "./code";
import {
  CAUSE_LOAD_MISALIGNED,
  CAUSE_STORE_ACCESS,
  CAUSE_STORE_MISALIGNED,
  RIGHT_READ,
  RIGHT_WRITE,
} from "./encoding";
import { Hart, Machine } from "./hart";
import { accessFault, translateData } from "./mmu";
import { breakReservations } from "./observed-stores";
import { dropReservation, isReserved, reserve } from "./reservation";
import { Slot } from "./slot";
import {
  HART_DATA_BANK,
  HART_LEFT,
  HART_PC,
  HART_TRANSLATED_ADDRESS,
  RAM_BASE,
  RAM_PHYSICAL,
  TLB_ADDEND,
  TLB_READ_TAG,
  TLB_WRITE_TAG,
} from "./state";
import { buffersStores, waitForAtomic } from "./store-buffer";
import { Tlb } from "./tlb";

const RELEASE: u32 = 1 << 25;
const AMO_ADD: u32 = 0;
const AMO_SWAP: u32 = 1;
const LOAD_RESERVED: u32 = 2;
const STORE_CONDITIONAL: u32 = 3;
const AMO_XOR: u32 = 4;
const AMO_OR: u32 = 8;
const AMO_AND: u32 = 12;
const AMO_MIN: u32 = 16;
const AMO_MAX: u32 = 20;
const AMO_MINU: u32 = 24;

/** Executes an atomic instruction; parameters and result as for slowLoad. */
export function executeAtomic(hart: u32, slot: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const word = <u32>(slot >> 32);
  const operation = word >> 27;
  const isDouble = ((word >> 12) & 7) == 3;
  const address = load<u64>(hart + Slot.rs1(<u32>slot));
  const operand = load<u64>(hart + Slot.rs2(<u32>slot));
  if ((address & (isDouble ? 7 : 3)) != 0)
    return Hart.raise(
      hart,
      operation == LOAD_RESERVED ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED,
      address,
    );
  if (!mayProceed(hart)) return false;
  const memory = locate(
    hart,
    address,
    isDouble ? 8 : 4,
    operation == LOAD_RESERVED ? RIGHT_READ : RIGHT_WRITE,
  );
  if (memory == 0) return false;
  const physical = <u64>(memory - RAM_BASE) + <u64>(<u32>RAM_PHYSICAL);
  const isRelease = (word & RELEASE) != 0;
  if (buffersStores() && !waitForAtomic(hart, physical, isDouble ? 8 : 4, isRelease)) return false;
  const old = isDouble ? load<u64>(memory) : <u64>(<i64>load<i32>(memory));
  let result = old;
  if (operation == LOAD_RESERVED) reserve(hart, physical);
  else if (operation == STORE_CONDITIONAL) {
    result = isReserved(hart, physical) ? 0 : 1;
    dropReservation(hart);
    if (result == 0) write(hart, memory, physical, isDouble, operand);
  } else
    write(
      hart,
      memory,
      physical,
      isDouble,
      combine(operation, old, isDouble ? operand : <u64>(<i64>(<i32>operand))),
    );
  store<u64>(hart + Slot.rd(<u32>slot), result);
  return Hart.finish(hart, 4);
}

/** Memory address of the aligned word at a virtual address, or 0 after a fault. Atomics work on RAM only. */
function locate(hart: u32, address: u64, bytes: u64, right: u32): u32 {
  const entry = Tlb.entry(load<u32>(hart, HART_DATA_BANK), address);
  const tag = right == RIGHT_WRITE ? load<u64>(entry, TLB_WRITE_TAG) : load<u64>(entry, TLB_READ_TAG);
  if (tag == (address & ~(<u64>0xfff))) return <u32>address + load<u32>(entry, TLB_ADDEND);
  if (!translateData(hart, address, bytes, right)) return 0;
  const physical = load<u64>(hart, HART_TRANSLATED_ADDRESS);
  if (Machine.inRam(physical, bytes)) return Machine.ramAddress(physical);
  if (right == RIGHT_READ) accessFault(hart, RIGHT_READ, address);
  else Hart.raise(hart, CAUSE_STORE_ACCESS, address);
  return 0;
}

function write(hart: u32, memory: u32, physical: u64, isDouble: bool, value: u64): void {
  if (isDouble) store<u64>(memory, value);
  else store<u32>(memory, <u32>value);
  forgetInstructions(physical, isDouble ? 8 : 4);
  breakReservations(hart, physical, isDouble ? 8 : 4, Hart.clock(hart));
}

/** The word an AMO stores. 32-bit operands are sign-extended, which keeps signed and unsigned order. */
function combine(operation: u32, old: u64, operand: u64): u64 {
  switch (operation) {
    case AMO_SWAP:
      return operand;
    case AMO_ADD:
      return old + operand;
    case AMO_XOR:
      return old ^ operand;
    case AMO_OR:
      return old | operand;
    case AMO_AND:
      return old & operand;
    case AMO_MIN:
      return <i64>old < <i64>operand ? old : operand;
    case AMO_MAX:
      return <i64>old > <i64>operand ? old : operand;
    case AMO_MINU:
      return old < operand ? old : operand;
    default:
      return old > operand ? old : operand;
  }
}

// The floating-point environment of a hart: fcsr (unprivileged specification, chapter "F", "Floating-Point Control and Status
// Register") and mstatus.FS (privileged specification, "Extension Context Status"). Invariant: HART_FLOAT_TLB and
// HART_NATIVE_*, which the hot loop tests instead, agree with FS, fcsr and HART_DATA_TLB.
import { FLAG_INEXACT, MSTATUS_FS } from "./encoding";
import {
  HART_DATA_TLB,
  HART_FCSR,
  HART_FLOAT_TLB,
  HART_MSTATUS,
  HART_NATIVE_DOUBLE,
  HART_NATIVE_SINGLE,
  TLB_STRICT_BANK,
} from "./state";

export const FFLAGS: u32 = 0x1f;
export const FRM_SHIFT: u32 = 5;
/** All bits of fcsr that exist. */
export const FCSR: u32 = 0xff;

/** What the instruction being executed rounds by, and the flags it has raised so far. */
export class Rounding {
  static mode: u32 = 0;
  static flags: u32 = 0;

  @inline static raise(flags: u32): void {
    Rounding.flags |= flags;
  }
}

/** Whether mstatus.FS forbids floating-point instructions and CSRs. */
export function isFloatOff(hart: u32): bool {
  return (load<u64>(hart, HART_MSTATUS) & MSTATUS_FS) == 0;
}

/** Notes that floating-point state was written. */
export function markFloatDirty(hart: u32): void {
  const status = load<u64>(hart, HART_MSTATUS);
  if ((status & MSTATUS_FS) == MSTATUS_FS) return;
  store<u64>(hart, status | MSTATUS_FS, HART_MSTATUS);
  refreshFloat(hart);
}

/** Adds the flags an instruction has raised to fcsr, which makes the state dirty. */
export function accrueFlags(hart: u32): void {
  if (Rounding.flags == 0) return;
  markFloatDirty(hart);
  const old = load<u32>(hart, HART_FCSR);
  store<u32>(hart, old | Rounding.flags, HART_FCSR);
  if ((Rounding.flags & ~old & FLAG_INEXACT) != 0) refreshFloat(hart);
}

/** Writes the bits of fcsr that `mask` has. The host may while FS is Off, and does not turn the unit on by it. */
export function writeFcsr(hart: u32, value: u32, mask: u32): void {
  store<u32>(hart, (load<u32>(hart, HART_FCSR) & ~mask) | (value & mask), HART_FCSR);
  if (!isFloatOff(hart)) markFloatDirty(hart);
  refreshFloat(hart);
}

/** Derives what the hot loop tests, after mstatus.FS, fcsr or HART_DATA_TLB changed. */
export function refreshFloat(hart: u32): void {
  const isDirty = (load<u64>(hart, HART_MSTATUS) & MSTATUS_FS) == MSTATUS_FS;
  store<u32>(hart, isDirty ? load<u32>(hart, HART_DATA_TLB) : TLB_STRICT_BANK, HART_FLOAT_TLB);
  const fcsr = load<u32>(hart, HART_FCSR);
  const isNative = isDirty && fcsr >> FRM_SHIFT == 0 && (fcsr & FLAG_INEXACT) != 0;
  store<f32>(hart, isNative ? f32.POSITIVE_INFINITY : 0, HART_NATIVE_SINGLE);
  store<f64>(hart, isNative ? f64.POSITIVE_INFINITY : 0, HART_NATIVE_DOUBLE);
}

/** Entries for callers outside compiled code, which expect more registers to survive than compiled code preserves. */
import { Assembler } from "../assembler/assembler";
import type { Fragment } from "../assembler/instruction";
import { reg } from "../assembler/registers";
import { CALLEE_SAVED, FLOAT_CALLEE_SAVED, FLOAT_CALLER_SAVED, isMachineFloat } from "../backend/registers";

const FCSR = 0x003;

/** Stores a register of either class 8 · `slot` bytes above sp. */
function save(a: Assembler, register: number, slot: number): void {
  if (isMachineFloat(register)) a.fsd(register, reg.sp, 8 * slot);
  else a.sd(register, reg.sp, 8 * slot);
}

function restore(a: Assembler, register: number, slot: number): void {
  if (isMachineFloat(register)) a.fld(register, reg.sp, 8 * slot);
  else a.ld(register, reg.sp, 8 * slot);
}

/**
 * An entry to a function that preserves no registers because it may suspend: a psABI function `name` that saves s0–s11,
 * calls `body` with the arguments it got, and restores them.
 * @param onStack number of arguments on the stack
 * @param floats whether other stacks may use floating-point registers: then fs0–fs11 are saved, too
 */
export function preservingEntry(name: string, body: string, onStack: number, floats: boolean): Fragment {
  const a = new Assembler(name);
  const saved = [reg.ra, ...CALLEE_SAVED, ...(floats ? FLOAT_CALLEE_SAVED : [])];
  const frame = (8 * (onStack + saved.length) + 15) & ~15;
  a.addi(reg.sp, reg.sp, -frame);
  for (const [k, register] of saved.entries()) save(a, register, onStack + k);
  for (let k = 0; k < onStack; k++) {
    a.ld(reg.t0, reg.sp, frame + 8 * k);
    a.sd(reg.t0, reg.sp, 8 * k);
  }
  a.call(body);
  for (const [k, register] of saved.entries()) restore(a, register, onStack + k);
  a.addi(reg.sp, reg.sp, frame);
  a.ret();
  return a.finish();
}

/**
 * An entry to an interrupt handler that may use floating point, for interrupt entries that save integer registers only:
 * saves the floating-point registers a call may change, and fcsr, calls `handler` with the arguments it got, and restores them.
 */
export function floatPreservingEntry(name: string, handler: string): Fragment {
  const a = new Assembler(name);
  const saved = [reg.ra, ...FLOAT_CALLER_SAVED];
  const frame = (8 * (saved.length + 1) + 15) & ~15;
  a.addi(reg.sp, reg.sp, -frame);
  for (const [k, register] of saved.entries()) save(a, register, k);
  a.csrr(reg.t0, FCSR);
  save(a, reg.t0, saved.length);
  a.call(handler);
  restore(a, reg.t0, saved.length);
  a.csrw(FCSR, reg.t0);
  for (const [k, register] of saved.entries()) restore(a, register, k);
  a.addi(reg.sp, reg.sp, frame);
  a.ret();
  return a.finish();
}

/** Entries for callers outside compiled code to functions that preserve no registers because they may suspend. */
import { Assembler } from "../assembler/assembler";
import type { Fragment } from "../assembler/instruction";
import { reg } from "../assembler/registers";
import { ARGUMENT_REGISTERS, CALLEE_SAVED } from "../backend/registers";

/**
 * A psABI function `name` that saves s0–s11, calls `body` with the arguments it got, and restores them.
 * @param parameters number of parameters
 */
export function preservingEntry(name: string, body: string, parameters: number): Fragment {
  const a = new Assembler(name);
  const saved = [reg.ra, ...CALLEE_SAVED];
  const onStack = Math.max(0, parameters - ARGUMENT_REGISTERS.length);
  const frame = (8 * (onStack + saved.length) + 15) & ~15;
  a.addi(reg.sp, reg.sp, -frame);
  for (const [k, register] of saved.entries()) a.sd(register, reg.sp, 8 * (onStack + k));
  for (let k = 0; k < onStack; k++) {
    a.ld(reg.t0, reg.sp, frame + 8 * k);
    a.sd(reg.t0, reg.sp, 8 * k);
  }
  a.call(body);
  for (const [k, register] of saved.entries()) a.ld(register, reg.sp, 8 * (onStack + k));
  a.addi(reg.sp, reg.sp, frame);
  a.ret();
  return a.finish();
}

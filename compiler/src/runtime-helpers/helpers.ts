/** Run-time helpers: functions that compiled code calls and that are linked in only if something needs them. */
import { Assembler } from "../assembler/assembler";
import { type Fragment, fragment } from "../assembler/instruction";
import { reg } from "../assembler/registers";
import { floatConstant } from "../backend/float-constant";
import { registersOfSwitchHelper, switchInstructions } from "../backend/fragment";
import { CALLEE_SAVED, FLOAT_CALLEE_SAVED } from "../backend/registers";
import { CONTEXT_SWITCH } from "../wasm/intrinsics";
import { BIT_COUNTING } from "./bit-counting";
import { BULK_MEMORY } from "./bulk-memory";

/** Symbol of a function that traps; empty and mistyped table entries point to it. */
export const TRAP_FUNCTION = "__trap";

/** A helper given as IR, with the registers it may use (all, if absent). */
export interface IRHelper {
  text: string;
  registers?: readonly number[];
}

/** Registers for the bit-counting helpers: what their callers expect to change. */
const BIT_COUNTING_REGISTERS: readonly number[] = [reg.a0, reg.t0, reg.t1, reg.t2];

/** Saves ra, sp and s0–s11 at a0 (14 × 8 bytes), loads them from a1 and returns there. */
function contextSwitch(floats: boolean): Fragment {
  const a = new Assembler(CONTEXT_SWITCH);
  if (floats) leaveFloats(a);
  const saved = [reg.ra, reg.sp, ...CALLEE_SAVED];
  for (const [k, register] of saved.entries()) a.sd(register, reg.a0, 8 * k);
  for (const [k, register] of saved.entries()) a.ld(register, reg.a1, 8 * k);
  a.ret();
  if (floats) returnToFloats(a);
  return a.finish();
}

/** Where a context continues whose fs0–fs11 lie on its stack. */
const CONTEXT_RETURN = "__contextReturn";
const FLOAT_FRAME = (8 * (1 + FLOAT_CALLEE_SAVED.length) + 15) & ~15;

/** Pushes fs0–fs11 and ra, so that the context has its usual size, and continues at the code that takes them back. */
function leaveFloats(a: Assembler): void {
  a.addi(reg.sp, reg.sp, -FLOAT_FRAME);
  a.sd(reg.ra, reg.sp, 0);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fsd(register, reg.sp, 8 + 8 * k);
  a.la(reg.ra, CONTEXT_RETURN);
}

function returnToFloats(a: Assembler): void {
  a.global(CONTEXT_RETURN);
  a.ld(reg.ra, reg.sp, 0);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fld(register, reg.sp, 8 + 8 * k);
  a.addi(reg.sp, reg.sp, FLOAT_FRAME);
  a.ret();
}

/** Saves ra and sp at one register, loads them from another and returns there. */
function switchStack(name: string, from: number, to: number): Fragment {
  const helper = fragment(name);
  helper.items.push(...switchInstructions(from, to));
  return helper;
}

function trap(): Fragment {
  const a = new Assembler(TRAP_FUNCTION);
  a.unimp();
  return a.finish();
}

/**
 * The helper written in assembly with this name, if there is one.
 * @param floats whether the program uses floating-point registers
 */
export function assemblyHelper(name: string, floats: boolean): Fragment | undefined {
  if (name === CONTEXT_SWITCH) return contextSwitch(floats);
  const constant = floatConstant(name);
  if (constant) return constant;
  const registers = registersOfSwitchHelper(name);
  if (registers) return switchStack(name, registers.from, registers.to);
  if (name === TRAP_FUNCTION) return trap();
  return undefined;
}

/** The helper written as IR with this name, if there is one. */
export function irHelper(name: string): IRHelper | undefined {
  const counting = BIT_COUNTING[name];
  if (counting) return { text: counting, registers: BIT_COUNTING_REGISTERS };
  const bulk = BULK_MEMORY[name];
  return bulk ? { text: bulk } : undefined;
}

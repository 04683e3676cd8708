/** Register sets of the psABI (integer calling convention), as the register allocator and frame layout use them. */
import { reg } from "../assembler/registers";

/** Registers below this number are the machine's; from it on they are virtual. */
export const FIRST_VIRTUAL = 64;

/** No register. */
export const NONE = -1;

/** a0–a7. */
export const ARGUMENT_REGISTERS: readonly number[] = [
  reg.a0,
  reg.a1,
  reg.a2,
  reg.a3,
  reg.a4,
  reg.a5,
  reg.a6,
  reg.a7,
];

/** Registers a call may change. */
export const CALLER_SAVED: readonly number[] = [
  reg.ra,
  reg.t0,
  reg.t1,
  reg.t2,
  ...ARGUMENT_REGISTERS,
  reg.t3,
  reg.t4,
  reg.t5,
  reg.t6,
];

/** s0–s11. */
export const CALLEE_SAVED: readonly number[] = [
  reg.s0,
  reg.s1,
  reg.s2,
  reg.s3,
  reg.s4,
  reg.s5,
  reg.s6,
  reg.s7,
  reg.s8,
  reg.s9,
  reg.s10,
  reg.s11,
];

/** Registers that calls of functions that may suspend change: all the allocator hands out. */
export const SUSPENSION_CLOBBERS: readonly number[] = [...CALLER_SAVED, ...CALLEE_SAVED];

/** Order in which the allocator tries registers: those with compressed encodings that nobody saves come first. */
export const ALLOCATION_ORDER: readonly number[] = [
  reg.a5,
  reg.a4,
  reg.a3,
  reg.a2,
  reg.a1,
  reg.a0,
  reg.a6,
  reg.a7,
  reg.t0,
  reg.t1,
  reg.t2,
  reg.t3,
  reg.t4,
  reg.t5,
  reg.t6,
  ...CALLEE_SAVED,
];

/** Register sets of the psABI (lp64d), as the register allocator and frame layout use them. */
import { FIRST_FLOAT, freg, reg } from "../assembler/registers";

/** Registers below this number are the machine's, from FIRST_FLOAT on its floating-point ones; from it on they are virtual. */
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

/** fa0–fa7. */
export const FLOAT_ARGUMENT_REGISTERS: readonly number[] = [
  freg.fa0,
  freg.fa1,
  freg.fa2,
  freg.fa3,
  freg.fa4,
  freg.fa5,
  freg.fa6,
  freg.fa7,
];

/** Where floating-point results are. */
export const FLOAT_RESULT_REGISTER = freg.fa0;

/** Integer registers a call may change. */
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

const FLOAT_TEMPORARIES: readonly number[] = [
  freg.ft0,
  freg.ft1,
  freg.ft2,
  freg.ft3,
  freg.ft4,
  freg.ft5,
  freg.ft6,
  freg.ft7,
  freg.ft8,
  freg.ft9,
  freg.ft10,
  freg.ft11,
];

/** Floating-point registers a call may change. */
export const FLOAT_CALLER_SAVED: readonly number[] = [...FLOAT_ARGUMENT_REGISTERS, ...FLOAT_TEMPORARIES];

/** fs0–fs11. */
export const FLOAT_CALLEE_SAVED: readonly number[] = [
  freg.fs0,
  freg.fs1,
  freg.fs2,
  freg.fs3,
  freg.fs4,
  freg.fs5,
  freg.fs6,
  freg.fs7,
  freg.fs8,
  freg.fs9,
  freg.fs10,
  freg.fs11,
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

/** Integer registers that calls of functions that may suspend change: all the allocator hands out. */
export const SUSPENSION_CLOBBERS: readonly number[] = [...CALLER_SAVED, ...CALLEE_SAVED];

/** All floating-point registers. */
export const FLOAT_REGISTERS: readonly number[] = [...FLOAT_CALLER_SAVED, ...FLOAT_CALLEE_SAVED];

/** Registers a function must save before it uses them. */
export const PRESERVED: readonly number[] = [...CALLEE_SAVED, ...FLOAT_CALLEE_SAVED];

/** Whether a machine register is a floating-point one. */
export const isMachineFloat = (register: number): boolean =>
  register >= FIRST_FLOAT && register < FIRST_VIRTUAL;

/**
 * Order in which the allocator tries registers of a class: those with compressed encodings that nobody saves come first.
 */
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
  freg.fa5,
  freg.fa4,
  freg.fa3,
  freg.fa2,
  freg.fa1,
  freg.fa0,
  freg.fa6,
  freg.fa7,
  ...FLOAT_TEMPORARIES,
  ...FLOAT_CALLEE_SAVED,
];

/** What harts do, as numbers that can be subtracted: the machine's counters of one hart, or of several together. */
import type { Hart } from "@rel4/machine";

/** Counts of one hart. Cycles are its clock's: they go on while it waits. */
export interface Counts {
  /** Clock cycles, waiting included. */
  cycles: number;
  /** Cycles spent waiting in wfi (nothing retires meanwhile). */
  waitCycles: number;
  /** Retired instructions in all modes. */
  instructions: number;
  userInstructions: number;
  kernelInstructions: number;
  /** Traps into the kernel: system calls, interrupts, exceptions. */
  traps: number;
  /** Interrupts taken in user mode, the kernel not entered. */
  userInterrupts: number;
  /** `uipi send` instructions that reached a receiver. */
  uipiSends: number;
}

const FIELDS = [
  "cycles",
  "waitCycles",
  "instructions",
  "userInstructions",
  "kernelInstructions",
  "traps",
  "userInterrupts",
  "uipiSends",
] as const satisfies readonly (keyof Counts)[];

/** The counts of `hart` since power-on. */
export function countsOf(hart: Hart): Counts {
  const counters = hart.counters;
  return {
    cycles: Number(counters.cycles),
    waitCycles: Number(counters.waitCycles),
    instructions: Number(counters.instructions),
    userInstructions: Number(counters.instructionsIn.user),
    kernelInstructions: Number(counters.instructionsIn.supervisor + counters.instructionsIn.machine),
    traps: Number(counters.trapsTo.supervisor + counters.trapsTo.machine),
    userInterrupts: Number(counters.userInterrupts),
    uipiSends: Number(counters.uipiSends),
  };
}

function combine(a: Counts, b: Counts, operation: (a: number, b: number) => number): Counts {
  const result = { ...a };
  for (const field of FIELDS) result[field] = operation(a[field], b[field]);
  return result;
}

/** a − b, field by field. */
export const difference = (a: Counts, b: Counts): Counts => combine(a, b, (x, y) => x - y);

/** All harts together. */
export const sum = (parts: readonly Counts[]): Counts =>
  parts.reduce((a, b) => combine(a, b, (x, y) => x + y));

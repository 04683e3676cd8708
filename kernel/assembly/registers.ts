/** Moving a thread's registers between the hart and its context (`kernel/src/riscv/thread-context.ts`). */
import { type Assembler, reg } from "@rel4/compiler";

/** Byte offset of a register in the thread context. */
export const contextOffset = (register: number): number => 8 * register;

/** Stores x1…x31 at `base`, except the registers in `except`. */
export function storeRegisters(a: Assembler, base: number, except: readonly number[]): void {
  for (let register = 1; register < 32; register++) {
    if (!except.includes(register)) a.sd(register, base, contextOffset(register));
  }
}

/** Loads x1…x31 from `base`, `base` itself last. */
export function loadRegisters(a: Assembler, base: number): void {
  for (let register = 1; register < 32; register++) {
    if (register !== base) a.ld(register, base, contextOffset(register));
  }
  a.ld(base, base, contextOffset(base));
}

/** The registers that trap code keeps across calls into compiled code (callee-saved in the psABI). */
export const kept = {
  /** TCB of the thread that entered the kernel. */
  thread: reg.s0,
  /** scause of this entry. */
  cause: reg.s1,
  /** This hart's ticket of the kernel lock, while it holds it. */
  ticket: reg.s3,
  /** Address of the kernel lock, likewise. */
  lock: reg.s5,
} as const;

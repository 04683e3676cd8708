/**
 * Entry into the kernel from user mode, the way back, and the idle loop.
 *
 * `sscratch` holds the running thread's TCB in user mode and 0 in the kernel, which tells a kernel fault from a user
 * trap. Entry: save all registers in the TCB, take the kernel lock, dispatch. Call, ReplyRecv,
 * SignalWait, Recv and Send (a signal) try their fastpaths first. Exit: `current` of this hart's record is the thread to run, whoever chose it.
 * A thread that owns the FPU or has to do with user interrupts has flags; what they ask for is done out of line, before
 * the lock is taken and last thing on the way out.
 */
import { Assembler, type Fragment, reg } from "@rel4/compiler";
import { SYS_CALL, SYS_RECV, SYS_REPLY_RECV, SYS_SEND, SYS_SIGNAL_WAIT } from "../../abi/src/syscalls";
import {
  CAUSE_USER_ECALL,
  CSR_SCAUSE,
  CSR_SEPC,
  CSR_SSCRATCH,
  CSR_SSTATUS,
  CSR_STVAL,
  CSR_STVEC,
  SSTATUS_FS,
} from "../src/riscv/csr";
import {
  CONTEXT_FAULT_PC,
  CONTEXT_FLAGS,
  CONTEXT_FPU_STATUS,
  CONTEXT_HART,
  CONTEXT_PC,
  FLAG_FPU,
  FLAG_IDLE,
  FLAG_RECEIVER,
  HART_CURRENT,
  HART_GLOBAL_POINTER,
  HART_STALE_TRANSLATIONS,
} from "../src/riscv/layout";
import type { KernelConfiguration } from "./configuration";
import { EXIT_TO_USER, EXIT_TO_WAIT } from "./exits";
import { releaseLock, takeLock } from "./lock";
import { contextOffset, kept, loadRegisters, storeRegisters } from "./registers";

const ECALL_LENGTH = 4;
/** The syscon device in the device window, and what ends the machine with exit code 2. */
const SYSCON_ADDRESS = 0xffff_ffff_4010_0000n;
const SYSCON_FAILURE = 0x2_3333;

/** Saves the user's registers and makes this hart ready for compiled code: tp, sp, gp; `kept.thread`, `kept.cause`. */
function enterKernel(a: Assembler): void {
  a.csrrw(kept.thread, CSR_SSCRATCH, kept.thread);
  a.beqz(kept.thread, "faultInKernel");
  storeRegisters(a, kept.thread, [kept.thread]);
  a.csrrw(reg.t1, CSR_SSCRATCH, reg.zero);
  a.sd(reg.t1, kept.thread, contextOffset(kept.thread));
  a.csrr(reg.t1, CSR_SEPC);
  a.csrr(kept.cause, CSR_SCAUSE);
  a.sd(reg.t1, kept.thread, CONTEXT_FAULT_PC);
  a.lw(reg.tp, kept.thread, CONTEXT_HART);
  a.mv(reg.sp, reg.tp);
  a.ld(reg.gp, reg.tp, HART_GLOBAL_POINTER);
}

/** Takes the lock; goes to "stalled" when another hart has taken this hart's thread away meanwhile. */
function takeKernel(a: Assembler, scope: string): void {
  takeLock(a, scope);
  a.lw(reg.t1, reg.tp, HART_CURRENT);
  a.bne(reg.t1, kept.thread, "stalled");
}

/** System calls and the compiled functions that serve them quickly, when they can, in the order in which they are tried. */
type Fastpaths = [number: number, symbol: string][];

/** Those of all threads; a receiver of user interrupts has others where it would wait. */
function fastpaths({ syncIpc, fastpath }: KernelConfiguration, receiver: boolean): Fastpaths {
  if (!fastpath) return [];
  const messages: Fastpaths = [
    [SYS_CALL, "fastpathCall"],
    [SYS_REPLY_RECV, receiver ? "receiverReplyRecv" : "fastpathReplyRecv"],
  ];
  return [
    ...(syncIpc ? messages : []),
    [SYS_SIGNAL_WAIT, receiver ? "receiverSignalWait" : "fastpathSignalWait"],
    [SYS_RECV, receiver ? "receiverWait" : "fastpathWait"],
    [SYS_SEND, "fastpathSignal"],
  ];
}

/** Takes the lock and tries the fastpaths; goes to "resume" or "slowSyscall". a0, a1 and a7 are still the user's. */
function dispatch(a: Assembler, configuration: KernelConfiguration, receiver: boolean): void {
  const scope = receiver ? "receiver" : "syscall";
  a.label(scope);
  takeKernel(a, scope);
  for (const [number, symbol] of fastpaths(configuration, receiver)) {
    a.li(reg.t1, number);
    a.bne(reg.a7, reg.t1, `${scope}.not.${number}`);
    a.call(symbol);
    a.bnez(reg.a0, "resume");
    a.j("slowSyscall");
    a.label(`${scope}.not.${number}`);
  }
}

/** System calls: the fastpaths, then the rest. */
function systemCall(a: Assembler, configuration: KernelConfiguration): void {
  a.addi(reg.t1, reg.t1, ECALL_LENGTH);
  a.sd(reg.t1, kept.thread, CONTEXT_PC);
  a.lw(reg.t2, kept.thread, CONTEXT_FLAGS);
  a.bnez(reg.t2, "flaggedSyscall");
  dispatch(a, configuration, false);
  a.label("slowSyscall");
  a.ld(reg.a0, kept.thread, contextOffset(reg.a7));
  a.call("trapSyscall");
}

/** Back to user mode, to the thread that is now current. Expects the lock to be held. */
function resume(a: Assembler): void {
  a.label("resume");
  a.global("resumeCurrent");
  a.lw(kept.thread, reg.tp, HART_CURRENT);
  a.lw(reg.t2, kept.thread, CONTEXT_FLAGS);
  a.bnez(reg.t2, "special");
  a.label("leaveKernel");
  releaseLock(a, EXIT_TO_USER);
  a.ld(reg.t1, kept.thread, CONTEXT_PC);
  a.csrw(CSR_SSCRATCH, kept.thread);
  a.csrw(CSR_SEPC, reg.t1);
  loadRegisters(a, kept.thread);
  a.sret();
}

/**
 * A thread with flags (in t2) has entered the kernel: floating point is switched off. Goes to `done` when there is nothing
 * else to do. Overwrites t1 and t3.
 */
function leaveFpu(a: Assembler, done: string): void {
  const other = `${done}.withoutFpu`;
  a.andi(reg.t1, reg.t2, FLAG_FPU);
  a.beqz(reg.t1, other);
  a.li(reg.t1, SSTATUS_FS);
  a.csrrc(reg.t3, CSR_SSTATUS, reg.t1);
  a.and(reg.t3, reg.t3, reg.t1);
  a.sw(reg.t3, kept.thread, CONTEXT_FPU_STATUS);
  a.andi(reg.t1, reg.t2, ~FLAG_FPU);
  a.beqz(reg.t1, done);
  a.label(other);
}

/** A thread with flags (in t2) is about to leave the kernel: floating point is as it was. Goes to `done` as `leaveFpu`. */
function enterFpu(a: Assembler, done: string): void {
  const other = `${done}.withoutFpu`;
  a.andi(reg.t1, reg.t2, FLAG_FPU);
  a.beqz(reg.t1, other);
  a.lw(reg.t1, kept.thread, CONTEXT_FPU_STATUS);
  a.csrs(CSR_SSTATUS, reg.t1);
  a.andi(reg.t1, reg.t2, ~FLAG_FPU);
  a.beqz(reg.t1, done);
  a.label(other);
}

/** Interrupts and exceptions from user mode. */
function otherTraps(a: Assembler, { fpu, userInterrupts }: KernelConfiguration): void {
  a.label("notSyscall");
  a.sd(reg.t1, kept.thread, CONTEXT_PC);
  a.lw(reg.t2, kept.thread, CONTEXT_FLAGS);
  a.beqz(reg.t2, "trap");
  if (fpu) leaveFpu(a, "trap");
  if (userInterrupts) {
    a.mv(reg.a0, kept.thread);
    a.call("leaveUserInterrupts");
  }
  a.label("trap");
  a.csrr(reg.s4, CSR_STVAL);
  takeKernel(a, "trap");
  a.bltz(kept.cause, "interrupt");
  a.mv(reg.a0, kept.cause);
  a.mv(reg.a1, reg.s4);
  a.call("trapException");
  a.j("resume");
  a.label("interrupt");
  a.call("trapInterrupt");
  a.j("resume");
}

/** A system call of a thread that has to do with user interrupts; a receiver has fast paths of its own. */
function leaveReceiver(a: Assembler, configuration: KernelConfiguration): void {
  a.mv(reg.a0, kept.thread);
  a.call("leaveUserInterrupts");
  for (const register of [reg.a0, reg.a1, reg.a7]) a.ld(register, kept.thread, contextOffset(register));
  a.lw(reg.t2, kept.thread, CONTEXT_FLAGS);
  a.andi(reg.t2, reg.t2, FLAG_RECEIVER);
  a.beqz(reg.t2, "syscall");
  dispatch(a, configuration, true);
  a.j("slowSyscall");
}

/** This hart ran no thread for a while: it forgets the translations that may have changed (src/riscv/translations.ts). */
function forgetTranslations(a: Assembler, scope: string): void {
  a.lw(reg.t1, reg.tp, HART_STALE_TRANSLATIONS);
  a.beqz(reg.t1, `${scope}.fresh`);
  a.sw(reg.zero, reg.tp, HART_STALE_TRANSLATIONS);
  a.sfenceVma();
  a.label(`${scope}.fresh`);
}

/** Threads with flags, the idle thread among them, and a thread that another hart took away. */
function slowWays(a: Assembler, configuration: KernelConfiguration): void {
  a.label("flaggedSyscall");
  if (configuration.fpu) leaveFpu(a, "syscall");
  if (configuration.userInterrupts) leaveReceiver(a, configuration);
  else a.j("syscall");

  a.label("stalled");
  forgetTranslations(a, "stalled");
  a.call("trapStalled");
  a.j("resume");

  a.label("special");
  if (configuration.fpu) enterFpu(a, "leaveKernel");
  a.andi(reg.t2, reg.t2, FLAG_IDLE);
  a.bnez(reg.t2, "idle");
  if (configuration.userInterrupts) {
    a.mv(reg.a0, kept.thread);
    a.call("enterUserInterrupts");
  }
  a.j("leaveKernel");
}

/**
 * The idle loop: waits without the lock, in the kernel's own address space.
 * Interrupts are off in sstatus, so `wfi` continues behind itself when one is pending.
 */
function idle(a: Assembler): void {
  a.label("idle");
  releaseLock(a, EXIT_TO_WAIT);
  a.wfi();
  takeLock(a, "idle");
  forgetTranslations(a, "idle");
  a.call("trapIdle");
  a.j("resume");
}

/** A fault inside the kernel: report it and stop the machine. A further fault while reporting stops it at once. */
function faultInKernel(a: Assembler): void {
  a.label("faultInKernel");
  a.la(reg.t1, "faultWhileReporting");
  a.csrw(CSR_STVEC, reg.t1);
  a.csrr(reg.a0, CSR_SCAUSE);
  a.csrr(reg.a1, CSR_SEPC);
  a.csrr(reg.a2, CSR_STVAL);
  a.mv(reg.a3, reg.ra);
  // The stack may be what is broken; nobody returns to it.
  a.mv(reg.sp, reg.tp);
  a.call("kernelFault");
  a.align(4);
  a.global("faultWhileReporting");
  a.li(reg.t0, SYSCON_ADDRESS);
  a.li(reg.t1, SYSCON_FAILURE);
  a.sw(reg.t1, reg.t0, 0);
  a.label("stop");
  a.wfi();
  a.j("stop");
}

/** `trapEntry` with `resumeCurrent` inside, where boot enters user mode for the first time. */
export function trapFragment(configuration: KernelConfiguration): Fragment {
  const a = new Assembler("trapEntry");
  enterKernel(a);
  a.li(reg.t2, CAUSE_USER_ECALL);
  a.bne(kept.cause, reg.t2, "notSyscall");
  systemCall(a, configuration);
  resume(a);
  otherTraps(a, configuration);
  slowWays(a, configuration);
  idle(a);
  faultInKernel(a);
  return a.finish();
}

// What the kernel's assembly calls (kernel/assembly/trap.ts). The kernel lock is held, except in `leaveUserInterrupts`
// and `kernelFault`.

import { csrClear, csrRead } from "rv";
import {
  handleFault,
  handleInterrupt,
  handleReschedule,
  handleSyscall,
  handleTimer,
  handleUseOfFpu,
} from "../traps";
import { Console, powerOff } from "./console";
import {
  CAUSE_ILLEGAL_INSTRUCTION,
  CSR_SIE,
  CSR_SIP,
  IP_EXTERNAL,
  IP_SOFTWARE,
  IP_TIMER,
  IP_USER_SOFTWARE,
} from "./csr";
import { HartContext } from "./hart-context";
import { IrqState } from "./irq-state";
import { Plic } from "./plic";
import { Timer } from "./timer";
import { UserInterrupts } from "./user-interrupts";
import { WatchedReceivers } from "./watched-receivers";

export { bootMain, bootSecondary } from "./boot";

const EXIT_KERNEL_FAULT: u32 = 1;

/** A system call that no fastpath took; `number` is register a7. */
export function trapSyscall(number: u64): void {
  handleSyscall(<i64>number);
  endEntry();
}

/** A fault of the running thread: scause and stval. */
export function trapException(cause: u64, address: u64): void {
  if (cause == CAUSE_ILLEGAL_INSTRUCTION && handleUseOfFpu()) return;
  handleFault(cause, address);
  endEntry();
}

/** Interrupts arrived while a thread ran. */
export function trapInterrupt(): void {
  serveInterrupts();
  endEntry();
}

/** Another hart took this hart's thread away while it waited for the lock. */
export function trapStalled(): void {
  handleReschedule();
  endEntry();
}

/** The hart stopped waiting. */
export function trapIdle(): void {
  serveInterrupts();
  endEntry();
}

/** A thread with user interrupts entered the kernel. The lock is not held yet. */
export function leaveUserInterrupts(tcb: u32): void {
  UserInterrupts.leave(tcb);
}

/** A thread with user interrupts goes back to user mode. */
export function enterUserInterrupts(tcb: u32): void {
  UserInterrupts.enter(tcb);
  // Waiting receivers may have had to make way for this one, and a fast path does not start the tick.
  if (WatchedReceivers.needPolling()) Timer.update();
}

/** The kernel itself faulted: a defect. Says where and ends the machine. */
export function kernelFault(cause: u64, pc: u64, address: u64, returnAddress: u64): void {
  Console.write("\nkernel fault on hart ");
  Console.writeDecimal(HartContext.get().index);
  Console.write(": cause ");
  Console.writeDecimal(cause);
  Console.write(", pc ");
  Console.writeHex(pc);
  Console.write(", address ");
  Console.writeHex(address);
  Console.write(", called from ");
  Console.writeHex(returnAddress);
  Console.putChar(10);
  powerOff(EXIT_KERNEL_FAULT);
}

/** Before this hart leaves the kernel. */
function endEntry(): void {
  WatchedReceivers.place();
  Timer.update();
}

/** Serves everything that is pending on this hart. */
function serveInterrupts(): void {
  const pending = csrRead(CSR_SIP) & csrRead(CSR_SIE);
  if ((pending & (IP_SOFTWARE | IP_USER_SOFTWARE)) != 0) {
    csrClear(CSR_SIP, IP_SOFTWARE);
    handleReschedule();
  }
  if ((pending & IP_TIMER) != 0) {
    handleTimer(Timer.fired());
  }
  if ((pending & IP_EXTERNAL) != 0) serveDevices();
}

/** Signals the handlers of all device interrupts that wait. */
function serveDevices(): void {
  for (let irq = Plic.claim(); irq != 0; irq = Plic.claim()) {
    IrqState.claimed(irq);
    handleInterrupt(irq);
  }
}

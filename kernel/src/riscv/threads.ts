// Threads on other harts: taking one away, telling a hart to schedule again.
//
// All under the kernel lock. A hart that waits for the lock has saved its thread's registers and answers there; a hart
// in user mode is brought into the kernel by an interrupt from the firmware.

import { csrRead, fence, load32, load64, pause } from "rv";
import { CSR_SIE, CSR_SIP } from "./csr";
import { Firmware } from "./firmware";
import { HartContext } from "./hart-context";
import { GIVE_UP_THREAD, HART_GIVE_UP } from "./layout";
import { kernelLock } from "./link";
import { ThreadContext } from "./thread-context";

/** The ticket being served, in the word that begins with the next ticket. */
const LOCK_SERVING_SHIFT: u64 = 32;

const READ: u32 = 2;
const WRITE: u32 = 1;
const READ_WRITE: u32 = 3;

export class Threads {
  /**
   * If the thread runs on another hart, that hart stops running it and leaves its address space: the registers are
   * then in its TCB, and the trap that brought it into the kernel has not happened (it is made again when the thread
   * goes on).
   */
  static stall(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    const hart = changetype<HartContext>(thread.hart);
    if (thread.hart == 0 || hart == HartContext.get() || hart.current != tcb) return;
    hart.current = hart.idle;
    Threads.demand(hart, GIVE_UP_THREAD);
    thread.pc = thread.faultPc;
  }

  /** Another hart comes into the kernel, or is there already, and gives up GIVE_UP_*; returns when it has done so. */
  static demand(hart: HartContext, what: u32): void {
    hart.giveUp = what;
    fence(WRITE, READ_WRITE);
    Firmware.sendInterrupt(hart.hartId);
    const giveUp = <u64>(<i64>(<i32>(changetype<u32>(hart) + HART_GIVE_UP)));
    while (load32(giveUp) != 0) pause();
    fence(READ, READ_WRITE);
  }

  /** Moves a thread that runs nowhere and waits in no ready queue to another hart. */
  static migrate(tcb: u32, index: u32): void {
    changetype<ThreadContext>(tcb).hart = changetype<u32>(HartContext.at(index));
  }

  /** Another hart looks at its ready queues soon. */
  static rescheduleHart(index: u32): void {
    fence(WRITE, READ_WRITE);
    Firmware.sendInterrupt(HartContext.at(index).hartId);
  }

  /** Does another hart wait for the kernel lock? */
  @inline static othersWaitForKernel(): bool {
    const tickets = load64(kernelLock());
    return <u32>tickets - <u32>(tickets >> LOCK_SERVING_SHIFT) > 1;
  }

  /** Does an interrupt wait for this hart? Asked at preemption points. */
  @inline static interruptPending(): bool {
    return (csrRead(CSR_SIP) & csrRead(CSR_SIE)) != 0;
  }
}

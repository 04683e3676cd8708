/**
 * Counters a program can read without entering the kernel.
 *
 * They count for the hart, not for the program: meaningful differences need the program alone on its hart, or count
 * everybody who shared it. The two event counters read 0 on machines whose firmware does not program them.
 */
import { csrRead, rdcycle } from "rv";
import { CSR_HPMCOUNTER3, CSR_HPMCOUNTER4 } from "./rv-registers";

export class Counters {
  /** Cycles this hart has run. */
  @inline static cycles(): u64 {
    return rdcycle();
  }
  /** Traps this hart has taken into the kernel. */
  @inline static traps(): u64 {
    return csrRead(CSR_HPMCOUNTER3);
  }
  /** User interrupts this hart has taken in user mode. */
  @inline static userInterrupts(): u64 {
    return csrRead(CSR_HPMCOUNTER4);
  }
}

// Preemption points: long operations stop here when an interrupt waits, or another hart for the kernel (with its interrupts
// off). The system call is then made again, and goes on where it stopped because its progress is kept in the objects it changes.

import { WORK_UNITS_PER_PREEMPTION } from "../../abi/src/config";
import { OK, PREEMPTED } from "./errors";
import { Hart } from "./hart";
import { Threads } from "./riscv/threads";

/** One unit of work is done: OK to go on, or PREEMPTED. */
export function preemptionPoint(): u32 {
  const hart = Hart.current();
  hart.workUnits += 1;
  if (hart.workUnits < <u32>WORK_UNITS_PER_PREEMPTION) return OK;
  hart.workUnits = 0;
  return Threads.interruptPending() || Threads.othersWaitForKernel() ? PREEMPTED : OK;
}

/** What cannot stop in between has done as much as `units` units of work: the next preemption point looks that much sooner. */
export function countWork(units: u32): void {
  Hart.current().workUnits += units;
}

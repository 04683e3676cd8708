/** Waiting in user mode, so that the other programs reach the state in which the next operation is to find them. */
import { rdcycle } from "rv";

/** Runs on for `cycles`. */
export function spin(cycles: u64): void {
  const end = rdcycle() + cycles;
  while (rdcycle() < end) {}
}

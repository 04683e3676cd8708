/**
 * Points the laboratory looks at: where an operation begins and ends.
 *
 * Each is one instruction, a read of a counter that nothing else in these programs reads. The host finds it in the compiled
 * program (src/experiments/notify/markers.ts) and has the machine report when it is executed. It belongs to the
 * operation: the first instruction of what is measured, or the first one behind it.
 */
import { csrRead, ecall } from "rv";
import { SYS_GET_FEATURES } from "../../../abi/src/syscalls";
import { ANNOUNCEMENT, BEGIN_COUNTER, END_COUNTER } from "./stage-protocol";

export class Stages {
  /** Tells the host that this address space is the program's with this number in the experiment. */
  static announce(program: u32): void {
    ecall(program, 0, 0, 0, 0, 0, ANNOUNCEMENT, SYS_GET_FEATURES);
  }

  /** The operation begins with the next instruction. */
  @inline static begin(): void {
    csrRead(BEGIN_COUNTER);
  }

  /** The operation is over. */
  @inline static end(): void {
    csrRead(END_COUNTER);
  }
}

/**
 * Marks: a program shows the laboratory between which two moments to count.
 *
 * A mark is one cheap system call, which the host sees as the hart traps. Its own cost is measured and subtracted.
 */
import { ecall } from "rv";
import { SYS_GET_FEATURES } from "../../abi/src/syscalls";
import { MARK, MARK_BEGIN, MARK_CALIBRATE, MARK_END } from "./mark-protocol";

export class Window {
  /** Opens window `id`: what any hart does from now on is counted. */
  static open(id: u32 = 0): void {
    ecall(MARK_CALIBRATE, id, 0, 0, 0, 0, MARK, SYS_GET_FEATURES);
    ecall(MARK_BEGIN, id, 0, 0, 0, 0, MARK, SYS_GET_FEATURES);
  }

  /** Closes the window. @param operations how many operations were done since it was opened */
  static close(operations: u32): void {
    ecall(MARK_END, operations, 0, 0, 0, 0, MARK, SYS_GET_FEATURES);
  }
}

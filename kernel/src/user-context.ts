// Registers in the order of the user-visible context (pc ra sp gp s0–s11 a0–a7 t0–t6 tp), which is not the order of
// register numbers.

import { CONTEXT_PC } from "../../abi/src/user-context";
import { Tcb } from "./tcb";

/** Register number of each word of a user context; word 0 is the program counter. */
const REGISTER_OF_WORD = <u32>(
  memory.data<u8>([
    0, 1, 2, 3, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 10, 11, 12, 13, 14, 15, 16, 17, 5, 6, 7, 28, 29,
    30, 31, 4,
  ])
);

export class UserContext {
  /** Word `index` of a thread's context. The program counter is where the thread entered the kernel. */
  static word(thread: Tcb, index: u32): u64 {
    if (index == CONTEXT_PC) return thread.faultPc;
    return thread.register(load<u8>(REGISTER_OF_WORD + index));
  }

  /** Sets a word. The program counter takes effect when the thread restarts, or through `commitPc`. */
  static setWord(thread: Tcb, index: u32, value: u64): void {
    if (index == CONTEXT_PC) thread.faultPc = value;
    else thread.setRegister(load<u8>(REGISTER_OF_WORD + index), value);
  }

  /** The thread continues at the program counter that was set. */
  @inline static commitPc(thread: Tcb): void {
    thread.pc = thread.faultPc;
  }
}

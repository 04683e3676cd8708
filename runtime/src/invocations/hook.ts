/** Lets the asynchronous runtime take over invocations: installed by `SystemCalls.start` (rel4/async/system-calls). */

/** Index of `(slot, info, word0, word1, word2, word3) => bool`, or 0: every invocation is a system call. */
let hook: u32 = 0;

export class InvocationHook {
  static install(taker: u32): void {
    hook = taker;
  }

  /** Gives an invocation to whoever took over; false when it must be made as a system call. Results are left in `Message`. */
  @inline static takes(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): bool {
    return hook != 0 && call_indirect<bool>(hook, slot, info, word0, word1, word2, word3);
  }
}

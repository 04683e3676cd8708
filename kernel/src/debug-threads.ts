// The list of all threads, for debugging: names, and what they are doing.

import { TCB_NAME, TCB_NAME_LENGTH, Tcb } from "./tcb";

export class ThreadList {
  private static first: u32 = 0;

  @inline static get head(): u32 {
    return ThreadList.first;
  }

  static add(thread: Tcb): void {
    thread.debugPrevious = 0;
    thread.debugNext = ThreadList.first;
    if (ThreadList.first) Tcb.at(ThreadList.first).debugPrevious = thread.address;
    ThreadList.first = thread.address;
  }

  static remove(thread: Tcb): void {
    const previous = thread.debugPrevious;
    const next = thread.debugNext;
    if (previous) Tcb.at(previous).debugNext = next;
    else if (ThreadList.first == thread.address) ThreadList.first = next;
    if (next) Tcb.at(next).debugPrevious = previous;
    thread.debugPrevious = 0;
    thread.debugNext = 0;
  }

  /** Names a thread by up to TCB_NAME_LENGTH - 1 bytes at `name`, ended by 0. */
  static setName(thread: Tcb, name: u32): void {
    const target = thread.address + TCB_NAME;
    let i: u32 = 0;
    while (i < TCB_NAME_LENGTH - 1) {
      const byte = load<u8>(name + i);
      if (byte == 0) break;
      store<u8>(target + i, byte);
      i++;
    }
    store<u8>(target + i, 0);
  }
}

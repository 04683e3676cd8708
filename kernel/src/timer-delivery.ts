// The timer system call, and what happens when a thread's deadline comes.

import { USER_INTERRUPTS } from "../../abi/src/config";
import { ILLEGAL_OPERATION, NO_ERROR } from "../../abi/src/errors";
import { TIMER_BADGE } from "../../abi/src/syscalls";
import { Notification } from "./endpoint-object";
import { Hart } from "./hart";
import { Signals } from "./notification";
import { UserInterrupts } from "./riscv/user-interrupts";
import { Tcb } from "./tcb";
import { ThreadTimers } from "./thread-timers";
import { UserNotifications } from "./user-notification";

/**
 * SetTimer by the current thread: its deadline is its a0, 0 takes it back. One that has passed comes at once.
 * a0 = IllegalOperation, with nothing changed, when the thread has no bound notification to be told by.
 * @param now ticks of `time`
 */
export function handleSetTimer(now: u64): void {
  const thread = Hart.current().thread;
  const deadline = thread.a0;
  if (deadline != 0 && thread.boundNotification == 0) {
    thread.a0 = ILLEGAL_OPERATION;
    return;
  }
  thread.a0 = NO_ERROR;
  const passed = deadline != 0 && deadline <= now;
  ThreadTimers.set(thread, passed ? 0 : deadline);
  if (passed) deliver(thread);
}

/** Delivers the deadlines of a hart's threads that have passed by `now`. */
export function deliverTimers(hart: Hart, now: u64): void {
  for (let due = ThreadTimers.takeExpired(hart, now); due != 0; due = ThreadTimers.takeExpired(hart, now))
    deliver(Tcb.at(due));
}

/**
 * Tells a thread that its deadline has come: as Signal would while it waits, or by user interrupt if it takes those. A
 * thread that has no bound notification any more is not told.
 */
function deliver(thread: Tcb): void {
  const bound = thread.boundNotification;
  if (bound == 0) return;
  const notification = Notification.at(bound);
  if (
    USER_INTERRUPTS &&
    notification.receiverThread == thread.address &&
    !UserNotifications.waitsForInterrupt(thread)
  ) {
    UserInterrupts.send(thread.address, <u32>ctz<u64>(TIMER_BADGE));
  } else {
    Signals.send(notification, TIMER_BADGE);
  }
}

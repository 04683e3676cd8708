// The fast path of Signal (Send on a notification), after which the caller goes on: nobody is woken, or a thread that is
// not more important than what this hart runs, or belongs to another hart, which is interrupted if need be. On one hart these
// are the conditions of seL4's signal fastpath, without scheduling contexts; beyond them, what would start a timer or run
// an asynchronous handler is for the general path. Every condition is checked first; when one fails nothing has changed.

import { CAP_NOTIFICATION } from "../../abi/src/capability-tags";
import { FASTPATH, SYNC_IPC } from "../../abi/src/config";
import { NOTIFICATION_REGISTER_SENDER } from "../../abi/src/labels";
import {
  MESSAGE_EXTRA_CAPS_MASK,
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LABEL_SHIFT,
} from "../../abi/src/message-info";
import { RIGHT_WRITE } from "../../abi/src/rights";
import { Slot } from "./capability";
import { FastLookup } from "./cspace";
import { Domains } from "./domains";
import {
  Endpoint,
  NOTIFICATION_ACTIVE,
  NOTIFICATION_IDLE,
  NOTIFICATION_WAITING,
  Notification,
} from "./endpoint-object";
import { Hart } from "./hart";
import { ReadyHandlers } from "./ready-handlers";
import { ReadyQueue } from "./ready-queue";
import { Scheduler } from "./scheduler";
import { TCB_SLOT_CTABLE, Tcb, THREAD_BLOCKED_ON_RECEIVE, THREAD_RUNNING } from "./tcb";
import { WaitQueue } from "./wait-queue";

/** A capability that is missing would be a fault. */
const EXTRA_CAPS: u64 = MESSAGE_EXTRA_CAPS_MASK << MESSAGE_EXTRA_CAPS_SHIFT;

/** Signals the notification that capability `pointer` names. Returns 1 when done, 0 when the general path must do it. */
export function fastpathSignal(pointer: u64, info: u64): u32 {
  if (!FASTPATH) return 0;
  // From this label on, messages to notifications are ReL4's own requests.
  if ((info & EXTRA_CAPS) != 0 || info >> MESSAGE_LABEL_SHIFT >= <u64>NOTIFICATION_REGISTER_SENDER) return 0;
  const hart = Hart.current();
  const found = FastLookup.slot(hart.thread.slot(TCB_SLOT_CTABLE), pointer);
  if (found == 0) return 0;
  const cap = Slot.at(found);
  if (!cap.is(CAP_NOTIFICATION, RIGHT_WRITE)) return 0;
  const notification = Notification.at(cap.object);
  const state = notification.state;
  if (state == NOTIFICATION_WAITING) return wake(hart, Tcb.at(notification.head), cap.data);
  if (state == NOTIFICATION_IDLE) {
    const bound = notification.boundTcb;
    if (SYNC_IPC && bound != 0 && Tcb.at(bound).state == THREAD_BLOCKED_ON_RECEIVE)
      return wake(hart, Tcb.at(bound), cap.data);
    notification.badge = cap.data;
    notification.state = NOTIFICATION_ACTIVE;
  } else {
    notification.badge |= cap.data;
  }
  return 1;
}

/** Gives the signal to a thread that waits in the queue of `blockingObject`, unless this hart would run it at once. */
function wake(hart: Hart, thread: Tcb, badge: u64): u32 {
  if (thread.hart != hart.address) {
    deliver(thread, badge);
    ReadyQueue.prepend(thread);
    if (hart.reschedulePending) Scheduler.notifyHarts(hart);
    return 1;
  }
  if (!Domains.mayRun(thread)) return 0;
  const running = hart.thread.priority;
  const equal = thread.priority == running;
  if (thread.priority > running || (equal && hart.timerArmed == 0) || ReadyHandlers.level > running) return 0;

  // Nothing fails from here on.
  deliver(thread, badge);
  if (equal) ReadyQueue.append(thread);
  else ReadyQueue.prepend(thread);
  return 1;
}

/** Ends a thread's wait with a badge. */
function deliver(thread: Tcb, badge: u64): void {
  WaitQueue.remove(Endpoint.at(thread.blockingObject), thread);
  thread.state = THREAD_RUNNING;
  thread.a0 = badge;
}

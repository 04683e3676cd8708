// Notifications: words of signal bits. Signals OR their badge into the object; one waiter takes them all. A thread
// bound to a notification also takes its signals while it waits on an endpoint.

import { SYNC_IPC } from "../../abi/src/config";
import {
  Endpoint,
  NOTIFICATION_ACTIVE,
  NOTIFICATION_IDLE,
  NOTIFICATION_WAITING,
  Notification,
} from "./endpoint-object";
import { ReadyQueue } from "./ready-queue";
import { Scheduler } from "./scheduler";
import {
  Tcb,
  THREAD_BLOCKED_ON_NOTIFICATION,
  THREAD_BLOCKED_ON_RECEIVE,
  THREAD_INACTIVE,
  THREAD_RESTART,
  THREAD_RUNNING,
} from "./tcb";
import { WaitQueue } from "./wait-queue";

/** A notification begins like an endpoint: with its queue. */
function queueOf(notification: Notification): Endpoint {
  return changetype<Endpoint>(changetype<u32>(notification));
}

export class Signals {
  /** Delivers `badge`: to the first waiter, to the bound thread if it waits for a message, or for later. */
  static send(notification: Notification, badge: u64): void {
    if (notification.state == NOTIFICATION_WAITING) {
      const thread = Tcb.at(notification.head);
      WaitQueue.remove(queueOf(notification), thread);
      Signals.wake(thread, badge);
    } else if (notification.state == NOTIFICATION_ACTIVE) {
      notification.badge |= badge;
    } else {
      const bound = notification.boundTcb;
      if (SYNC_IPC && bound != 0 && Tcb.at(bound).state == THREAD_BLOCKED_ON_RECEIVE) {
        const thread = Tcb.at(bound);
        WaitQueue.remove(Endpoint.at(thread.blockingObject), thread);
        Signals.wake(thread, badge);
      } else {
        notification.badge = badge;
        notification.state = NOTIFICATION_ACTIVE;
      }
    }
  }

  /** A thread that is in no queue any more receives `badge` and goes on. */
  static wake(thread: Tcb, badge: u64): void {
    Scheduler.setState(thread, THREAD_RUNNING);
    thread.a0 = badge;
    Scheduler.possibleSwitchTo(thread);
  }

  /** The current thread takes the signals, or waits for one, or (not `blocking`) gets badge 0. */
  static receive(thread: Tcb, notification: Notification, blocking: bool): void {
    if (notification.state == NOTIFICATION_ACTIVE) {
      Signals.take(notification, thread);
    } else if (blocking) {
      thread.blockingObject = changetype<u32>(notification);
      WaitQueue.append(queueOf(notification), thread);
      notification.state = NOTIFICATION_WAITING;
      Scheduler.setState(thread, THREAD_BLOCKED_ON_NOTIFICATION);
    } else {
      thread.a0 = 0;
    }
  }

  /** Gives the signals that have arrived to a thread. */
  static take(notification: Notification, thread: Tcb): void {
    thread.a0 = notification.badge;
    notification.state = NOTIFICATION_IDLE;
  }

  /** The object disappears: its waiters make their system call again, and fail. */
  static cancelAll(notification: Notification): void {
    if (notification.state != NOTIFICATION_WAITING) return;
    let next = WaitQueue.takeAll(queueOf(notification));
    while (next) {
      const thread = Tcb.at(next);
      next = thread.queueNext;
      Scheduler.setState(thread, THREAD_RESTART);
      ReadyQueue.prepend(thread);
    }
    Scheduler.reschedule();
  }

  /** A waiter gives up. */
  static cancelWait(thread: Tcb): void {
    WaitQueue.remove(Endpoint.at(thread.blockingObject), thread);
    Scheduler.setState(thread, THREAD_INACTIVE);
  }

  static bind(thread: Tcb, notification: Notification): void {
    notification.boundTcb = thread.address;
    thread.boundNotification = changetype<u32>(notification);
  }

  /** Unbinds a thread from its notification, if it has one. */
  static unbindThread(thread: Tcb): void {
    const notification = thread.boundNotification;
    if (notification) Notification.at(notification).boundTcb = 0;
    thread.boundNotification = 0;
  }

  /** Unbinds a notification from its thread, if it has one. */
  static unbind(notification: Notification): void {
    const thread = notification.boundTcb;
    if (thread) Tcb.at(thread).boundNotification = 0;
    notification.boundTcb = 0;
  }
}

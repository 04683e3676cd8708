// Endpoints: synchronous messages. A sender and a receiver meet; whoever comes first waits.

import { RIGHT_GRANT, RIGHT_GRANT_REPLY } from "../../abi/src/rights";
import { Capability } from "./capability";
import {
  ENDPOINT_IDLE,
  ENDPOINT_RECEIVING,
  ENDPOINT_SENDING,
  Endpoint,
  NOTIFICATION_ACTIVE,
  Notification,
} from "./endpoint-object";
import { transferMessage } from "./ipc-transfer";
import { Signals } from "./notification";
import { ReadyQueue } from "./ready-queue";
import { ReplyCaps } from "./reply";
import { Scheduler } from "./scheduler";
import {
  BLOCKING_IS_CALL,
  Tcb,
  THREAD_BLOCKED_ON_RECEIVE,
  THREAD_BLOCKED_ON_SEND,
  THREAD_INACTIVE,
  THREAD_RESTART,
  THREAD_RUNNING,
} from "./tcb";
import { WaitQueue } from "./wait-queue";

export class EndpointIpc {
  /**
   * Sends the message (or the fault) of `thread`.
   * @param blocking wait for a receiver? Otherwise the message is dropped when there is none.
   * @param rights of the capability used: without grant no capabilities are transferred.
   */
  static send(thread: Tcb, endpoint: Endpoint, badge: u64, rights: u32, blocking: bool, isCall: bool): void {
    if (endpoint.state != ENDPOINT_RECEIVING) {
      if (!blocking) return;
      thread.blockingObject = changetype<u32>(endpoint);
      thread.blockingBadge = badge;
      thread.blockingFlags = (rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) | (isCall ? BLOCKING_IS_CALL : 0);
      WaitQueue.append(endpoint, thread);
      endpoint.state = ENDPOINT_SENDING;
      Scheduler.setState(thread, THREAD_BLOCKED_ON_SEND);
      return;
    }
    const receiver = Tcb.at(endpoint.head);
    WaitQueue.remove(endpoint, receiver);
    transferMessage(thread, changetype<u32>(endpoint), badge, (rights & RIGHT_GRANT) != 0, receiver);
    const replyCanGrant = (receiver.blockingFlags & RIGHT_GRANT) != 0;
    Scheduler.setState(receiver, THREAD_RUNNING);
    Scheduler.possibleSwitchTo(receiver);
    if (isCall) EndpointIpc.awaitReply(thread, receiver, rights, replyCanGrant);
  }

  /** The current thread receives a message, or a signal of its bound notification, or waits for either. */
  static receive(thread: Tcb, cap: Capability, blocking: bool): void {
    const endpoint = Endpoint.at(cap.object);
    const bound = thread.boundNotification;
    if (bound != 0 && Notification.at(bound).state == NOTIFICATION_ACTIVE) {
      Signals.take(Notification.at(bound), thread);
    } else if (endpoint.state == ENDPOINT_SENDING) {
      EndpointIpc.takeFirst(thread, endpoint, cap.allows(RIGHT_GRANT));
    } else if (blocking) {
      thread.blockingObject = changetype<u32>(endpoint);
      thread.blockingFlags = <u32>cap.rights & RIGHT_GRANT;
      WaitQueue.append(endpoint, thread);
      endpoint.state = ENDPOINT_RECEIVING;
      Scheduler.setState(thread, THREAD_BLOCKED_ON_RECEIVE);
    } else {
      thread.a0 = 0;
    }
  }

  private static takeFirst(thread: Tcb, endpoint: Endpoint, replyCanGrant: bool): void {
    const sender = Tcb.at(endpoint.head);
    const flags = sender.blockingFlags;
    WaitQueue.remove(endpoint, sender);
    transferMessage(
      sender,
      changetype<u32>(endpoint),
      sender.blockingBadge,
      (flags & RIGHT_GRANT) != 0,
      thread,
    );
    if (flags & BLOCKING_IS_CALL) {
      EndpointIpc.awaitReply(sender, thread, flags, replyCanGrant);
    } else {
      Scheduler.setState(sender, THREAD_RUNNING);
      Scheduler.possibleSwitchTo(sender);
    }
  }

  /** A caller whose message was taken waits for the answer; without the right to one it stops for good. */
  private static awaitReply(caller: Tcb, server: Tcb, rights: u32, replyCanGrant: bool): void {
    if (rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) ReplyCaps.setupCaller(caller, server, replyCanGrant);
    else Scheduler.setState(caller, THREAD_INACTIVE);
  }

  /** The object disappears: all that wait make their system call again, and fail. */
  static cancelAll(endpoint: Endpoint): void {
    if (endpoint.state == ENDPOINT_IDLE) return;
    let next = WaitQueue.takeAll(endpoint);
    while (next) {
      const thread = Tcb.at(next);
      next = thread.queueNext;
      EndpointIpc.restart(thread);
    }
    Scheduler.reschedule();
  }

  /** Senders that wait with `badge` make their system call again. */
  static cancelBadgedSends(endpoint: Endpoint, badge: u64): void {
    if (endpoint.state != ENDPOINT_SENDING) return;
    let next = endpoint.head;
    while (next) {
      const thread = Tcb.at(next);
      next = thread.queueNext;
      if (thread.blockingBadge == badge) {
        WaitQueue.remove(endpoint, thread);
        EndpointIpc.restart(thread);
      }
    }
    Scheduler.reschedule();
  }

  private static restart(thread: Tcb): void {
    Scheduler.setState(thread, THREAD_RESTART);
    ReadyQueue.prepend(thread);
  }

  /** A thread that waits gives up. */
  static cancelWait(thread: Tcb): void {
    WaitQueue.remove(Endpoint.at(thread.blockingObject), thread);
    Scheduler.setState(thread, THREAD_INACTIVE);
  }
}

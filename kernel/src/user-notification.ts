// U-notification: notifications whose signals the hardware delivers to user mode (docs/kernel.md, “U-notification”).
//
// A notification has at most one receiver thread; a thread has one receiver entry of the controller, shared by all its
// notifications, whose signals its handler tells apart by their vectors. A sender's table entry belongs to the
// notification it leads to, and lives as long as a capability with its badge.
//
// Invariants: a thread with FLAG_RECEIVER has at least one notification in its list, and only notifications that name
// it as their receiver; a table entry is valid only while the notification it was made through names that receiver.

import { CAP_NOTIFICATION, CAP_THREAD } from "../../abi/src/capability-tags";
import { DOMAINS, SYNC_IPC, USER_INTERRUPTS } from "../../abi/src/config";
import { NOTIFICATION_REGISTER_ASYNC_SYSCALL, NOTIFICATION_REGISTER_SENDER } from "../../abi/src/labels";
import { RIGHT_READ } from "../../abi/src/rights";
import { registerHandler } from "./async-registration";
import { Slot } from "./capability";
import { Endpoint, Notification } from "./endpoint-object";
import { Errors, OK } from "./errors";
import { Hart } from "./hart";
import { Arguments, Reply, replyWords } from "./message";
import { Signals } from "./notification";
import { countWork } from "./preemption";
import { UserInterrupts } from "./riscv/user-interrupts";
import { stallThread } from "./stall";
import { Tcb, THREAD_BLOCKED_ON_NOTIFICATION, THREAD_BLOCKED_ON_RECEIVE } from "./tcb";
import { beginInvocation } from "./thread";
import { WaitQueue } from "./wait-queue";

/** invalidateSenders: whatever the vector. */
const EVERY_VECTOR: i32 = -1;
/** 2^n capabilities that are looked at in the time of a unit of work. */
const CAPABILITIES_PER_WORK_UNIT_BITS: u32 = 4;

/** Is this one of ReL4's invocations of a notification capability? */
export function isUserNotificationLabel(label: u64): bool {
  return label >= <u64>NOTIFICATION_REGISTER_SENDER && label <= <u64>NOTIFICATION_REGISTER_ASYNC_SYSCALL;
}

/** Decodes and performs ReL4's invocations of the notification capability in `slot`. */
export function decodeUserNotification(label: u64, slot: Slot): u32 {
  if (label == NOTIFICATION_REGISTER_ASYNC_SYSCALL)
    return DOMAINS == 1 ? registerHandler(slot) : Errors.illegalOperation();
  if (!UserInterrupts.present()) return Errors.illegalOperation();
  if (label == NOTIFICATION_REGISTER_SENDER) return registerSender(slot);
  // NOTIFICATION_REGISTER_RECEIVER, the only one left
  return registerReceiver(slot);
}

/** The calling thread may send the one vector of this capability's badge; MR0 = index of its table entry. */
function registerSender(slot: Slot): u32 {
  if (!slot.canSend()) return Errors.invalidCapability(0);
  const badge = slot.data;
  if (popcnt<u64>(badge) != 1) return Errors.invalidArgument(0);
  const notification = Notification.at(slot.object);
  const receiver = notification.receiverThread;
  if (receiver == 0) return Errors.illegalOperation();
  const vector = <u32>ctz<u64>(badge);
  const index = Tcb.at(receiver).receiverIndex;
  const entry = UserInterrupts.registerSender(Hart.current().current, index, vector, slot.object);
  if (entry < 0) return Errors.notEnoughMemory(0);
  Reply.setWord(0, <u64>entry);
  replyWords(1);
  return OK;
}

/** A thread that is bound to this notification receives its user interrupts from now on. */
function registerReceiver(slot: Slot): u32 {
  const threadSlot = Arguments.extraCap(0);
  if (threadSlot == 0) return Errors.truncatedMessage();
  if (!slot.allows(RIGHT_READ)) return Errors.invalidCapability(0);
  if (Slot.at(threadSlot).type != CAP_THREAD) return Errors.invalidCapability(1);
  const thread = Tcb.at(Slot.at(threadSlot).object);
  const notification = Notification.at(slot.object);
  if (thread.boundNotification != slot.object) return Errors.illegalOperation();
  if (notification.receiverThread == thread.address) {
    beginInvocation();
    return OK;
  }
  if (notification.receiverThread != 0) return Errors.illegalOperation();
  let index: i32 = -1;
  if (!thread.isReceiver()) {
    index = UserInterrupts.allocateReceiver();
    if (index < 0) return Errors.notEnoughMemory(0);
  }
  beginInvocation();
  stallThread(thread);
  if (index >= 0) UserInterrupts.bindReceiver(thread.address, index);
  notification.receiverThread = thread.address;
  notification.nextOfReceiver = thread.receivingNotifications;
  thread.receivingNotifications = slot.object;
  if (UserNotifications.waitsForInterrupt(thread)) UserInterrupts.watch(thread.address);
  return OK;
}

export class UserNotifications {
  /** A notification disappears: nobody can reach its receiver through it any more. */
  static release(notification: Notification): void {
    if (!USER_INTERRUPTS || notification.receiverThread == 0) return;
    const address = changetype<u32>(notification);
    const thread = Tcb.at(notification.receiverThread);
    UserInterrupts.invalidateSenders(address, EVERY_VECTOR);
    if (thread.receivingNotifications == address) {
      thread.receivingNotifications = notification.nextOfReceiver;
    } else {
      let previous = Notification.at(thread.receivingNotifications);
      while (previous.nextOfReceiver != address) previous = Notification.at(previous.nextOfReceiver);
      previous.nextOfReceiver = notification.nextOfReceiver;
    }
    notification.receiverThread = 0;
    notification.nextOfReceiver = 0;
    if (thread.receivingNotifications == 0) UserNotifications.giveBackReceiver(thread);
  }

  /** A thread disappears: its receiver entry and its sender table are free again. It runs nowhere. */
  static releaseThread(thread: Tcb): void {
    if (!USER_INTERRUPTS) return;
    while (thread.receivingNotifications)
      UserNotifications.release(Notification.at(thread.receivingNotifications));
    UserInterrupts.releaseThread(thread.address);
  }

  private static giveBackReceiver(thread: Tcb): void {
    const index = thread.receiverIndex;
    stallThread(thread);
    UserInterrupts.unwatch(thread.address);
    UserInterrupts.unbindReceiver(thread.address);
    UserInterrupts.freeReceiver(index);
  }

  /** A badged capability, not the last one to its notification, disappears: if it was the last with its badge, the
   *  sender entries made through it go too. */
  static badgedCapDeleted(slot: Slot): void {
    const notification = Notification.at(slot.object);
    if (!USER_INTERRUPTS || notification.receiverThread == 0 || popcnt<u64>(slot.data) != 1) return;
    if (UserNotifications.hasTwin(slot)) return;
    UserInterrupts.invalidateSenders(slot.object, <i32>ctz<u64>(slot.data));
  }

  /** Does another capability to the same notification have the same badge? They stand together in the derivation tree. */
  private static hasTwin(slot: Slot): bool {
    let looked: u32 = 0;
    let found = false;
    let other = slot.previous;
    while (!found && UserNotifications.isToSame(other, slot)) {
      found = Slot.at(other).data == slot.data;
      other = Slot.at(other).previous;
      looked++;
    }
    other = slot.next;
    while (!found && UserNotifications.isToSame(other, slot)) {
      found = Slot.at(other).data == slot.data;
      other = Slot.at(other).next;
      looked++;
    }
    countWork(looked >> CAPABILITIES_PER_WORK_UNIT_BITS);
    return found;
  }

  /** Is `other` (0: none) a capability to the notification of `slot`? */
  @inline private static isToSame(other: u32, slot: Slot): bool {
    return other != 0 && Slot.at(other).type == CAP_NOTIFICATION && Slot.at(other).object == slot.object;
  }

  /** Vectors that have arrived for the receiver `thread` of `notification`; they stay for its handler. */
  static pendingFor(thread: Tcb, notification: Notification): u64 {
    if (!thread.isReceiver() || notification.receiverThread != thread.address) return 0;
    return UserInterrupts.pending(thread.receiverIndex);
  }

  /** Can a user interrupt end what this thread waits for? */
  static waitsForInterrupt(thread: Tcb): bool {
    if (!thread.isReceiver()) return false;
    if (thread.state == THREAD_BLOCKED_ON_NOTIFICATION) {
      return Notification.at(thread.blockingObject).receiverThread == thread.address;
    }
    const bound = thread.boundNotification;
    return (
      SYNC_IPC &&
      thread.state == THREAD_BLOCKED_ON_RECEIVE &&
      bound != 0 &&
      Notification.at(bound).receiverThread == thread.address
    );
  }

  /** User interrupts arrived for threads that wait in the kernel: their waits end, with the vectors as badge. */
  static wakePending(): void {
    for (
      let address = UserInterrupts.takePendingWatched();
      address != 0;
      address = UserInterrupts.takePendingWatched()
    ) {
      const thread = Tcb.at(address);
      if (!UserNotifications.waitsForInterrupt(thread)) continue;
      WaitQueue.remove(Endpoint.at(thread.blockingObject), thread);
      Signals.wake(thread, UserInterrupts.pending(thread.receiverIndex));
    }
  }
}

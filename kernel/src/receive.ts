// The receiving system calls: Recv, NBRecv, SignalWait, and Reply.

import { CAP_ENDPOINT, CAP_NOTIFICATION, CAP_REPLY } from "../../abi/src/capability-tags";
import { SYNC_IPC } from "../../abi/src/config";
import { RIGHT_GRANT, RIGHT_READ } from "../../abi/src/rights";
import { REPLY_MASTER, Slot } from "./capability";
import { Lookup, lookupSlot } from "./cspace";
import { EndpointIpc } from "./endpoint";
import { NOTIFICATION_ACTIVE, Notification } from "./endpoint-object";
import { LookupFailure, OK } from "./errors";
import { CurrentFault } from "./fault";
import { deliverFault } from "./fault-handler";
import { Hart } from "./hart";
import { Signals } from "./notification";
import { ReplyCaps } from "./reply";
import { TCB_SLOT_CALLER, Tcb } from "./tcb";
import { UserNotifications } from "./user-notification";

/** The current thread receives from the capability `pointer` names. */
export function handleReceive(pointer: u64, blocking: bool): void {
  const thread = Hart.current().thread;
  if (lookupSlot(thread, pointer) != OK) {
    faultInReceive(thread, pointer);
    return;
  }
  const slot = Lookup.slot;
  if (SYNC_IPC && slot.type == CAP_ENDPOINT && slot.allows(RIGHT_READ)) {
    ReplyCaps.deleteCaller(thread);
    const bound = thread.boundNotification;
    if (blocking && bound != 0 && takeInterrupts(thread, Notification.at(bound))) return;
    EndpointIpc.receive(thread, slot, blocking);
  } else if (slot.type == CAP_NOTIFICATION && mayWait(thread, slot)) {
    const notification = Notification.at(slot.object);
    if (blocking && takeInterrupts(thread, notification)) return;
    Signals.receive(thread, notification, blocking);
  } else {
    LookupFailure.missingCapability(0);
    faultInReceive(thread, pointer);
  }
}

/** A bound notification is waited for only by its thread. */
function mayWait(thread: Tcb, slot: Slot): bool {
  const bound = Notification.at(slot.object).boundTcb;
  return slot.allows(RIGHT_READ) && (bound == 0 || bound == thread.address);
}

/** User interrupts have arrived for this wait: it ends at once with their vectors, which the handler gets too. */
function takeInterrupts(thread: Tcb, notification: Notification): bool {
  if (notification.state == NOTIFICATION_ACTIVE) return false;
  const vectors = UserNotifications.pendingFor(thread, notification);
  if (vectors == 0) return false;
  thread.a0 = vectors;
  return true;
}

function faultInReceive(thread: Tcb, pointer: u64): void {
  CurrentFault.capability(pointer, true);
  deliverFault(thread);
}

/**
 * SignalWait by the current thread: signals the notification in its a0 (0: none), then waits on a1. As with Send, a
 * capability that cannot be signalled is ignored, and an address without one is a fault. Once signalled, a0 is 0, so
 * that a wait that is made again does not signal again.
 */
export function handleSignalWait(): void {
  const thread = Hart.current().thread;
  const pointer = thread.a0;
  if (pointer != 0) {
    if (lookupSlot(thread, pointer) != OK) {
      CurrentFault.capability(pointer, false);
      deliverFault(thread);
      return;
    }
    const slot = Lookup.slot;
    if (slot.type == CAP_NOTIFICATION && slot.canSend())
      Signals.send(Notification.at(slot.object), slot.data);
    thread.a0 = 0;
  }
  handleReceive(thread.a1, true);
}

/** Reply by the current thread, to whoever called it. Nobody: nothing happens. */
export function handleReply(): void {
  const thread = Hart.current().thread;
  const slot = thread.slot(TCB_SLOT_CALLER);
  if (slot.type != CAP_REPLY || slot.extra == REPLY_MASTER) return;
  ReplyCaps.answer(thread, Tcb.at(slot.object), slot, slot.allows(RIGHT_GRANT));
}

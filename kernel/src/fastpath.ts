// The fast paths of Call, ReplyRecv and SignalWait: a short message or a signal between two threads of one hart that
// switches from one to the other at once; and of Recv when there is nothing to receive. They do what the general path would do in that case and nothing else: every condition is checked
// first, and when one fails nothing has changed and the general path takes over.
//
// All are given the current thread with all registers saved, behind its system call. A receiver of user interrupts must
// be watched while it waits: for it, fastpath-receiver.ts stands between the assembly and all but Call.

import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_REPLY,
} from "../../abi/src/capability-tags";
import { FASTPATH, SYNC_IPC } from "../../abi/src/config";
import {
  MESSAGE_CAPS_UNWRAPPED_MASK,
  MESSAGE_CAPS_UNWRAPPED_SHIFT,
  MESSAGE_LENGTH_MASK,
  MESSAGE_REGISTERS,
} from "../../abi/src/message-info";
import { RIGHT_GRANT, RIGHT_GRANT_REPLY, RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { Capability, Slot } from "./capability";
import { FastLookup } from "./cspace";
import { Domains } from "./domains";
import {
  ENDPOINT_IDLE,
  ENDPOINT_RECEIVING,
  ENDPOINT_SENDING,
  Endpoint,
  NOTIFICATION_ACTIVE,
  NOTIFICATION_IDLE,
  NOTIFICATION_WAITING,
  Notification,
} from "./endpoint-object";
import { Hart } from "./hart";
import { ReadyQueue } from "./ready-queue";
import { VSpace } from "./riscv/vspace";
import { WatchedReceivers } from "./riscv/watched-receivers";
import {
  TCB_SLOT_CALLER,
  TCB_SLOT_CTABLE,
  TCB_SLOT_REPLY,
  TCB_SLOT_VTABLE,
  Tcb,
  THREAD_BLOCKED_ON_NOTIFICATION,
  THREAD_BLOCKED_ON_RECEIVE,
  THREAD_BLOCKED_ON_REPLY,
  THREAD_RUNNING,
} from "./tcb";
import { WaitQueue } from "./wait-queue";

/** Message length and extraCaps: more than the registers hold, or any capability, is for the general path. */
const FAST_LENGTH_MASK: u64 = 0x1ff;
const UNWRAPPED: u64 = MESSAGE_CAPS_UNWRAPPED_MASK << MESSAGE_CAPS_UNWRAPPED_SHIFT;

class Fast {
  /**
   * Would the scheduler run `thread` now (is it of the domain that runs), and no asynchronous handler? A thread of equal priority that waits would need a
   * running timer.
   */
  @inline static mayRun(hart: Hart, thread: Tcb): bool {
    if (!Domains.runs(thread)) return false;
    const level = hart.switchLevel;
    const priority = thread.priority;
    return priority >= level || (priority + 1 == level && hart.timerArmed != 0);
  }

  /** Copies the `length` (at most 4) message registers that are used. */
  @inline static copyMessage(from: Tcb, to: Tcb, length: u32): void {
    if (length == 0) return;
    to.a2 = from.a2;
    if (length == 1) return;
    to.a3 = from.a3;
    if (length == 2) return;
    to.a4 = from.a4;
    if (length == 3) return;
    to.a5 = from.a5;
  }

  /** Takes the only thread of a queue out of it. */
  @inline static leaveQueue(thread: Tcb): void {
    const object = Endpoint.at(thread.blockingObject);
    object.clearQueue();
    object.state = 0;
  }

  /** Puts a thread into the empty queue of an object, which is in `state` then. */
  @inline static waitAlone(thread: Tcb, object: Endpoint, state: u32): void {
    thread.clearQueueLinks();
    object.head = thread.address;
    object.tail = thread.address;
    object.state = state;
  }

  /** Would a thread that receives from this endpoint wait, with nobody it could have answered? */
  @inline static mustReceive(thread: Tcb, endpoint: u32): bool {
    const bound = thread.boundNotification;
    return (
      thread.slot(TCB_SLOT_CALLER).type == CAP_NULL &&
      (bound == 0 || Notification.at(bound).state == NOTIFICATION_IDLE) &&
      Endpoint.at(endpoint).state != ENDPOINT_SENDING
    );
  }

  /** Puts a thread into the queue of an endpoint where nobody sends. */
  @inline static receiveOn(thread: Tcb, endpoint: u32, rights: u8): void {
    const object = Endpoint.at(endpoint);
    if (object.state == ENDPOINT_IDLE) Fast.waitAlone(thread, object, ENDPOINT_RECEIVING);
    else WaitQueue.append(object, thread);
    thread.blockingFlags = <u32>rights & RIGHT_GRANT;
    thread.state = THREAD_BLOCKED_ON_RECEIVE;
  }

  /**
   * Whom the hart would run if its thread waited: a ready thread that goes on behind its system call, or the idle thread;
   * 0 when the general path must find out. As in `mayRun`, a ready equal of it would need a running timer.
   */
  @inline static nextReady(hart: Hart): u32 {
    const level = hart.readyLevel;
    if (level != hart.switchLevel) return 0;
    if (level == 0) return hart.idle;
    const next = Tcb.at(load<u32>(hart.queue(level - 1)));
    if (next.state != THREAD_RUNNING || (next.readyNext != 0 && hart.timerArmed == 0)) return 0;
    return VSpace.isLivingRoot(next.slot(TCB_SLOT_VTABLE)) ? next.address : 0;
  }

  /** Makes `thread` the hart's current thread in its own address space, with the message just copied to it. */
  @inline static switchTo(hart: Hart, thread: Tcb, root: Capability, badge: u64, info: u64): void {
    VSpace.activate(root);
    thread.state = THREAD_RUNNING;
    thread.a0 = badge;
    thread.a1 = info & ~UNWRAPPED;
    hart.current = thread.address;
  }
}

/** Call on capability `pointer` with message `info`. Returns 1 when done, 0 when the general path must do it. */
export function fastpathCall(pointer: u64, info: u64): u32 {
  if (!FASTPATH || !SYNC_IPC) return 0;
  const hart = Hart.current();
  const caller = hart.thread;
  if ((info & FAST_LENGTH_MASK) > <u64>MESSAGE_REGISTERS || caller.faultType != 0) return 0;
  const found = FastLookup.slot(caller.slot(TCB_SLOT_CTABLE), pointer);
  if (found == 0) return 0;
  const cap = Slot.at(found);
  if (cap.type != CAP_ENDPOINT || !cap.canSend() || !cap.allows(RIGHT_GRANT | RIGHT_GRANT_REPLY)) return 0;
  const endpoint = Endpoint.at(cap.object);
  if (endpoint.state != ENDPOINT_RECEIVING) return 0;
  const server = Tcb.at(endpoint.head);
  const root = server.slot(TCB_SLOT_VTABLE);
  if (!VSpace.isLivingRoot(root)) return 0;
  if (server.hart != hart.address || !Fast.mayRun(hart, server)) return 0;

  // Nothing fails from here on.
  const next = server.queueNext;
  endpoint.head = next;
  if (next) {
    Tcb.at(next).queuePrevious = 0;
  } else {
    endpoint.tail = 0;
    endpoint.state = ENDPOINT_IDLE;
  }
  caller.state = THREAD_BLOCKED_ON_REPLY;
  const master = caller.slot(TCB_SLOT_REPLY);
  const reply = server.slot(TCB_SLOT_CALLER);
  reply.object = caller.address;
  reply.setFields(CAP_REPLY | ((server.blockingFlags & RIGHT_GRANT) << 8));
  reply.previous = master.address;
  master.next = reply.address;
  Fast.copyMessage(caller, server, <u32>info & MESSAGE_LENGTH_MASK);
  Fast.switchTo(hart, server, root, cap.data, info);
  return 1;
}

/** ReplyRecv: answers the caller and waits on capability `pointer`. Returns 1 when done, 0 otherwise. */
export function fastpathReplyRecv(pointer: u64, info: u64): u32 {
  if (!FASTPATH || !SYNC_IPC) return 0;
  const hart = Hart.current();
  const server = hart.thread;
  if ((info & FAST_LENGTH_MASK) > <u64>MESSAGE_REGISTERS || server.faultType != 0) return 0;
  const found = FastLookup.slot(server.slot(TCB_SLOT_CTABLE), pointer);
  if (found == 0) return 0;
  const cap = Slot.at(found);
  if (cap.type != CAP_ENDPOINT || !cap.allows(RIGHT_READ)) return 0;
  const bound = server.boundNotification;
  if (bound != 0 && Notification.at(bound).state == NOTIFICATION_ACTIVE) return 0;
  const endpoint = Endpoint.at(cap.object);
  if (endpoint.state == ENDPOINT_SENDING) return 0;
  const reply = server.slot(TCB_SLOT_CALLER);
  // The capability a server has to its caller is never the master.
  if (reply.type != CAP_REPLY) return 0;
  const caller = Tcb.at(reply.object);
  const root = caller.slot(TCB_SLOT_VTABLE);
  if (!VSpace.isLivingRoot(root)) return 0;
  if (caller.hart != hart.address || caller.faultType != 0 || !Fast.mayRun(hart, caller)) return 0;

  // Nothing fails from here on.
  server.state = THREAD_BLOCKED_ON_RECEIVE;
  server.blockingObject = cap.object;
  server.blockingFlags = <u32>cap.rights & RIGHT_GRANT;
  const tail = endpoint.tail;
  server.queuePrevious = tail;
  server.queueNext = 0;
  if (tail) {
    Tcb.at(tail).queueNext = server.address;
  } else {
    endpoint.head = server.address;
    endpoint.state = ENDPOINT_RECEIVING;
  }
  endpoint.tail = server.address;
  Slot.at(reply.previous).next = 0;
  reply.setWord0(<u64>CAP_NULL);
  reply.previous = 0;
  Fast.copyMessage(server, caller, <u32>info & MESSAGE_LENGTH_MASK);
  Fast.switchTo(hart, caller, root, 0, info);
  return 1;
}

/** Recv on capability `pointer`, with nothing there to receive. Returns 1 when done, 0 otherwise. */
export function fastpathWait(pointer: u64): u32 {
  if (!FASTPATH) return 0;
  const hart = Hart.current();
  const thread = hart.thread;
  // A thread that blocks makes its asynchronous handler ready.
  if (thread.handlerNotification != 0) return 0;
  const found = FastLookup.slot(thread.slot(TCB_SLOT_CTABLE), pointer);
  if (found == 0) return 0;
  const next = Fast.nextReady(hart);
  if (next == 0) return 0;
  const wait = Slot.at(found);
  const object = wait.object;
  if (wait.is(CAP_NOTIFICATION, RIGHT_READ)) {
    if (!Notification.at(object).isIdleFor(thread.address)) return 0;
    // Nothing fails from here on.
    Fast.waitAlone(thread, Endpoint.at(object), NOTIFICATION_WAITING);
    thread.state = THREAD_BLOCKED_ON_NOTIFICATION;
  } else {
    if (!SYNC_IPC || !wait.is(CAP_ENDPOINT, RIGHT_READ) || !Fast.mustReceive(thread, object)) return 0;
    // Nothing fails from here on.
    Fast.receiveOn(thread, object, wait.rights);
  }
  thread.blockingObject = object;
  hart.current = next;
  if (next != hart.idle) {
    ReadyQueue.remove(Tcb.at(next));
    VSpace.activate(Tcb.at(next).slot(TCB_SLOT_VTABLE));
  } else {
    VSpace.setRoot(next);
    WatchedReceivers.place();
  }
  return 1;
}

/**
 * SignalWait: signals the notification that capability `signalled` names, for which exactly one thread waits, and waits
 * on `awaited`. Both are looked up in one CNode. Returns 1 when done, 0 otherwise.
 */
export function fastpathSignalWait(signalled: u64, awaited: u64): u32 {
  const hart = Hart.current();
  const thread = hart.thread;
  // A thread that blocks makes its asynchronous handler ready.
  if (thread.handlerNotification != 0) return 0;
  const cspace = thread.slot(TCB_SLOT_CTABLE);
  if (cspace.type != CAP_CNODE || !FastLookup.isFlat(cspace)) return 0;
  const signalIndex = FastLookup.withoutGuard(cspace, signalled);
  const waitIndex = FastLookup.withoutGuard(cspace, awaited);
  if ((signalIndex | waitIndex) >> cspace.radix != 0) return 0;
  const signal = FastLookup.at(cspace, signalIndex);
  const wait = FastLookup.at(cspace, waitIndex);
  if (!signal.is(CAP_NOTIFICATION, RIGHT_WRITE)) return signalled == 0 ? fastpathWait(awaited) : 0;
  const notification = Notification.at(signal.object);
  let waiter = notification.head;
  if (waiter == 0) {
    waiter = notification.boundTcb;
    if (!SYNC_IPC || notification.state != NOTIFICATION_IDLE || waiter == 0) return 0;
    if (Tcb.at(waiter).state != THREAD_BLOCKED_ON_RECEIVE) return 0;
  }
  const next = Tcb.at(waiter);
  const root = next.slot(TCB_SLOT_VTABLE);
  const satp = root.data;
  if (!VSpace.isLivingRoot(root) || next.queueLinks != 0) return 0;
  if (next.hart != hart.address || !Fast.mayRun(hart, next)) return 0;

  const object = wait.object;
  if (wait.is(CAP_NOTIFICATION, RIGHT_READ)) {
    if (!Notification.at(object).isIdleFor(thread.address)) return 0;
    // Nothing fails from here on.
    Fast.leaveQueue(next);
    Fast.waitAlone(thread, Endpoint.at(object), NOTIFICATION_WAITING);
    thread.state = THREAD_BLOCKED_ON_NOTIFICATION;
  } else {
    if (!SYNC_IPC || !wait.is(CAP_ENDPOINT, RIGHT_READ) || !Fast.mustReceive(thread, object)) return 0;
    // Nothing fails from here on.
    Fast.leaveQueue(next);
    Fast.receiveOn(thread, object, wait.rights);
  }
  thread.blockingObject = object;
  thread.a0 = 0;
  VSpace.activateWord(satp);
  next.state = THREAD_RUNNING;
  next.a0 = signal.data;
  hart.current = next.address;
  return 1;
}

// Invocations: a message to a capability. By the capability's type it is a message to another thread, a signal, an
// answer, or a request to the kernel.

import {
  CAP_CNODE,
  CAP_DOMAIN,
  CAP_ENDPOINT,
  CAP_IRQ_CONTROL,
  CAP_IRQ_HANDLER,
  CAP_NOTIFICATION,
  CAP_REPLY,
  CAP_THREAD,
  CAP_UNTYPED,
} from "../../abi/src/capability-tags";
import { SYNC_IPC } from "../../abi/src/config";
import {
  FAILED_LOOKUP,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  NOT_ENOUGH_MEMORY,
  RANGE_ERROR,
} from "../../abi/src/errors";
import { MESSAGE_LABEL_SHIFT } from "../../abi/src/message-info";
import { RIGHT_GRANT } from "../../abi/src/rights";
import { REPLY_MASTER, Slot } from "./capability";
import { isArchCap } from "./capability-rules";
import { decodeCNode } from "./cnode-invocation";
import { Lookup, lookupSlot } from "./cspace";
import { decodeDomain } from "./domain-invocation";
import { EndpointIpc } from "./endpoint";
import { Endpoint, Notification } from "./endpoint-object";
import { Errors, LookupFailure, OK, PREEMPTED, SYSCALL_ERROR } from "./errors";
import { CurrentFault } from "./fault";
import { deliverFault } from "./fault-handler";
import { lookupFailureLength, lookupFailureWord } from "./fault-words";
import { Hart } from "./hart";
import { Arguments, ExtraCaps, ipcBufferOf, MessageInfo, setReceivedWord } from "./message";
import { Signals } from "./notification";
import { ReplyCaps } from "./reply";
import { decodeArchInvocation, decodeIrqControl, decodeIrqHandler } from "./riscv/invocation";
import { Tcb, THREAD_RESTART, THREAD_RUNNING } from "./tcb";
import { decodeThread } from "./tcb-invocation";
import { beginInvocation } from "./thread";
import { decodeUntyped } from "./untyped";
import { decodeUserNotification, isUserNotificationLabel } from "./user-notification";

/** Send, NBSend or Call by the current thread, on the capability in its a0. */
export function handleInvocation(isCall: bool, blocking: bool): void {
  const thread = Hart.current().thread;
  const info = thread.a1;
  const pointer = thread.a0;
  if (lookupSlot(thread, pointer) != OK) {
    CurrentFault.capability(pointer, false);
    if (blocking) deliverFault(thread);
    return;
  }
  const slot = Lookup.slot;
  const buffer = ipcBufferOf(thread, false);
  if (ExtraCaps.lookup(thread, buffer, info) != OK) {
    if (blocking) deliverFault(thread);
    return;
  }
  Arguments.begin(thread, MessageInfo.length(info), buffer, isCall);
  const status = decodeInvocation(info >> MESSAGE_LABEL_SHIFT, slot, blocking);
  if (status == PREEMPTED) return;
  if (status == SYSCALL_ERROR) {
    if (isCall) replyError(thread, ipcBufferOf(thread, true));
    return;
  }
  if (thread.state != THREAD_RESTART) return;
  if (isCall) {
    thread.a0 = 0;
    thread.a1 = 0;
  }
  thread.state = THREAD_RUNNING;
}

function decodeInvocation(label: u64, slot: Slot, blocking: bool): u32 {
  const type = <u32>slot.type;
  if (isArchCap(type)) return decodeArchInvocation(decodableLabel(label), slot);
  switch (type) {
    case CAP_ENDPOINT:
      return SYNC_IPC ? invokeEndpoint(slot, blocking) : Errors.invalidCapability(0);
    case CAP_NOTIFICATION:
      return invokeNotification(label, slot);
    case CAP_REPLY:
      return SYNC_IPC ? invokeReply(slot) : Errors.invalidCapability(0);
    case CAP_THREAD:
      return decodeThread(decodableLabel(label), slot);
    case CAP_CNODE:
      return decodeCNode(decodableLabel(label), slot);
    case CAP_UNTYPED:
      return decodeUntyped(decodableLabel(label), slot);
    case CAP_DOMAIN:
      return decodeDomain(decodableLabel(label));
    case CAP_IRQ_CONTROL:
      return decodeIrqControl(decodableLabel(label), slot);
    case CAP_IRQ_HANDLER:
      return decodeIrqHandler(decodableLabel(label), slot);
    default:
      return Errors.invalidCapability(0);
  }
}

/** The label as 32 bits; one that has more names no invocation. */
function decodableLabel(label: u64): u32 {
  return label >> 32 != 0 ? 0 : <u32>label;
}

function invokeEndpoint(slot: Slot, blocking: bool): u32 {
  if (!slot.canSend()) return Errors.invalidCapability(0);
  beginInvocation();
  const thread = Hart.current().thread;
  EndpointIpc.send(thread, Endpoint.at(slot.object), slot.data, slot.rights, blocking, Arguments.isCall);
  return OK;
}

/** A notification takes any label as a signal, except ReL4's own. */
function invokeNotification(label: u64, slot: Slot): u32 {
  if (isUserNotificationLabel(label)) return decodeUserNotification(label, slot);
  if (!slot.canSend()) return Errors.invalidCapability(0);
  beginInvocation();
  Signals.send(Notification.at(slot.object), slot.data);
  return OK;
}

function invokeReply(slot: Slot): u32 {
  if (slot.extra == REPLY_MASTER) return Errors.invalidCapability(0);
  beginInvocation();
  ReplyCaps.answer(Hart.current().thread, Tcb.at(slot.object), slot, slot.allows(RIGHT_GRANT));
  return OK;
}

/** Tells the caller of a refused invocation why, as a message with the words behind the registers in `buffer` (0: none). */
export function replyError(thread: Tcb, buffer: u32): void {
  const type = Errors.type;
  let length: u32 = 0;
  if (type == INVALID_ARGUMENT || type == INVALID_CAPABILITY || type == NOT_ENOUGH_MEMORY) {
    length = setReceivedWord(thread, buffer, 0, Errors.first);
  } else if (type == RANGE_ERROR) {
    setReceivedWord(thread, buffer, 0, Errors.first);
    length = setReceivedWord(thread, buffer, 1, Errors.second);
  } else if (type == FAILED_LOOKUP) {
    setReceivedWord(thread, buffer, 0, Errors.first);
    length = replyLookupFailure(thread, buffer);
  }
  thread.a0 = 0;
  thread.a1 = ((<u64>type) << MESSAGE_LABEL_SHIFT) | length;
}

/** Writes LookupFailure from word 1 on; returns the message's length. */
function replyLookupFailure(thread: Tcb, buffer: u32): u32 {
  const type = LookupFailure.type;
  const count = lookupFailureLength(type);
  let length: u32 = 1;
  for (let i: u32 = 0; i < count; i++) {
    const word = lookupFailureWord(
      i,
      type,
      LookupFailure.bitsLeft,
      LookupFailure.bitsFound,
      LookupFailure.guard,
    );
    length = setReceivedWord(thread, buffer, 1 + i, word);
  }
  return length;
}

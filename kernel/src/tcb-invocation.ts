// Invocations of thread capabilities, except those that move registers (tcb-registers.ts).

import { CAP_NOTIFICATION, CAP_THREAD } from "../../abi/src/capability-tags";
import { FPU, SMP } from "../../abi/src/config";
import {
  TCB_BIND_NOTIFICATION,
  TCB_CONFIGURE,
  TCB_COPY_REGISTERS,
  TCB_READ_FAULT,
  TCB_READ_REGISTERS,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_FLAGS,
  TCB_SET_IPC_BUFFER,
  TCB_SET_MC_PRIORITY,
  TCB_SET_PRIORITY,
  TCB_SET_SCHED_PARAMS,
  TCB_SET_SPACE,
  TCB_SET_TLS_BASE,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  TCB_WRITE_REGISTERS,
} from "../../abi/src/labels";
import { TCB_FLAG_FPU_DISABLED } from "../../abi/src/objects";
import { RIGHT_READ } from "../../abi/src/rights";
import { AsyncHandlers } from "./async-handler";
import { Slot } from "./capability";
import { Notification } from "./endpoint-object";
import { Errors, OK } from "./errors";
import { FaultWords } from "./fault-words";
import { Hart } from "./hart";
import { Arguments, Reply, replyWords } from "./message";
import { Signals } from "./notification";
import { Fpu } from "./riscv/fpu";
import { HartContext } from "./riscv/hart-context";
import { UserInterrupts } from "./riscv/user-interrupts";
import { Scheduler } from "./scheduler";
import { stallThread } from "./stall";
import { Tcb } from "./tcb";
import { copyRegisters, readRegisters, writeRegisters } from "./tcb-registers";
import { configure, setIpcBuffer, setSpace } from "./tcb-space";
import { beginInvocation, restart, suspend } from "./thread";
import { UserNotifications } from "./user-notification";

/** Decodes and performs an invocation of the thread capability in `slot`. */
export function decodeThread(label: u32, slot: Slot): u32 {
  const thread = Tcb.at(slot.object);
  stallThread(thread);
  if (SMP && label == TCB_SET_AFFINITY) return setAffinity(thread);
  switch (label) {
    case TCB_READ_REGISTERS:
      return readRegisters(thread);
    case TCB_WRITE_REGISTERS:
      return writeRegisters(thread);
    case TCB_COPY_REGISTERS:
      return copyRegisters(thread);
    case TCB_CONFIGURE:
      return configure(thread, slot);
    case TCB_SET_PRIORITY:
      return setPriorities(thread, -1, 0);
    case TCB_SET_MC_PRIORITY:
      return setPriorities(thread, 0, -1);
    case TCB_SET_SCHED_PARAMS:
      return setPriorities(thread, 0, 1);
    case TCB_SET_IPC_BUFFER:
      return setIpcBuffer(thread, slot);
    case TCB_SET_SPACE:
      return setSpace(thread, slot);
    case TCB_SUSPEND:
      beginInvocation();
      suspend(thread);
      return OK;
    case TCB_RESUME:
      beginInvocation();
      restart(thread);
      return OK;
    case TCB_BIND_NOTIFICATION:
      return bindNotification(thread);
    case TCB_UNBIND_NOTIFICATION:
      if (thread.boundNotification == 0) return Errors.illegalOperation();
      beginInvocation();
      Signals.unbindThread(thread);
      return OK;
    case TCB_SET_TLS_BASE:
      return setTlsBase(thread);
    case TCB_SET_FLAGS:
      return setFlags(thread);
    case TCB_READ_FAULT:
      return readFault(thread);
    default:
      return Errors.illegalOperation();
  }
}

/** May a thread with this authority give priority `priority`? */
function checkPriority(priority: u64, authority: Tcb): u32 {
  const maximum = authority.maximumControlledPriority;
  return priority > <u64>maximum ? Errors.rangeError(0, maximum) : OK;
}

/**
 * SetPriority, SetMCPriority and SetSchedParams: `mcpArgument` and `priorityArgument` say which argument is which (−1:
 * not given). Extra capability 0 is the thread whose authority is used.
 */
function setPriorities(thread: Tcb, mcpArgument: i32, priorityArgument: i32): u32 {
  const count: u32 = mcpArgument >= 0 && priorityArgument >= 0 ? 2 : 1;
  const authoritySlot = Arguments.extraCap(0);
  if (Arguments.length < count || authoritySlot == 0) return Errors.truncatedMessage();
  const mcp = mcpArgument >= 0 ? Arguments.word(mcpArgument) : 0;
  const priority = priorityArgument >= 0 ? Arguments.word(priorityArgument) : 0;
  if (Slot.at(authoritySlot).type != CAP_THREAD) return Errors.invalidCapability(1);
  const authority = Tcb.at(Slot.at(authoritySlot).object);
  let status = mcpArgument >= 0 ? checkPriority(mcp, authority) : OK;
  if (status != OK) return status;
  status = priorityArgument >= 0 ? checkPriority(priority, authority) : OK;
  if (status != OK) return status;

  beginInvocation();
  if (mcpArgument >= 0) thread.maximumControlledPriority = <u32>mcp;
  if (priorityArgument >= 0) {
    Scheduler.setPriority(thread, <u32>priority);
    AsyncHandlers.priorityChanged(thread);
  }
  return OK;
}

function bindNotification(thread: Tcb): u32 {
  const address = Arguments.extraCap(0);
  if (address == 0) return Errors.truncatedMessage();
  if (thread.boundNotification != 0) return Errors.illegalOperation();
  const slot = Slot.at(address);
  if (slot.type != CAP_NOTIFICATION || !slot.allows(RIGHT_READ)) return Errors.illegalOperation();
  const notification = Notification.at(slot.object);
  if (notification.head != 0 || notification.boundTcb != 0) return Errors.illegalOperation();

  beginInvocation();
  Signals.bind(thread, notification);
  if (UserNotifications.waitsForInterrupt(thread)) UserInterrupts.watch(thread.address);
  return OK;
}

function setAffinity(thread: Tcb): u32 {
  if (Arguments.length < 1) return Errors.truncatedMessage();
  const hart = Arguments.word(0);
  if (hart >= <u64>HartContext.count()) return Errors.illegalOperation();
  beginInvocation();
  Scheduler.setAffinity(thread, <u32>hart);
  return OK;
}

function setTlsBase(thread: Tcb): u32 {
  if (Arguments.length < 1) return Errors.truncatedMessage();
  const base = Arguments.word(0);
  beginInvocation();
  thread.tp = base;
  if (thread.address == Hart.current().current) Scheduler.reschedule();
  return OK;
}

/** Clears and sets seL4's thread flags; MR0 = the flags now. The registers of a thread without floating point keep their values. */
function setFlags(thread: Tcb): u32 {
  if (Arguments.length < 2) return Errors.truncatedMessage();
  const clear = <u32>Arguments.word(0);
  const set = <u32>Arguments.word(1);
  beginInvocation();
  thread.userFlags = (thread.userFlags & ~clear) | (set & USER_FLAGS);
  if (thread.userFlags & TCB_FLAG_FPU_DISABLED) Fpu.release(thread.address);
  Reply.setWord(0, thread.userFlags);
  replyWords(1);
  return OK;
}

/** MR0 = type of the fault that the thread has not been resumed from (0: none), then the words of its message. */
function readFault(thread: Tcb): u32 {
  beginInvocation();
  Reply.setWord(0, thread.faultType);
  const count = FaultWords.length(thread);
  for (let i: u32 = 0; i < count; i++) Reply.setWord(1 + i, FaultWords.word(thread, i));
  replyWords(1 + count);
  return OK;
}

/** The thread flags there are. */
const USER_FLAGS: u32 = FPU ? TCB_FLAG_FPU_DISABLED : 0;

// Faults as messages: what a fault handler receives, and what its answer does to the faulting thread.

import {
  LOOKUP_DEPTH_MISMATCH,
  LOOKUP_GUARD_MISMATCH,
  LOOKUP_INVALID_ROOT,
  LOOKUP_MISSING_CAPABILITY,
} from "../../abi/src/errors";
import {
  CAP_FAULT_ADDRESS,
  CAP_FAULT_IN_RECEIVE_PHASE,
  CAP_FAULT_IP,
  CAP_FAULT_LOOKUP_FAILURE_TYPE,
  FAULT_CAPABILITY,
  FAULT_UNKNOWN_SYSCALL,
  FAULT_USER_EXCEPTION,
  UNKNOWN_SYSCALL_A0,
  UNKNOWN_SYSCALL_IP,
  UNKNOWN_SYSCALL_NUMBER,
  UNKNOWN_SYSCALL_RA,
  UNKNOWN_SYSCALL_REPLY_LENGTH,
  UNKNOWN_SYSCALL_SP,
  USER_EXCEPTION_CODE,
  USER_EXCEPTION_NUMBER,
  USER_EXCEPTION_REPLY_LENGTH,
  VM_FAULT_ADDRESS,
  VM_FAULT_IP,
  VM_FAULT_PREFETCH,
  VM_FAULT_STATUS,
} from "../../abi/src/faults";
import { MESSAGE_LABEL_SHIFT, MESSAGE_REGISTERS } from "../../abi/src/message-info";
import { IpcBuffer, ipcBufferOf, MessageInfo, setReceivedWord } from "./message";
import { CAUSE_INSTRUCTION_ACCESS, CAUSE_INSTRUCTION_PAGE } from "./riscv/csr";
import { Tcb } from "./tcb";

/** Register x10, a0. */
const REGISTER_A0: u32 = 10;

/** Register words 0…9 of an unknown-syscall message stand for: pc, sp, ra, a0–a6. Exceptions use the first two. */
function faultRegister(thread: Tcb, index: u32): u64 {
  switch (index) {
    case UNKNOWN_SYSCALL_IP:
      return thread.faultPc;
    case UNKNOWN_SYSCALL_SP:
      return thread.sp;
    case UNKNOWN_SYSCALL_RA:
      return thread.ra;
    default:
      return thread.register(REGISTER_A0 + index - UNKNOWN_SYSCALL_A0);
  }
}

function setFaultRegister(thread: Tcb, index: u32, value: u64): void {
  switch (index) {
    case UNKNOWN_SYSCALL_IP:
      thread.faultPc = value;
      break;
    case UNKNOWN_SYSCALL_SP:
      thread.sp = value;
      break;
    case UNKNOWN_SYSCALL_RA:
      thread.ra = value;
      break;
    default:
      thread.setRegister(REGISTER_A0 + index - UNKNOWN_SYSCALL_A0, value);
  }
}

/** Writes a lookup failure from message word `at` on; returns the message's length. Shared with error replies. */
export function writeLookupFailure(
  receiver: Tcb,
  buffer: u32,
  at: u32,
  type: u32,
  bitsLeft: u32,
  bitsFound: u32,
  guard: u64,
): u32 {
  const length = setReceivedWord(receiver, buffer, at, type);
  if (type == LOOKUP_INVALID_ROOT) return length;
  const withBits = setReceivedWord(receiver, buffer, at + 1, bitsLeft);
  if (type == LOOKUP_MISSING_CAPABILITY) return withBits;
  if (type == LOOKUP_DEPTH_MISMATCH) return setReceivedWord(receiver, buffer, at + 2, bitsFound);
  assert(type == LOOKUP_GUARD_MISMATCH);
  setReceivedWord(receiver, buffer, at + 2, guard);
  return setReceivedWord(receiver, buffer, at + 3, bitsFound);
}

function writeRegisters(sender: Tcb, receiver: Tcb, buffer: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) setReceivedWord(receiver, buffer, i, faultRegister(sender, i));
}

/** Gives a receiver the message about the sender's recorded fault. Its label is the fault's type. */
export function transferFault(sender: Tcb, receiver: Tcb, badge: u64): void {
  const buffer = ipcBufferOf(receiver, true);
  const type = sender.faultType;
  const address = sender.faultAddress;
  const status = sender.faultStatus;
  let length: u32;
  if (type == FAULT_CAPABILITY) {
    setReceivedWord(receiver, buffer, CAP_FAULT_IP, sender.faultPc);
    setReceivedWord(receiver, buffer, CAP_FAULT_ADDRESS, address);
    setReceivedWord(receiver, buffer, CAP_FAULT_IN_RECEIVE_PHASE, status);
    length = writeLookupFailure(
      receiver,
      buffer,
      CAP_FAULT_LOOKUP_FAILURE_TYPE,
      sender.lookupType,
      sender.lookupBitsLeft,
      sender.lookupBitsFound,
      sender.lookupGuard,
    );
  } else if (type == FAULT_UNKNOWN_SYSCALL) {
    writeRegisters(sender, receiver, buffer, UNKNOWN_SYSCALL_NUMBER);
    length = setReceivedWord(receiver, buffer, UNKNOWN_SYSCALL_NUMBER, address);
  } else if (type == FAULT_USER_EXCEPTION) {
    writeRegisters(sender, receiver, buffer, USER_EXCEPTION_NUMBER);
    setReceivedWord(receiver, buffer, USER_EXCEPTION_NUMBER, address);
    length = setReceivedWord(receiver, buffer, USER_EXCEPTION_CODE, status);
  } else {
    const fetch = status == CAUSE_INSTRUCTION_PAGE || status == CAUSE_INSTRUCTION_ACCESS;
    setReceivedWord(receiver, buffer, VM_FAULT_IP, sender.faultPc);
    setReceivedWord(receiver, buffer, VM_FAULT_ADDRESS, address);
    setReceivedWord(receiver, buffer, VM_FAULT_PREFETCH, fetch ? 1 : 0);
    length = setReceivedWord(receiver, buffer, VM_FAULT_STATUS, status);
  }
  receiver.a1 = ((<u64>type) << MESSAGE_LABEL_SHIFT) | <u64>length;
  receiver.a0 = badge;
}

/**
 * Applies a handler's answer to the thread whose fault it answers.
 * @returns whether the thread shall go on.
 */
export function applyFaultReply(handler: Tcb, thread: Tcb): bool {
  const type = thread.faultType;
  if (type != FAULT_UNKNOWN_SYSCALL && type != FAULT_USER_EXCEPTION) return true;
  const info = handler.a1;
  let length = MessageInfo.length(info);
  const most: u32 =
    type == FAULT_UNKNOWN_SYSCALL ? UNKNOWN_SYSCALL_REPLY_LENGTH : USER_EXCEPTION_REPLY_LENGTH;
  if (length > most) length = most;
  const buffer = ipcBufferOf(handler, false);
  for (let i: u32 = 0; i < length; i++) {
    if (i < <u32>MESSAGE_REGISTERS) setFaultRegister(thread, i, handler.messageRegister(i));
    else if (buffer != 0) setFaultRegister(thread, i, IpcBuffer.word(buffer, i));
  }
  return info >> MESSAGE_LABEL_SHIFT == 0;
}

// Faults as messages: what a fault handler receives, and what its answer does to the faulting thread.

import {
  FAULT_UNKNOWN_SYSCALL,
  FAULT_USER_EXCEPTION,
  UNKNOWN_SYSCALL_A0,
  UNKNOWN_SYSCALL_IP,
  UNKNOWN_SYSCALL_RA,
  UNKNOWN_SYSCALL_REPLY_LENGTH,
  UNKNOWN_SYSCALL_SP,
  USER_EXCEPTION_REPLY_LENGTH,
} from "../../abi/src/faults";
import { MESSAGE_LABEL_SHIFT, MESSAGE_REGISTERS } from "../../abi/src/message-info";
import { FaultWords, REGISTER_A0 } from "./fault-words";
import { IpcBuffer, ipcBufferOf, MessageInfo, setReceivedWord } from "./message";
import { Tcb } from "./tcb";

/** Sets a register by its place in an unknown-syscall message: pc, sp, ra, a0–a6. */
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

/** Gives a receiver the message about the sender's recorded fault. Its label is the fault's type. */
export function transferFault(sender: Tcb, receiver: Tcb, badge: u64): void {
  const buffer = ipcBufferOf(receiver, true);
  const count = FaultWords.length(sender);
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++)
    length = setReceivedWord(receiver, buffer, i, FaultWords.word(sender, i));
  receiver.a1 = ((<u64>sender.faultType) << MESSAGE_LABEL_SHIFT) | <u64>length;
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

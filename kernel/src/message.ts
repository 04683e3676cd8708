// Messages of threads: registers, IPC buffer, the extra capabilities a message carries; and the arguments and the reply
// of the invocation in progress. User memory is reached only through the frame capability the thread keeps for its
// buffer, so that revoking the frame takes it away from the kernel too.

import { IPC_BUFFER_CAPS_OR_BADGES, IPC_BUFFER_MESSAGE } from "../../abi/src/ipc-buffer";
import {
  MESSAGE_EXTRA_CAPS_MASK,
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LENGTH_MASK,
  MESSAGE_MAX_LENGTH,
  MESSAGE_REGISTERS,
} from "../../abi/src/message-info";
import { Lookup, lookupSlot } from "./cspace";
import { OK } from "./errors";
import { CurrentFault } from "./fault";
import { Invoker, StandIn } from "./invoker";
import { ArchCaps } from "./riscv/arch-caps";
import { TCB_SLOT_BUFFER, Tcb, THREAD_RUNNING } from "./tcb";

/** Kernel address of a thread's IPC buffer, or 0 when it has none the kernel may read (`write`: and write). */
export function ipcBufferOf(thread: Tcb, write: bool): u32 {
  return ArchCaps.bufferAddress(thread.slot(TCB_SLOT_BUFFER), thread.ipcBuffer, write);
}

/** Kernel address of the buffer that takes results behind the message registers, or 0. */
export function replyBuffer(): u32 {
  return Invoker.isStandIn ? StandIn.buffer : ipcBufferOf(Invoker.thread, true);
}

export class MessageInfo {
  /** Words of a message; more than the buffer has room for count as the most it can hold. */
  @inline static length(info: u64): u32 {
    const length = <u32>(info & MESSAGE_LENGTH_MASK);
    return length > <u32>MESSAGE_MAX_LENGTH ? MESSAGE_MAX_LENGTH : length;
  }

  @inline static extraCaps(info: u64): u32 {
    return <u32>(info >> MESSAGE_EXTRA_CAPS_SHIFT) & MESSAGE_EXTRA_CAPS_MASK;
  }
}

/** Word `index` of a message in a buffer. */
@unmanaged
export class IpcBuffer {
  @inline static word(buffer: u32, index: u32): u64 {
    return load<u64>(buffer + (index << 3), IPC_BUFFER_MESSAGE);
  }

  @inline static setWord(buffer: u32, index: u32, value: u64): void {
    store<u64>(buffer + (index << 3), value, IPC_BUFFER_MESSAGE);
  }

  /** Capability pointer (sending) or badge (received) number `index`. */
  @inline static capOrBadge(buffer: u32, index: u32): u64 {
    return load<u64>(buffer + (index << 3), IPC_BUFFER_CAPS_OR_BADGES);
  }

  @inline static setBadge(buffer: u32, index: u32, badge: u64): void {
    store<u64>(buffer + (index << 3), badge, IPC_BUFFER_CAPS_OR_BADGES);
  }
}

/** The slots of the extra capabilities of the message being handled: the first is 0 when there are none. */
export class ExtraCaps {
  static first: u32 = 0;
  static second: u32 = 0;
  static third: u32 = 0;

  static clear(): void {
    ExtraCaps.setOnly(0);
  }

  /** There is the capability in slot `first` (0: none), and no other. */
  @inline static setOnly(first: u32): void {
    ExtraCaps.first = first;
    ExtraCaps.second = 0;
    ExtraCaps.third = 0;
  }

  static get(index: u32): u32 {
    if (index == 0) return ExtraCaps.first;
    return index == 1 ? ExtraCaps.second : ExtraCaps.third;
  }

  /** Looks up the capabilities a message of `sender` names. On failure CurrentFault says which. */
  static lookup(sender: Tcb, buffer: u32, info: u64): u32 {
    ExtraCaps.clear();
    const count = MessageInfo.extraCaps(info);
    if (buffer == 0) return OK;
    for (let i: u32 = 0; i < count; i++) {
      const pointer = IpcBuffer.capOrBadge(buffer, i);
      const status = lookupSlot(sender, pointer);
      if (status != OK) {
        CurrentFault.capability(pointer, false);
        return status;
      }
      const slot = Lookup.slot.address;
      if (i == 0) ExtraCaps.first = slot;
      else if (i == 1) ExtraCaps.second = slot;
      else ExtraCaps.third = slot;
    }
    return OK;
  }
}

/** The invocation being decoded, made by `Invoker.thread`. */
export class Arguments {
  /** Words of the message that the kernel can read. */
  static length: u32 = 0;
  /** Made by Call, so that results and errors are reported. */
  static isCall: bool = false;
  private static buffer: u32 = 0;

  /** @param buffer kernel address of the words behind those in registers, laid out as in an IPC buffer; 0: there are none */
  static begin(invoker: Tcb, length: u32, buffer: u32, isCall: bool): void {
    Invoker.set(invoker);
    Arguments.length = buffer == 0 && length > <u32>MESSAGE_REGISTERS ? MESSAGE_REGISTERS : length;
    Arguments.buffer = buffer;
    Arguments.isCall = isCall;
  }

  /** Word `index` (below length) of the message. User memory: read each word once. */
  static word(index: u32): u64 {
    if (index < <u32>MESSAGE_REGISTERS) return Invoker.thread.messageRegister(index);
    return IpcBuffer.word(Arguments.buffer, index);
  }

  /** Address of the slot of extra capability `index`, or 0. */
  @inline static extraCap(index: u32): u32 {
    return ExtraCaps.get(index);
  }
}

/** Writes word `index` of a message a thread receives; returns the number of words it can receive up to this one. */
export function setReceivedWord(receiver: Tcb, buffer: u32, index: u32, value: u64): u32 {
  if (index < <u32>MESSAGE_REGISTERS) {
    receiver.setMessageRegister(index, value);
    return index + 1;
  }
  if (buffer == 0) return MESSAGE_REGISTERS;
  IpcBuffer.setWord(buffer, index, value);
  return index + 1;
}

/** Results of the invocation in progress. */
export class Reply {
  /** Sets result word `index`; nothing when the invocation is no Call. */
  static setWord(index: u32, value: u64): void {
    if (!Arguments.isCall) return;
    const buffer = index < <u32>MESSAGE_REGISTERS ? 0 : replyBuffer();
    setReceivedWord(Invoker.thread, buffer, index, value);
  }
}

/** Ends an invocation that succeeded with `count` result words. The caller goes on behind its system call. */
export function replyWords(count: u32): void {
  const thread = Invoker.thread;
  if (Arguments.isCall) {
    thread.a0 = 0;
    thread.a1 = count;
  }
  thread.state = THREAD_RUNNING;
}

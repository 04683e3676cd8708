// Reading, writing and copying the registers of threads.

import { CAP_THREAD } from "../../abi/src/capability-tags";
import { MESSAGE_REGISTERS } from "../../abi/src/message-info";
import { CONTEXT_FRAME_REGISTERS, CONTEXT_WORDS } from "../../abi/src/user-context";
import { Slot } from "./capability";
import { Errors, OK } from "./errors";
import { Hart } from "./hart";
import { Arguments, ipcBufferOf, replyWords, setReceivedWord } from "./message";
import { Scheduler } from "./scheduler";
import { stallThread } from "./stall";
import { Tcb } from "./tcb";
import { beginInvocation, restart, suspend } from "./thread";
import { UserContext } from "./user-context";

// Flags of ReadRegisters and WriteRegisters
const SUSPEND_SOURCE: u64 = 1;
const RESUME_TARGET: u64 = 1;
// Flags of CopyRegisters
const COPY_SUSPEND_SOURCE: u64 = 1;
const COPY_RESUME_TARGET: u64 = 2;
const COPY_FRAME: u64 = 4;
const COPY_INTEGER: u64 = 8;

/** ReadRegisters (flags, count): the first words of a thread's user context. */
export function readRegisters(thread: Tcb): u32 {
  if (Arguments.length < 2) return Errors.truncatedMessage();
  const flags = Arguments.word(0);
  const count = Arguments.word(1);
  if (count < 1 || count > <u64>CONTEXT_WORDS) return Errors.rangeError(1, CONTEXT_WORDS);
  const caller = Hart.current().thread;
  if (thread == caller) return Errors.illegalOperation();

  beginInvocation();
  if (flags & SUSPEND_SOURCE) suspend(thread);
  let length: u32 = 0;
  if (Arguments.isCall) {
    const buffer = ipcBufferOf(caller, true);
    const most: u32 = buffer != 0 ? <u32>count : MESSAGE_REGISTERS;
    for (; length < <u32>count && length < most; length++) {
      setReceivedWord(caller, buffer, length, UserContext.word(thread, length));
    }
  }
  replyWords(length);
  return OK;
}

/** WriteRegisters (flags, count, words…): sets the first words of a thread's user context. */
export function writeRegisters(thread: Tcb): u32 {
  if (Arguments.length < 2) return Errors.truncatedMessage();
  const flags = Arguments.word(0);
  const given = Arguments.word(1);
  if (<u64>(Arguments.length - 2) < given) return Errors.truncatedMessage();
  if (thread == Hart.current().thread) return Errors.illegalOperation();

  beginInvocation();
  const count: u32 = given > <u64>CONTEXT_WORDS ? CONTEXT_WORDS : <u32>given;
  for (let i: u32 = 0; i < count; i++) UserContext.setWord(thread, i, Arguments.word(i + 2));
  UserContext.commitPc(thread);
  if (flags & RESUME_TARGET) restart(thread);
  return OK;
}

/** CopyRegisters (flags), extra capability 0 = the thread to copy from. */
export function copyRegisters(thread: Tcb): u32 {
  const address = Arguments.extraCap(0);
  if (Arguments.length < 1 || address == 0) return Errors.truncatedMessage();
  const flags = Arguments.word(0);
  if (Slot.at(address).type != CAP_THREAD) return Errors.invalidCapability(1);
  const source = Tcb.at(Slot.at(address).object);

  beginInvocation();
  stallThread(source);
  if (flags & COPY_SUSPEND_SOURCE) suspend(source);
  if (flags & COPY_RESUME_TARGET) restart(thread);
  if (flags & COPY_FRAME) {
    copyWords(source, thread, 0, CONTEXT_FRAME_REGISTERS);
    UserContext.commitPc(thread);
  }
  if (flags & COPY_INTEGER) copyWords(source, thread, CONTEXT_FRAME_REGISTERS, CONTEXT_WORDS);
  if (thread == Hart.current().thread) Scheduler.reschedule();
  return OK;
}

function copyWords(source: Tcb, target: Tcb, from: u32, to: u32): void {
  for (let i = from; i < to; i++) UserContext.setWord(target, i, UserContext.word(source, i));
}

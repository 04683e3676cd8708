/**
 * Synchronous calls to a server that has ended: the kernel would let the caller wait for ever, so the root server lets the
 * call return. Whether a thread waits in a call through a certain slot shows in its registers, as they were at its `ecall`.
 */
import { MESSAGE_LABEL_SHIFT } from "../../abi/src/message-info";
import { PROGRAM_TEXT_BASE } from "../../abi/src/program-layout";
import { CALL_FAILED_LABEL } from "../../abi/src/supervisor";
import { SYS_CALL } from "../../abi/src/syscalls";
import { CONTEXT_A0, CONTEXT_PC } from "../../abi/src/user-context";
import { Tcb } from "../../runtime/src/invocations/tcb";
import { Message } from "../../runtime/src/message";
import { ProgramRecord } from "./bundle";

const A1: u32 = CONTEXT_A0 + 1;
const A7: u32 = CONTEXT_A0 + 7;
/** Words read: up to a7. */
const WORDS: u32 = A7 + 1;
const ECALL: u32 = 0x73;
const ECALL_BYTES: u64 = 4;

const registers: u32 = <u32>memory.data(256, 8);

/** If a thread of a program waits in a call through `slot`, the call returns with CALL_FAILED_LABEL. */
export function failCall(thread: Tcb, program: ProgramRecord, slot: u32): void {
  // a thread that runs may have registers from an earlier call in the kernel: stopped, it shows the real ones
  if (!isInCall(thread, program, slot, false)) return;
  if (!isInCall(thread, program, slot, true)) {
    thread.resume();
    return;
  }
  store<u64>(registers + (CONTEXT_PC << 3), load<u64>(registers + (CONTEXT_PC << 3)) + ECALL_BYTES);
  store<u64>(registers + (CONTEXT_A0 << 3), 0);
  store<u64>(registers + (A1 << 3), (<u64>CALL_FAILED_LABEL) << MESSAGE_LABEL_SHIFT);
  thread.resumeWith(registers, A1 + 1);
}

function isInCall(thread: Tcb, program: ProgramRecord, slot: u32, stop: bool): bool {
  if (thread.readRegisters(stop, WORDS) != 0) return false;
  for (let i: u32 = 0; i < WORDS; i++) store<u64>(registers + (i << 3), Message.word(i));
  if (load<u64>(registers + (A7 << 3)) != <u64>(<i64>SYS_CALL)) return false;
  if (load<u64>(registers + (CONTEXT_A0 << 3)) != <u64>slot) return false;
  return isEcall(program, load<u64>(registers + (CONTEXT_PC << 3)));
}

/** Whether a program's instruction at `pc` is an ecall; instructions lie at multiples of two. */
function isEcall(program: ProgramRecord, pc: u64): bool {
  const offset = <u32>(pc - PROGRAM_TEXT_BASE);
  if (pc < <u64>PROGRAM_TEXT_BASE || offset >= program.textPages << 12) return false;
  return load<u16>(program.text + offset) == <u16>ECALL && load<u16>(program.text + offset + 2) == 0;
}

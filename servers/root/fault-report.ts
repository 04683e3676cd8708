/** What a program did wrong, in words, from the words of the kernel's fault message (abi/src/faults.ts). */
import {
  CAP_FAULT_ADDRESS,
  FAULT_CAPABILITY,
  FAULT_USER_EXCEPTION,
  FAULT_VM,
  UNKNOWN_SYSCALL_NUMBER,
  USER_EXCEPTION_NUMBER,
  VM_FAULT_ADDRESS,
  VM_FAULT_STATUS,
} from "../../abi/src/faults";
import {
  COROUTINE_STACKS_BASE,
  PROGRAM_PAGE_SIZE,
  PROGRAM_STACK_SIZE,
  PROGRAM_STACK_TOP,
  PROGRAM_TEXT_BASE,
} from "../../abi/src/program-layout";
import { Message } from "../../runtime/src/message";
import { TextBuffer } from "../../runtime/src/text-buffer";
import { ProgramRecord } from "./bundle";
import { printText } from "./output";
import { appendSymbol } from "./symbols";

// scause values of the privileged specification
const ILLEGAL_INSTRUCTION: u64 = 2;
const BREAKPOINT: u64 = 3;
const INSTRUCTION_ACCESS_FAULT: u64 = 1;
const INSTRUCTION_PAGE_FAULT: u64 = 12;
const STORE_ACCESS_FAULT: u64 = 7;
const STORE_PAGE_FAULT: u64 = 15;

/** Below this, an address was most likely reached through a null pointer. */
const NULL_AREA: u64 = 0x1_0000;
/** A stack frame can jump over the guard page; this far below the stack still counts as its overflow. */
const OVERFLOW_AREA: u64 = 0x10_0000;

/** Where the words of a fault begin in the answer to TCB_READ_FAULT, behind its type. */
const FIRST_WORD: u32 = 1;

/** A word of the fault read last, by its place in the fault message. */
function faultWord(index: u32): u64 {
  return Message.word(FIRST_WORD + index);
}

/** Prints the report for the fault read last. */
export function reportFault(program: ProgramRecord): void {
  TextBuffer.clear();
  TextBuffer.text('rel4: program "');
  TextBuffer.bytes(program.name, program.nameLength);
  TextBuffer.text('" stopped: ');
  appendCause(program);
  // all faults begin with the program counter
  const pc = faultWord(0);
  TextBuffer.text("\n  at ");
  appendSymbol(program, pc);
  TextBuffer.text(" (pc ");
  TextBuffer.hexadecimal(pc);
  TextBuffer.text(")");
  printText();
}

/** Prints that a program ended by itself, but not well. */
export function reportExit(program: ProgramRecord, code: u32): void {
  TextBuffer.clear();
  TextBuffer.text('rel4: program "');
  TextBuffer.bytes(program.name, program.nameLength);
  TextBuffer.text('" ended with exit code ');
  TextBuffer.decimal(code);
  printText();
}

function appendCause(program: ProgramRecord): void {
  const type = Message.word0;
  if (type == FAULT_VM) {
    appendMemoryFault(program, faultWord(VM_FAULT_ADDRESS), faultWord(VM_FAULT_STATUS));
  } else if (type == FAULT_USER_EXCEPTION) {
    appendException(faultWord(USER_EXCEPTION_NUMBER));
  } else if (type == FAULT_CAPABILITY) {
    TextBuffer.text("it used capability ");
    TextBuffer.decimal(faultWord(CAP_FAULT_ADDRESS));
    TextBuffer.text(", which it was not given");
  } else {
    TextBuffer.text("it made an unknown system call, number ");
    TextBuffer.signed(<i64>faultWord(UNKNOWN_SYSCALL_NUMBER));
  }
}

function appendMemoryFault(program: ProgramRecord, address: u64, cause: u64): void {
  const isFetch = cause == INSTRUCTION_PAGE_FAULT || cause == INSTRUCTION_ACCESS_FAULT;
  const isStore = cause == STORE_PAGE_FAULT || cause == STORE_ACCESS_FAULT;
  TextBuffer.text(isFetch ? "it jumped to" : isStore ? "it wrote to" : "it read from");
  TextBuffer.text(" address ");
  TextBuffer.hexadecimal(address);
  const stackBottom: u64 = PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE;
  const textEnd = <u64>PROGRAM_TEXT_BASE + ((<u64>program.textPages) << 12);
  const overflowed = guardedStack(program, address);
  if (address < NULL_AREA) TextBuffer.text(", through a null pointer");
  else if (overflowed >= 0) appendCoroutineOverflow(program, overflowed);
  else if (address < stackBottom && address >= stackBottom - OVERFLOW_AREA) {
    TextBuffer.text(", below its stack: the stack overflowed (");
    TextBuffer.decimal(PROGRAM_STACK_SIZE >> 10);
    TextBuffer.text(" KiB), probably endless recursion");
  } else if (isStore && address >= <u64>PROGRAM_TEXT_BASE && address < textEnd) {
    TextBuffer.text(", which is its own code and read-only");
  } else TextBuffer.text(", where it has no such access");
}

/** Number of the coroutine stack whose guard page holds an address, or -1. */
function guardedStack(program: ProgramRecord, address: u64): i32 {
  if (address < <u64>COROUTINE_STACKS_BASE) return -1;
  const stride = (program.coroutinePages + 1) * PROGRAM_PAGE_SIZE;
  const offset = address - COROUTINE_STACKS_BASE;
  if (offset >= <u64>program.coroutines * stride || offset % stride >= <u64>PROGRAM_PAGE_SIZE) return -1;
  return <i32>(offset / stride);
}

function appendCoroutineOverflow(program: ProgramRecord, stack: u32): void {
  TextBuffer.text(", below coroutine stack ");
  TextBuffer.decimal(stack);
  TextBuffer.text(": a coroutine stack overflow (");
  TextBuffer.decimal((program.coroutinePages * PROGRAM_PAGE_SIZE) >> 10);
  TextBuffer.text(" KiB; coroutineStack in the description sets the size)");
}

function appendException(cause: u64): void {
  if (cause == ILLEGAL_INSTRUCTION) {
    TextBuffer.text(
      "illegal instruction (a trap of the compiled code: unreachable, division by zero, bad indirect call, or a full heap)",
    );
  } else if (cause == BREAKPOINT) {
    TextBuffer.text("breakpoint");
  } else {
    TextBuffer.text("exception ");
    TextBuffer.decimal(cause);
  }
}

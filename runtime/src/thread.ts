/**
 * Further threads of a program: kernel threads in its address space, with its capabilities, on a stack from its heap.
 *
 * A program needs `resources` in its description for that (an untyped from which threads are made, slots). Coroutines are the
 * better choice nearly always: a thread costs a kernel object and a switch through the kernel. Threads of one program
 * run the same compiled code, of which the heap, managed values, coroutines and `Message` belong to the program's first
 * thread alone: a further thread touches numbers in memory, atomics and system calls that leave no message. It has no IPC
 * buffer, so its system calls carry what fits in registers. If it faults it stops, and nobody is told.
 */
import { functionAddress } from "rv";
import { OBJECT_TCB } from "../../abi/src/objects";
import { SLOT_OWN_CNODE, SLOT_OWN_THREAD, SLOT_OWN_VSPACE, SLOT_UNTYPED } from "../../abi/src/program-layout";
import { ErrorCode } from "./errors";
import { CNode } from "./invocations/cnode";
import { PageTable } from "./invocations/page-table";
import { Tcb } from "./invocations/tcb";
import { Untyped } from "./invocations/untyped";
import { __global_pointer } from "./link";
import { Process } from "./process";
import { SlotAllocator } from "./slots";

/** Words of registers a new thread begins with: pc, ra, sp, gp, s0–s11, a0 (abi/src/user-context.ts). */
const WORDS: u32 = 17;
const words: u32 = <u32>memory.data(136, 8);
const STACK_POINTER: u32 = 2 * 8;
const GLOBAL_POINTER: u32 = 3 * 8;
const ARGUMENT: u32 = 16 * 8;

/** A further thread of this program. */
export class Thread {
  /**
   * Makes a thread on this program's hart with its priority, and starts it in `body(argument)`, which must not return.
   * @param stackBytes size of its stack; below it there is no guard page
   * @param slots where its capability goes
   * Ends the program when its resources do not suffice.
   */
  static start(body: (argument: u32) => void, argument: u32, stackBytes: u32, slots: SlotAllocator): Tcb {
    const slot = slots.allocate();
    if (slot == 0) throw new Error("no slot for a thread: give the program resources.slots");
    const untyped = changetype<Untyped>(SLOT_UNTYPED);
    const cnode = changetype<CNode>(SLOT_OWN_CNODE);
    check(untyped.retype(OBJECT_TCB, 0, cnode, slot, 1), "made of resources.untyped");
    const tcb = changetype<Tcb>(slot);
    check(tcb.setSpace(0, cnode, 0, changetype<PageTable>(SLOT_OWN_VSPACE)), "given its address space");
    check(tcb.setAffinity(Process.hart), "placed");
    check(tcb.setPriority(changetype<Tcb>(SLOT_OWN_THREAD), Process.priority), "given a priority");
    const stackTop = (<u32>heap.alloc(stackBytes + 16) + stackBytes) & ~15;
    memory.fill(words, 0, WORDS * 8);
    store<u64>(words, functionAddress(body.index));
    store<u64>(words, stackTop, STACK_POINTER);
    store<u64>(words, __global_pointer(), GLOBAL_POINTER);
    store<u64>(words, argument, ARGUMENT);
    check(tcb.resumeWith(words, WORDS), "started");
    return tcb;
  }
}

function check(error: ErrorCode, done: string): void {
  if (error != 0) throw new Error(`a thread could not be ${done}: error ${error.toString()}`);
}

// The architecture's part of a thread: the head of every TCB.
//
// Invariant: while the thread is in user mode on a hart, `sscratch` of that hart points here. On a kernel entry all
// registers are stored here before the kernel lock is taken, so another hart that holds the lock may read and change
// them once that hart has answered `giveUp` (threads.ts).
// Offsets are fixed by `layout.ts`: trap entry and exit are assembly.

import { CONTEXT_SIZE } from "./layout";

/** Registers, and what user-interrupt hardware needs to know about the thread. */
@unmanaged
export class ThreadContext {
  /** Where the thread continues (after a system call: behind the ecall). */
  pc: u64;
  ra: u64;
  sp: u64;
  gp: u64;
  tp: u64;
  t0: u64;
  t1: u64;
  t2: u64;
  s0: u64;
  s1: u64;
  a0: u64;
  a1: u64;
  a2: u64;
  a3: u64;
  a4: u64;
  a5: u64;
  a6: u64;
  a7: u64;
  s2: u64;
  s3: u64;
  s4: u64;
  s5: u64;
  s6: u64;
  s7: u64;
  s8: u64;
  s9: u64;
  s10: u64;
  s11: u64;
  t3: u64;
  t4: u64;
  t5: u64;
  t6: u64;
  /** Address of the instruction that entered the kernel; a restarted thread continues here. */
  faultPc: u64;
  /** The hart this thread belongs to (pointer to its record). Not 0 when the thread can run. */
  hart: u32;
  /** FLAG_…: anything but 0 takes the slow way in and out of the kernel. */
  flags: u32;
  /** Entry of the user-interrupt controller, with FLAG_RECEIVER. */
  receiverIndex: u32;
  /** Physical address of the thread's sender table, with FLAG_SENDER. */
  senderTable: u32;
  /** User trap registers while the thread is not in user mode (flagged threads only). */
  uepc: u64;
  utvec: u64;
  uscratch: u64;
  /** UIE and UPIE. */
  ustatus: u64;
  uie: u64;
  /** Next and previous in the list of receivers whose pending vectors the kernel watches, while the thread blocks. */
  watchNext: u32;
  watchPrevious: u32;
  /** Not 0: in that list. */
  watched: u32;
  /** sstatus.FS of the FPU's owner while it is not in user mode: SSTATUS_FS_CLEAN or, where registers have changed, _DIRTY. */
  fpuStatus: u32;
  reserved1: u64;
  reserved2: u64;
  reserved3: u64;
  reserved4: u64;
  reserved5: u64;
  reserved6: u64;

  /** Register x1…x31 (`number` 0: the program counter). */
  @inline register(number: u32): u64 {
    return load<u64>(changetype<usize>(this) + ((<usize>number) << 3));
  }

  /** Writes register x1…x31 (`number` 0: the program counter). */
  @inline setRegister(number: u32, value: u64): void {
    store<u64>(changetype<usize>(this) + ((<usize>number) << 3), value);
  }
}

/** Fails to compile to the right number when the class and `layout.ts` disagree; checked at boot. */
export function threadContextIsAsLaidOut(): bool {
  return offsetof<ThreadContext>() == CONTEXT_SIZE;
}

// Thread control blocks: 2^11 bytes, or 2^10 in a kernel without floating point.
//
//   0    ThreadContext: registers and user-interrupt state (riscv/thread-context.ts)
//   384  this file's fields
//   640  six capability slots
//   840  debug build: name
//   1024 floating-point registers, fcsr (riscv/fpu.ts)
//
// Invariants: a thread is in a ready queue only if it is runnable and not the current thread of its hart (or about to be
// put back there); it is in an endpoint's or notification's queue exactly when its state says that it is blocked there.

import { FPU, USER_INTERRUPTS } from "../../abi/src/config";
import { TCB_BITS } from "../../abi/src/objects";
import { Slot } from "./capability";
import { CONTEXT_FPU_END, CONTEXT_FPU_REGISTERS, FLAG_RECEIVER } from "./riscv/layout";
import { ThreadContext } from "./riscv/thread-context";

export const TCB_SIZE: u32 = 1 << TCB_BITS;
/** Offset of the slots. */
export const TCB_SLOTS: u32 = 640;
/** Offset of the debug name: up to TCB_NAME_LENGTH bytes, ended by 0. */
export const TCB_NAME: u32 = 840;
export const TCB_NAME_LENGTH: u32 = 64;

// Thread states, in seL4's order
export const THREAD_INACTIVE: u32 = 0;
export const THREAD_RUNNING: u32 = 1;
/** Runnable; continues at the instruction that entered the kernel. */
export const THREAD_RESTART: u32 = 2;
export const THREAD_BLOCKED_ON_RECEIVE: u32 = 3;
export const THREAD_BLOCKED_ON_SEND: u32 = 4;
export const THREAD_BLOCKED_ON_REPLY: u32 = 5;
export const THREAD_BLOCKED_ON_NOTIFICATION: u32 = 6;
export const THREAD_IDLE: u32 = 7;

/** Tcb.blockingFlags: the sender waits for a reply. The other bits are RIGHT_GRANT and RIGHT_GRANT_REPLY. */
export const BLOCKING_IS_CALL: u32 = 1;

// Slots of a thread
export const TCB_SLOT_CTABLE: u32 = 0;
export const TCB_SLOT_VTABLE: u32 = 1;
/** The thread's own master reply capability: parent of the one its server holds. */
export const TCB_SLOT_REPLY: u32 = 2;
/** Reply capability of the thread that called this one. */
export const TCB_SLOT_CALLER: u32 = 3;
/** Frame of the IPC buffer. */
export const TCB_SLOT_BUFFER: u32 = 4;
/** Frame of the buffer of asynchronous system calls. */
export const TCB_SLOT_CALLS: u32 = 5;
export const TCB_SLOT_COUNT: u32 = 6;

@unmanaged
export class Tcb extends ThreadContext {
  /** THREAD_*. */
  state: u32;
  /** Endpoint or Notification in whose queue the thread is, while blocked. */
  blockingObject: u32;
  /** Badge of the message a blocked sender sends. */
  blockingBadge: u64;
  /** BLOCKING_IS_CALL, RIGHT_GRANT, RIGHT_GRANT_REPLY of the capability the thread is blocked with. */
  blockingFlags: u32;
  /** FAULT_* that nobody has answered yet, or 0. */
  faultType: u32;
  /** Capability pointer, system call number, exception number or address. */
  faultAddress: u64;
  /** In the receive phase?, exception code, or scause of a page fault. */
  faultStatus: u64;
  // Lookup failure of a capability fault
  lookupGuard: u64;
  lookupType: u32;
  lookupBitsLeft: u32;
  lookupBitsFound: u32;

  priority: u32;
  /** Highest priority this thread may give. */
  maximumControlledPriority: u32;
  /** Ticks left before another thread of the same priority runs. */
  timeSlice: u32;
  domain: u32;
  /** seL4's thread flags. */
  userFlags: u32;

  /** Capability pointer of the fault endpoint, in this thread's CSpace. */
  faultHandler: u64;
  /** User virtual address of the IPC buffer. */
  ipcBuffer: u64;
  /** Notification whose signals this thread also receives on endpoints, or 0. */
  boundNotification: u32;
  /** First of the notifications whose user interrupts this thread receives, or 0 (linked by nextOfReceiver). */
  receivingNotifications: u32;
  readyNext: u32;
  readyPrevious: u32;
  /** Neighbours in the queue of an endpoint or a notification: one aligned word, see `queueLinks`. */
  queueNext: u32;
  queuePrevious: u32;
  /** Not 0: in a ready queue. */
  queued: u32;
  // Timer (thread-timers.ts)
  timerNext: u32;
  timerPrevious: u32;
  /** Ticks of `time` at which the bound notification is signalled, or 0. */
  timerDeadline: u64;
  // The list of all threads
  debugNext: u32;
  debugPrevious: u32;

  // The handler of this thread's asynchronous system calls (async-handler.ts)
  /** Bit by which the handler says that replies are there. */
  handlerBadge: u64;
  /** Notification it uses, or 0: the thread has no handler. */
  handlerNotification: u32;
  /** Mask of an offset into one of the rings: their bytes, minus 1. */
  handlerRingMask: u32;
  /** Offset of the next request. The kernel's own, as the client may write to the shared copy. */
  handlerRequestHead: u32;
  /** Offset of the next response. */
  handlerResponseTail: u32;
  /** While the handler is ready: 1 + its priority; else 0. */
  handlerLevel: u32;
  handlerNext: u32;
  handlerPrevious: u32;
  // The list of all threads with a handler
  registeredNext: u32;
  registeredPrevious: u32;

  @inline static at(address: u32): Tcb {
    return changetype<Tcb>(address);
  }

  @inline get address(): u32 {
    return changetype<u32>(this);
  }

  @inline slot(index: u32): Slot {
    return Slot.of(changetype<u32>(this) + TCB_SLOTS, index);
  }

  /** queueNext and queuePrevious at once: 0 when the thread is alone in its queue. */
  @inline get queueLinks(): u64 {
    return load<u64>(changetype<u32>(this), offsetof<Tcb>("queueNext"));
  }

  @inline clearQueueLinks(): void {
    store<u64>(changetype<u32>(this), 0, offsetof<Tcb>("queueNext"));
  }

  /** Can it be given a hart? */
  @inline isRunnable(): bool {
    return this.state == THREAD_RUNNING || this.state == THREAD_RESTART;
  }

  /** Does it receive user interrupts? */
  @inline isReceiver(): bool {
    return USER_INTERRUPTS ? (this.flags & FLAG_RECEIVER) != 0 : false;
  }

  /** Has it stopped until somebody resumes, answers or sends? */
  @inline isStopped(): bool {
    return this.state != THREAD_RUNNING && this.state != THREAD_RESTART && this.state != THREAD_IDLE;
  }

  /** Message register `index` (0–3) of this thread. */
  @inline messageRegister(index: u32): u64 {
    return load<u64>(changetype<u32>(this) + (index << 3), offsetof<ThreadContext>("a2"));
  }

  @inline setMessageRegister(index: u32, value: u64): void {
    store<u64>(changetype<u32>(this) + (index << 3), value, offsetof<ThreadContext>("a2"));
  }
}

/** Do the fields end where the slots begin, and are the links of a queue one word? Checked at boot. */
export function tcbFits(): bool {
  if (offsetof<Tcb>("queueNext") % 8 != 0) return false;
  if (offsetof<Tcb>() > TCB_SLOTS || TCB_SLOTS + TCB_SLOT_COUNT * 32 > TCB_NAME) return false;
  const nameEnd = TCB_NAME + TCB_NAME_LENGTH;
  return nameEnd <= <u32>CONTEXT_FPU_REGISTERS && (FPU ? <u32>CONTEXT_FPU_END : nameEnd) <= TCB_SIZE;
}

// User interrupts: what receivers and senders need when threads register, run, wait and disappear.
//
// A thread that receives owns one entry of the controller (`uintc.ts`). The entry is active only while the thread is
// in user mode: it is deactivated first thing on kernel entry and activated last thing on the way out, so that nobody
// else on its hart is interrupted for it. Vectors sent meanwhile wait in the entry. While the hart is in the kernel or
// runs a thread that is no receiver, user software interrupts are not delegated to user mode (sideleg = 0).
// A thread that sends owns a table (`sender-tables.ts`).

import { csrClear, csrRead, csrSet, csrWrite, fence } from "rv";
import { USER_INTERRUPT_RECEIVERS, USER_INTERRUPTS } from "../../../abi/src/config";
import {
  CSR_SIDELEG,
  CSR_SIE,
  CSR_SIP,
  CSR_SSTATUS,
  CSR_SUIRS,
  CSR_SUIST,
  CSR_UEPC,
  CSR_USCRATCH,
  CSR_UTVEC,
  IP_USER_SOFTWARE,
  SSTATUS_UIE,
  SSTATUS_UPIE,
} from "./csr";
import { HartContext } from "./hart-context";
import { FLAG_RECEIVER, FLAG_SENDER } from "./layout";
import { SenderTables } from "./sender-tables";
import { ThreadContext } from "./thread-context";
import { Uintc } from "./uintc";
import { WatchedReceivers } from "./watched-receivers";

// Sets of memory accesses, as the fence instruction names them
const WRITE: u32 = 1;
const DEVICE_OUTPUT: u32 = 4;

const ENABLE: u64 = 1 << 63;
const ONE_PAGE: u64 = 1 << 44;
const USER_STATUS: u64 = SSTATUS_UIE | SSTATUS_UPIE;
const RECEIVERS: i32 = USER_INTERRUPT_RECEIVERS;

/** One byte a receiver entry: in use? */
const receiversInUse = memory.data(USER_INTERRUPT_RECEIVERS, 8);

export class UserInterrupts {
  /** Does this machine have user interrupts, and does the kernel use them? */
  @inline static present(): bool {
    return USER_INTERRUPTS ? Uintc.base != 0 : false;
  }

  // Receivers

  /** Takes a free receiver entry with nothing pending; −1: none is left. */
  static allocateReceiver(): i32 {
    for (let index: i32 = 0; index < RECEIVERS; index++) {
      if (load<u8>(receiversInUse + index) != 0) continue;
      store<u8>(receiversInUse + index, 1);
      Uintc.deactivate(index);
      Uintc.clear(index);
      return index;
    }
    return -1;
  }

  /** Gives an entry back. No sender entry leads to it and no thread is bound to it any more. */
  static freeReceiver(index: u32): void {
    Uintc.deactivate(index);
    store<u8>(receiversInUse + index, 0);
  }

  /** Entries that belong to a thread. */
  static receiversTaken(): u64 {
    let count: u64 = 0;
    for (let index: i32 = 0; index < RECEIVERS; index++) count += load<u8>(receiversInUse + index);
    return count;
  }

  /** The thread (the caller, or one that runs on no other hart) receives what is sent to entry `index`. */
  static bindReceiver(tcb: u32, index: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    // Its user trap registers are still in the hart when it is the one that called.
    if (HartContext.get().current == tcb && (thread.flags & FLAG_RECEIVER) == 0)
      saveUserTrapRegisters(thread);
    thread.receiverIndex = index;
    thread.uie = IP_USER_SOFTWARE;
    thread.flags |= FLAG_RECEIVER;
  }

  /** The thread receives no more. It runs on no other hart. */
  static unbindReceiver(tcb: u32): void {
    WatchedReceivers.unwatch(tcb);
    const thread = changetype<ThreadContext>(tcb);
    thread.flags &= ~FLAG_RECEIVER;
    thread.receiverIndex = 0;
  }

  /** Vectors that wait in an entry. They stay there. */
  static pending(index: u32): u64 {
    return Uintc.pending(index);
  }

  /** The kernel itself sends a vector to a thread that receives; what it has written before is seen by the handler. */
  static send(tcb: u32, vector: u32): void {
    fence(WRITE, DEVICE_OUTPUT);
    Uintc.send(changetype<ThreadContext>(tcb).receiverIndex, vector);
  }

  // Receivers that wait in the kernel

  /** The receiver leaves its hart to wait in the kernel; vectors sent to it must wake it. */
  static watch(tcb: u32): void {
    WatchedReceivers.watch(tcb);
  }

  /** It waits no more. Harmless for a thread that is not watched. */
  static unwatch(tcb: u32): void {
    WatchedReceivers.unwatch(tcb);
  }

  /** Does any receiver wait? */
  @inline static areWatched(): bool {
    return WatchedReceivers.isAny();
  }

  /** A watched thread that has pending vectors, which is watched no more; 0: there is none. */
  @inline static takePendingWatched(): u32 {
    return WatchedReceivers.takePending();
  }

  // Senders

  /**
   * Lets a thread send `vector` to receiver entry `receiver` until the notification goes.
   * @returns the index to send with, or −1 when no table or no entry is left
   */
  static registerSender(tcb: u32, receiver: u32, vector: u32, notification: u32): i32 {
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_SENDER) == 0) {
      const table = SenderTables.allocate(tcb);
      if (table == 0) return -1;
      thread.senderTable = table;
      thread.flags |= FLAG_SENDER;
    }
    return SenderTables.add(thread.senderTable, receiver, vector, notification);
  }

  /** Removes the sender entries made through a notification: those with `vector`, or all (−1). */
  static invalidateSenders(notification: u32, vector: i32): void {
    SenderTables.invalidate(notification, vector);
  }

  /** The thread is deleted: its table is free again. */
  static releaseThread(tcb: u32): void {
    if (!USER_INTERRUPTS) return;
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_SENDER) == 0) return;
    SenderTables.free(thread.senderTable);
    thread.flags &= ~FLAG_SENDER;
    thread.senderTable = 0;
  }

  // Kernel entry and exit of threads with flags

  /** On kernel entry, before the lock is taken: the hart forgets the thread's user-interrupt state. */
  static leave(tcb: u32): void {
    if (!USER_INTERRUPTS) return;
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_RECEIVER) != 0) {
      Uintc.deactivate(thread.receiverIndex);
      saveUserTrapRegisters(thread);
      // The next thread on this hart may read them.
      csrWrite(CSR_UEPC, 0);
      csrWrite(CSR_UTVEC, 0);
      csrWrite(CSR_USCRATCH, 0);
      csrWrite(CSR_SUIRS, 0);
      csrClear(CSR_SIP, IP_USER_SOFTWARE);
      csrWrite(CSR_SIDELEG, 0);
      csrSet(CSR_SIE, IP_USER_SOFTWARE);
    }
    if ((thread.flags & FLAG_SENDER) != 0) csrWrite(CSR_SUIST, 0);
  }

  /** Last thing before the thread is in user mode: the hart takes on its user-interrupt state. */
  static enter(tcb: u32): void {
    if (!USER_INTERRUPTS) return;
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_SENDER) != 0) {
      csrWrite(CSR_SUIST, ENABLE | ONE_PAGE | (<u64>thread.senderTable >> 12));
    }
    if ((thread.flags & FLAG_RECEIVER) == 0) return;
    WatchedReceivers.unwatch(tcb);
    WatchedReceivers.makeWay();
    csrWrite(CSR_UEPC, thread.uepc);
    csrWrite(CSR_UTVEC, thread.utvec);
    csrWrite(CSR_USCRATCH, thread.uscratch);
    csrClear(CSR_SSTATUS, USER_STATUS);
    csrSet(CSR_SSTATUS, thread.ustatus);
    if (thread.uie == 0) csrClear(CSR_SIE, IP_USER_SOFTWARE);
    csrWrite(CSR_SIDELEG, IP_USER_SOFTWARE);
    csrWrite(CSR_SUIRS, ENABLE | <u64>thread.receiverIndex);
    Uintc.activate(thread.receiverIndex, HartContext.get().hartId);
  }
}

/** Keeps the hart's user trap registers for a thread, and clears the enable bits that would outlive it. */
function saveUserTrapRegisters(thread: ThreadContext): void {
  thread.uepc = csrRead(CSR_UEPC);
  thread.utvec = csrRead(CSR_UTVEC);
  thread.uscratch = csrRead(CSR_USCRATCH);
  thread.ustatus = csrRead(CSR_SSTATUS) & USER_STATUS;
  thread.uie = csrRead(CSR_SIE) & IP_USER_SOFTWARE;
  csrClear(CSR_SSTATUS, USER_STATUS);
}

// User interrupts: the controller (UINTC), receivers and sender tables, and what they need when threads come and go.
//
// The controller has 512 receiver entries of 32 bytes (SEND, LOW, HIGH, ACTIVE). A thread that receives owns one;
// its ACTIVE bit is set only while the thread is in user mode: cleared first thing on kernel entry, set last thing on
// the way out, so that nobody else on its hart is interrupted for it. Vectors sent meanwhile collect in HIGH.
// A thread that sends owns one of 16 tables of 512 entries; the hardware reads the table by physical address.
// Freed receivers are forgotten by every table first, so a reused entry cannot be reached by an old registration.

import { csrClear, csrRead, csrSet, csrWrite, fence, load64, store64 } from "rv";
import { SENDER_TABLE_ENTRIES, SENDER_TABLES, USER_INTERRUPT_RECEIVERS } from "../../../abi/src/config";
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
import { ThreadContext } from "./thread-context";

const DEVICE_WINDOW: u64 = 0xffff_ffff_4000_0000;
const ENTRY_SIZE_BITS: u64 = 5;
const LOW: u64 = 0x08;
const HIGH: u64 = 0x10;
const ACTIVE: u64 = 0x18;
const LOW_64_VECTORS: u64 = 2;
const LOW_HART_SHIFT: u64 = 16;

const CSR_ENABLE: u64 = 1 << 63;
const ONE_PAGE: u64 = 1 << 44;

const SENDER_VALID: u64 = 1;
const SENDER_VECTOR_SHIFT: u64 = 16;
const SENDER_RECEIVER_SHIFT: u64 = 48;
const TABLE_SIZE: u32 = SENDER_TABLE_ENTRIES * 8;

const USER_STATUS: u64 = SSTATUS_UIE | SSTATUS_UPIE;
const MEMORY_THEN_DEVICE_PREDECESSOR: u32 = 3;
const MEMORY_THEN_DEVICE_SUCCESSOR: u32 = 12;

/** One byte a receiver entry: in use? */
const receiversInUse = memory.data(USER_INTERRUPT_RECEIVERS, 8);
/** The TCB that owns each sender table, or 0. */
const tableOwners = memory.data(SENDER_TABLES * 4, 8);

export class UserInterrupts {
  /** Virtual address of the controller; 0: there is none. */
  static controller: u64 = 0;
  /** Address of the first sender table. */
  static tables: u32 = 0;

  /** Boot: the controller's physical address (0: none), and memory for the sender tables (zeroed pages). */
  static initialise(physicalBase: u64, tables: u32): void {
    UserInterrupts.controller = physicalBase == 0 ? 0 : DEVICE_WINDOW + physicalBase;
    UserInterrupts.tables = tables;
  }

  /** Does this machine have user interrupts? */
  @inline static present(): bool {
    return UserInterrupts.controller != 0;
  }

  // Receivers

  /** Takes a free receiver entry with nothing pending; −1: none is left. */
  static allocateReceiver(): i32 {
    if (!UserInterrupts.present()) return -1;
    for (let index: i32 = 0; index < USER_INTERRUPT_RECEIVERS; index++) {
      if (load<u8>(receiversInUse + index) == 0) {
        store<u8>(receiversInUse + index, 1);
        store64(UserInterrupts.register(index, ACTIVE), 0);
        load64(UserInterrupts.register(index, HIGH));
        return index;
      }
    }
    return -1;
  }

  /** Gives an entry back. No thread is bound to it any more. */
  static freeReceiver(index: u32): void {
    UserInterrupts.invalidateSenders(index);
    store64(UserInterrupts.register(index, ACTIVE), 0);
    store<u8>(receiversInUse + index, 0);
  }

  /** The thread (the caller, or one that runs on no other hart) receives what is sent to entry `index`. */
  static bindReceiver(tcb: u32, index: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    // A thread without flags has its user trap registers still in the hart, if it is the one that entered the kernel.
    if (HartContext.get().current == tcb && (thread.flags & FLAG_RECEIVER) == 0)
      saveUserTrapRegisters(thread);
    thread.receiverIndex = index;
    thread.uie = IP_USER_SOFTWARE;
    thread.flags |= FLAG_RECEIVER;
  }

  /** The thread receives no more. It runs on no other hart. */
  static unbindReceiver(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    thread.flags &= ~FLAG_RECEIVER;
    thread.receiverIndex = 0;
  }

  /** Vectors that wait in an entry. They stay there. */
  static pending(index: u32): u64 {
    const high = UserInterrupts.register(index, HIGH);
    const vectors = load64(high);
    // Reading cleared them; writing adds to what came meanwhile.
    if (vectors != 0) store64(high, vectors);
    return vectors;
  }

  /** Does anything wait in an entry? */
  static hasPending(index: u32): bool {
    return UserInterrupts.pending(index) != 0;
  }

  // Senders

  /** Lets a thread send `vector` to a receiver; the index to use, or −1: no table or no entry is left. */
  static registerSender(tcb: u32, receiver: u32, vector: u32): i32 {
    const thread = changetype<ThreadContext>(tcb);
    const table = (thread.flags & FLAG_SENDER) != 0 ? thread.senderTable : allocateTable(tcb);
    if (table == 0) return -1;
    const word =
      SENDER_VALID | ((<u64>vector) << SENDER_VECTOR_SHIFT) | ((<u64>receiver) << SENDER_RECEIVER_SHIFT);
    const entry = findEntry(table, word);
    if (entry < 0) return -1;
    store<u64>(table + ((<u32>entry) << 3), word);
    thread.senderTable = table;
    thread.flags |= FLAG_SENDER;
    return entry;
  }

  /** No table leads to this receiver any more. */
  static invalidateSenders(receiver: u32): void {
    for (let i: u32 = 0; i < SENDER_TABLES; i++) {
      if (load<u32>(tableOwners + ((<usize>i) << 2)) == 0) continue;
      const table = UserInterrupts.tables + i * TABLE_SIZE;
      for (let entry = table; entry < table + TABLE_SIZE; entry += 8) {
        const word = load<u64>(entry);
        if ((word & SENDER_VALID) != 0 && word >> SENDER_RECEIVER_SHIFT == receiver) store<u64>(entry, 0);
      }
    }
    fence(MEMORY_THEN_DEVICE_PREDECESSOR, MEMORY_THEN_DEVICE_SUCCESSOR);
  }

  /** The thread is deleted: its table is free again. Its receiver entry belongs to the notification, not to it. */
  static releaseThread(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_SENDER) != 0) {
      memory.fill(thread.senderTable, 0, TABLE_SIZE);
      const index = (thread.senderTable - UserInterrupts.tables) / TABLE_SIZE;
      store<u32>(tableOwners + ((<usize>index) << 2), 0);
      thread.flags &= ~FLAG_SENDER;
      thread.senderTable = 0;
    }
    if ((thread.flags & FLAG_RECEIVER) != 0) UserInterrupts.unbindReceiver(tcb);
  }

  // Kernel entry and exit of flagged threads

  /** On kernel entry, before the lock is taken: the hart forgets the thread's user-interrupt state. */
  static leave(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_RECEIVER) != 0) {
      store64(UserInterrupts.register(thread.receiverIndex, ACTIVE), 0);
      saveUserTrapRegisters(thread);
      csrWrite(CSR_SUIRS, 0);
      csrClear(CSR_SIE, IP_USER_SOFTWARE);
      csrClear(CSR_SIP, IP_USER_SOFTWARE);
      csrWrite(CSR_SIDELEG, 0);
    }
    if ((thread.flags & FLAG_SENDER) != 0) csrWrite(CSR_SUIST, 0);
  }

  /** Last thing before the thread is in user mode: the hart takes on its user-interrupt state. */
  static enter(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    if ((thread.flags & FLAG_SENDER) != 0) {
      csrWrite(CSR_SUIST, CSR_ENABLE | ONE_PAGE | (<u64>thread.senderTable >> 12));
    }
    if ((thread.flags & FLAG_RECEIVER) == 0) return;
    const index = thread.receiverIndex;
    csrWrite(CSR_UEPC, thread.uepc);
    csrWrite(CSR_UTVEC, thread.utvec);
    csrWrite(CSR_USCRATCH, thread.uscratch);
    csrClear(CSR_SSTATUS, USER_STATUS);
    csrSet(CSR_SSTATUS, thread.ustatus);
    csrWrite(CSR_SIDELEG, IP_USER_SOFTWARE);
    csrSet(CSR_SIE, thread.uie);
    csrWrite(CSR_SUIRS, CSR_ENABLE | <u64>index);
    store64(
      UserInterrupts.register(index, LOW),
      ((<u64>HartContext.get().hartId) << LOW_HART_SHIFT) | LOW_64_VECTORS,
    );
    store64(UserInterrupts.register(index, ACTIVE), 1);
  }

  /** Address of a register of receiver entry `index`. */
  private static register(index: u32, offset: u64): u64 {
    return UserInterrupts.controller + ((<u64>index) << ENTRY_SIZE_BITS) + offset;
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

/** A free sender table for a thread; 0: none is left. */
function allocateTable(tcb: u32): u32 {
  for (let i: u32 = 0; i < SENDER_TABLES; i++) {
    const owner = tableOwners + ((<usize>i) << 2);
    if (load<u32>(owner) == 0) {
      store<u32>(owner, tcb);
      return UserInterrupts.tables + i * TABLE_SIZE;
    }
  }
  return 0;
}

/** The entry that says `word` already, else the first free one; −1: the table is full. */
function findEntry(table: u32, word: u64): i32 {
  let free: i32 = -1;
  for (let i: i32 = 0; i < SENDER_TABLE_ENTRIES; i++) {
    const entry = load<u64>(table + ((<u32>i) << 3));
    if (entry == word) return i;
    if (free < 0 && (entry & SENDER_VALID) == 0) free = i;
  }
  return free;
}

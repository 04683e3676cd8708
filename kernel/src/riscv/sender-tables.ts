// Sender tables: which vectors of which receivers a thread may send, without the kernel.
//
// The hardware reads a sending thread's table by physical address: 512 entries of 8 bytes (bit 0 valid, 31:16 vector,
// 63:48 receiver entry). Beside each the kernel keeps the notification through which it was registered (0: the entry is not
// valid), so that the entries go when the notification, or the last capability with the vector's badge, goes. That looks
// through all tables, as far as their entries have been used, without a preemption point.

import { fence } from "rv";
import { SENDER_TABLE_ENTRIES, SENDER_TABLES } from "../../../abi/src/config";
import { countWork } from "../preemption";

const VALID: u64 = 1;
const VECTOR_SHIFT: u64 = 16;
const VECTOR_MASK: u64 = 0xffff;
const RECEIVER_SHIFT: u64 = 48;

/** 2^n bytes of one table. */
const TABLE_BITS: u32 = 12;
const ENTRIES: u32 = SENDER_TABLE_ENTRIES;
const TABLES: u32 = SENDER_TABLES;

const READ_WRITE: u32 = 3;
const DEVICE_AND_MEMORY: u32 = 15;

/** 2^n entries that are looked at in the time of a unit of work. */
const ENTRIES_PER_WORK_UNIT_BITS: u32 = 6;

/** The TCB that owns each table, or 0. */
const owners = memory.data(SENDER_TABLES * 4, 8);
/** How many entries of each table, from the first, have been used since somebody owns it. */
const used = memory.data(SENDER_TABLES * 4, 8);

export class SenderTables {
  private static tables: u32 = 0;
  private static notifications: u32 = 0;

  /** 2^n bytes of memory that all tables, and the words beside them, need. */
  static readonly MEMORY_BITS: u32 = TABLE_BITS + 5;

  /** Boot: zeroed memory, aligned to its size. */
  static initialise(memory: u32): void {
    SenderTables.tables = memory;
    SenderTables.notifications = memory + (TABLES << TABLE_BITS);
  }

  /** A free table for a thread; 0: none is left. */
  static allocate(tcb: u32): u32 {
    for (let i: u32 = 0; i < TABLES; i++) {
      if (load<u32>(owners + ((<usize>i) << 2)) != 0) continue;
      store<u32>(owners + ((<usize>i) << 2), tcb);
      return SenderTables.tables + (i << TABLE_BITS);
    }
    return 0;
  }

  /** The table is free again, and leads nowhere. */
  static free(table: u32): void {
    const index = SenderTables.indexOf(table);
    memory.fill(table, 0, 1 << TABLE_BITS);
    memory.fill(notificationOf(table), 0, 1 << (TABLE_BITS - 1));
    store<u32>(owners + ((<usize>index) << 2), 0);
    store<u32>(used + ((<usize>index) << 2), 0);
    SenderTables.publish();
  }

  /** Puts an entry into a table; its index, or −1: the table is full. Asking twice gives the same entry. */
  static add(table: u32, receiver: u32, vector: u32, notification: u32): i32 {
    const word = VALID | ((<u64>vector) << VECTOR_SHIFT) | ((<u64>receiver) << RECEIVER_SHIFT);
    const length = <usize>used + (SenderTables.indexOf(table) << 2);
    const count = load<u32>(length);
    let free = count;
    for (let i: u32 = 0; i < count; i++) {
      const entry = table + (i << 3);
      const holder = load<u32>(notificationOf(entry));
      if (holder == notification && load<u64>(entry) == word) return i;
      if (free == count && holder == 0) free = i;
    }
    if (free == ENTRIES) return -1;
    if (free == count) store<u32>(length, count + 1);
    const entry = table + (free << 3);
    store<u32>(notificationOf(entry), notification);
    store<u64>(entry, word);
    SenderTables.publish();
    return free;
  }

  /** Removes the entries made through a notification: those with `vector`, or all (−1). */
  static invalidate(notification: u32, vector: i32): void {
    // An empty table takes as long as a few entries.
    let looked = TABLES << 2;
    for (let i: u32 = 0; i < TABLES; i++) {
      const count = load<u32>(used + ((<usize>i) << 2));
      const first = SenderTables.notifications + (i << (TABLE_BITS - 1));
      for (let note = first; note < first + (count << 2); note += 4) {
        if (load<u32>(note) == notification) SenderTables.remove(i, (note - first) >> 2, vector);
      }
      looked += count;
    }
    countWork(looked >> ENTRIES_PER_WORK_UNIT_BITS);
    SenderTables.publish();
  }

  /** Makes an entry invalid, if it has `vector`, or that is −1. */
  private static remove(table: u32, index: u32, vector: i32): void {
    const entry = SenderTables.tables + (table << TABLE_BITS) + (index << 3);
    if (vector >= 0 && <i32>((load<u64>(entry) >> VECTOR_SHIFT) & VECTOR_MASK) != vector) return;
    store<u64>(entry, 0);
    store<u32>(notificationOf(entry), 0);
  }

  private static indexOf(table: u32): u32 {
    return (table - SenderTables.tables) >> TABLE_BITS;
  }

  /** Tables that belong to a thread. */
  static tablesTaken(): u64 {
    let count: u64 = 0;
    for (let i: u32 = 0; i < TABLES; i++) {
      if (load<u32>(owners + ((<usize>i) << 2)) != 0) count++;
    }
    return count;
  }

  /** Entries of all tables that lead to a receiver. */
  static entriesValid(): u64 {
    if (SenderTables.tables == 0) return 0; // without the hardware there are none
    let count: u64 = 0;
    const end = SenderTables.tables + (TABLES << TABLE_BITS);
    for (let entry = SenderTables.tables; entry < end; entry += 8) count += load<u64>(entry) & VALID;
    return count;
  }

  /** Entries are seen by every later send, also of other harts, before the kernel goes on. */
  private static publish(): void {
    fence(READ_WRITE, DEVICE_AND_MEMORY);
  }

  /** First word of the kernel's notes. */
  static get notes(): u32 {
    return SenderTables.notifications;
  }

  static get first(): u32 {
    return SenderTables.tables;
  }
}

/** Address of the note beside an entry: the notification it was registered through. */
function notificationOf(entry: u32): u32 {
  return SenderTables.notes + ((entry - SenderTables.first) >> 1);
}

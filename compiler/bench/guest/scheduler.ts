// 256 priorities, a doubly linked ready queue for each, and a two-level bitmap of those that are not empty.
import { csrWrite } from "rv";
import {
  ADDRESS_MASK,
  SLOT_VSPACE,
  setThreadState,
  THREAD_RUNNING,
  Thread,
  threadSlot,
  threadState,
} from "./layout";

/** CSR that stands for satp, so that the benchmark keeps its own address space. */
const SSCRATCH: u32 = 0x140;
const SV39: u64 = 8;
const TIME_SLICE: u32 = 5;

let current: Thread = changetype<Thread>(0);
let rescheduleNeeded: u32 = 0;
let topLevel: u64 = 0;
const bottomLevel: u32 = memory.data(32, 8);
/** 256 × { head: u32, end: u32 } */
const queues: u32 = memory.data(256 * 8, 8);

export function currentThread(): Thread {
  return current;
}

export function setCurrentThread(thread: Thread): void {
  current = thread;
}

export function requestReschedule(): void {
  rescheduleNeeded = 1;
}

function markReady(priority: u32): void {
  const word = priority >> 6;
  topLevel |= (<u64>1) << word;
  const address = bottomLevel + (word << 3);
  store<u64>(address, load<u64>(address) | ((<u64>1) << (priority & 63)));
}

function markEmpty(priority: u32): void {
  const word = priority >> 6;
  const address = bottomLevel + (word << 3);
  const bits = load<u64>(address) & ~((<u64>1) << (priority & 63));
  store<u64>(address, bits);
  if (bits == 0) topLevel &= ~((<u64>1) << word);
}

/** Puts a thread at the head of its ready queue. */
export function enqueue(thread: Thread): void {
  if (thread.flags & 1) return;
  const queue = queues + (thread.priority << 3);
  const head = load<u32>(queue);
  if (head == 0) {
    store<u32>(queue, changetype<u32>(thread), 4);
    markReady(thread.priority);
  } else {
    changetype<Thread>(head).readyPrevious = thread;
  }
  thread.readyPrevious = null;
  thread.readyNext = changetype<Thread>(head);
  store<u32>(queue, changetype<u32>(thread));
  thread.flags |= 1;
}

/** Puts a thread at the end of its ready queue. */
export function append(thread: Thread): void {
  if (thread.flags & 1) return;
  const queue = queues + (thread.priority << 3);
  const end = load<u32>(queue, 4);
  if (load<u32>(queue) == 0) {
    store<u32>(queue, changetype<u32>(thread));
    markReady(thread.priority);
  } else {
    changetype<Thread>(end).readyNext = thread;
  }
  thread.readyPrevious = changetype<Thread>(end);
  thread.readyNext = null;
  store<u32>(queue, changetype<u32>(thread), 4);
  thread.flags |= 1;
}

export function dequeue(thread: Thread): void {
  if (!(thread.flags & 1)) return;
  const queue = queues + (thread.priority << 3);
  const previous = thread.readyPrevious;
  const next = thread.readyNext;
  if (previous != null) {
    previous.readyNext = next;
  } else {
    store<u32>(queue, changetype<u32>(next));
    if (next == null) markEmpty(thread.priority);
  }
  if (next != null) next.readyPrevious = previous;
  else store<u32>(queue, changetype<u32>(previous), 4);
  thread.flags &= ~1;
}

function highestPriority(): u32 {
  const word = 63 - <u32>clz(topLevel);
  return (word << 6) + 63 - <u32>clz(load<u64>(bottomLevel + (word << 3)));
}

export function isHighestPriority(priority: u32): bool {
  return topLevel == 0 || priority >= highestPriority();
}

/** Switches the address space to that of a page-table capability's words. */
export function switchAddressSpace(word0: u64, word1: u64): void {
  csrWrite(SSCRATCH, (SV39 << 60) | ((word0 & 0xffff) << 44) | ((word1 & ADDRESS_MASK) >> 11));
}

function switchTo(thread: Thread): void {
  const root = threadSlot(thread, SLOT_VSPACE);
  switchAddressSpace(root.word0, root.word1);
  current = thread;
}

export function schedule(): void {
  if (!rescheduleNeeded) return;
  const thread = current;
  if (threadState(thread) == THREAD_RUNNING) {
    if (thread.timeSlice) {
      enqueue(thread);
    } else {
      thread.timeSlice = TIME_SLICE;
      append(thread);
    }
  }
  if (topLevel == 0) return;
  const next = changetype<Thread>(load<u32>(queues + (highestPriority() << 3)));
  dequeue(next);
  switchTo(next);
  rescheduleNeeded = 0;
}

export function timerTick(): void {
  const thread = current;
  if (threadState(thread) != THREAD_RUNNING) return;
  if (thread.timeSlice > 1) {
    thread.timeSlice--;
  } else {
    thread.timeSlice = TIME_SLICE;
    append(thread);
    rescheduleNeeded = 1;
  }
}

/** Makes a thread runnable and asks for a reschedule if it should preempt. */
export function wake(thread: Thread): void {
  setThreadState(thread, THREAD_RUNNING);
  if (thread.priority > current.priority) rescheduleNeeded = 1;
}

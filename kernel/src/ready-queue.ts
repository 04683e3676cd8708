// Ready queues: a doubly linked list of threads for each priority of each hart, and a two-level bitmap that finds the
// most important non-empty one with two count-leading-zeros. Queues of every hart are protected by the kernel lock.

import { DOMAINS } from "../../abi/src/config";
import { Domains } from "./domains";
import { Hart } from "./hart";
import { ReadyHandlers } from "./ready-handlers";
import { Tcb } from "./tcb";

export class ReadyQueue {
  /** Puts a runnable thread first in the queue of its hart and priority. */
  static prepend(thread: Tcb): void {
    if (thread.queued) return;
    const hart = Domains.recordOf(thread);
    const queue = hart.queue(thread.priority);
    const head = load<u32>(queue);
    thread.readyPrevious = 0;
    thread.readyNext = head;
    if (head) {
      Tcb.at(head).readyPrevious = thread.address;
    } else {
      store<u32>(queue, thread.address, 4);
      ReadyQueue.mark(hart, thread.priority);
    }
    store<u32>(queue, thread.address);
    thread.queued = 1;
    ReadyQueue.notifyHart(hart, thread);
  }

  /** Puts a runnable thread last in the queue of its hart and priority. */
  static append(thread: Tcb): void {
    if (thread.queued) return;
    const hart = Domains.recordOf(thread);
    const queue = hart.queue(thread.priority);
    const tail = load<u32>(queue, 4);
    thread.readyNext = 0;
    thread.readyPrevious = tail;
    if (tail) {
      Tcb.at(tail).readyNext = thread.address;
    } else {
      store<u32>(queue, thread.address);
      ReadyQueue.mark(hart, thread.priority);
    }
    store<u32>(queue, thread.address, 4);
    thread.queued = 1;
    ReadyQueue.notifyHart(hart, thread);
  }

  /** Takes a thread out of its queue, if it is in one. */
  static remove(thread: Tcb): void {
    if (!thread.queued) return;
    const hart = Domains.recordOf(thread);
    const queue = hart.queue(thread.priority);
    const previous = thread.readyPrevious;
    const next = thread.readyNext;
    if (previous) Tcb.at(previous).readyNext = next;
    else store<u32>(queue, next);
    if (next) Tcb.at(next).readyPrevious = previous;
    else store<u32>(queue, previous, 4);
    if (!(previous | next)) ReadyQueue.unmark(hart, thread.priority);
    thread.queued = 0;
  }

  /** Is no ready thread of the hart more important than `priority`? */
  @inline static isHighest(hart: Hart, priority: u32): bool {
    return priority + 1 >= hart.readyLevel;
  }

  private static mark(hart: Hart, priority: u32): void {
    const word = priority >> 6;
    const address = hart.bitmapWord(word);
    hart.bitmapTop |= 1 << word;
    store<u64>(address, load<u64>(address) | ((<u64>1) << (priority & 63)));
    if (priority >= hart.readyLevel) ReadyQueue.setLevel(hart, priority + 1);
  }

  private static unmark(hart: Hart, priority: u32): void {
    const word = priority >> 6;
    const address = hart.bitmapWord(word);
    const bits = load<u64>(address) & ~((<u64>1) << (priority & 63));
    store<u64>(address, bits);
    if (bits == 0) hart.bitmapTop &= ~(1 << word);
    if (priority + 1 == hart.readyLevel) ReadyQueue.setLevel(hart, ReadyQueue.findLevel(hart));
  }

  @inline private static setLevel(hart: Hart, level: u32): void {
    hart.readyLevel = level;
    hart.switchLevel = ReadyHandlers.switchLevel(level);
  }

  /** 1 + the highest priority in the bitmap, or 0. */
  private static findLevel(hart: Hart): u32 {
    if (hart.bitmapTop == 0) return 0;
    const word: u32 = 31 - clz<u32>(hart.bitmapTop);
    return (word << 6) + 64 - <u32>clz<u64>(load<u64>(hart.bitmapWord(word)));
  }

  /**
   * A thread became ready on another hart: remembers to interrupt that hart when this kernel entry ends. Equal
   * priority counts too, as a hart without rivals runs without a timer and has to start it.
   */
  @inline private static notifyHart(hart: Hart, thread: Tcb): void {
    // Several domains have one hart.
    if (DOMAINS > 1) return;
    const here = Hart.current();
    if (hart.address == here.address) return;
    if (hart.isIdle() || thread.priority >= hart.thread.priority) {
      here.reschedulePending |= 1 << hart.index;
    }
  }
}

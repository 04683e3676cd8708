// The asynchronous handlers that have something to do: a list for each priority, which is the handler's thread's, first
// come first served. One set for all harts, as any hart may run a handler.

import { PRIORITIES } from "../../abi/src/config";
import { Hart } from "./hart";
import { HartContext } from "./riscv/hart-context";
import { Tcb } from "./tcb";

/** {head: u32, tail: u32} of each priority. */
export const queues = <u32>memory.data(PRIORITIES * 8, 8);
/** Bit p of the 256: priority p has a ready handler. */
const bitmap = <u32>memory.data(PRIORITIES / 8, 8);
const BITMAP_WORDS: u32 = PRIORITIES / 64;

export class ReadyHandlers {
  private static highest: u32 = 0;
  private static count: u32 = 0;

  /** 1 + the priority of the most important ready handler; 0: none is ready. */
  @inline static get level(): u32 {
    return ReadyHandlers.highest;
  }

  /** Address of the list {head: u32, tail: u32} of a priority. */
  @inline static queue(priority: u32): u32 {
    return queues + (priority << 3);
  }

  /** Thread of the most important ready handler; there is one. */
  static first(): Tcb {
    return Tcb.at(load<u32>(ReadyHandlers.queue(ReadyHandlers.highest - 1)));
  }

  /** Puts a thread's handler behind those of its priority, if it is not ready yet. */
  static add(thread: Tcb): void {
    if (thread.handlerLevel != 0) return;
    ReadyHandlers.count += 1;
    const priority = thread.priority;
    const queue = ReadyHandlers.queue(priority);
    const tail = load<u32>(queue, 4);
    thread.handlerLevel = priority + 1;
    thread.handlerNext = 0;
    thread.handlerPrevious = tail;
    if (tail) {
      Tcb.at(tail).handlerNext = thread.address;
    } else {
      store<u32>(queue, thread.address);
      const word = bitmap + ((priority >> 6) << 3);
      store<u64>(word, load<u64>(word) | ((<u64>1) << (priority & 63)));
      if (priority >= ReadyHandlers.highest) ReadyHandlers.setHighest(priority + 1);
    }
    store<u32>(queue, thread.address, 4);
  }

  /** Takes a thread's handler out, if it is ready. */
  static remove(thread: Tcb): void {
    if (thread.handlerLevel == 0) return;
    ReadyHandlers.count -= 1;
    const priority = thread.handlerLevel - 1;
    const queue = ReadyHandlers.queue(priority);
    const previous = thread.handlerPrevious;
    const next = thread.handlerNext;
    thread.handlerLevel = 0;
    if (previous) Tcb.at(previous).handlerNext = next;
    else store<u32>(queue, next);
    if (next) Tcb.at(next).handlerPrevious = previous;
    else store<u32>(queue, previous, 4);
    if (previous | next) return;
    const word = bitmap + ((priority >> 6) << 3);
    store<u64>(word, load<u64>(word) & ~((<u64>1) << (priority & 63)));
    if (priority + 1 == ReadyHandlers.highest) ReadyHandlers.setHighest(ReadyHandlers.findHighest());
  }

  private static findHighest(): u32 {
    if (ReadyHandlers.count == 0) return 0;
    for (let word: u32 = BITMAP_WORDS; word > 0; word--) {
      const bits = load<u64>(bitmap + ((word - 1) << 3));
      if (bits != 0) return (word << 6) - <u32>clz<u64>(bits);
    }
    return 0;
  }

  /** Fast paths of every hart make way for handlers that are as important as the thread they would switch to. */
  private static setHighest(level: u32): void {
    ReadyHandlers.highest = level;
    for (let index: u32 = 0; index < HartContext.count(); index++) {
      const hart = Hart.number(index);
      hart.switchLevel = ReadyHandlers.switchLevel(hart.readyLevel);
    }
  }

  /**
   * Hart.switchLevel of a hart with this ready level. A fast path may switch to a thread of priority p if p ≥ the
   * switch level, and also if p + 1 equals it while the tick is on: so for a handler of priority h it is h + 2.
   */
  @inline static switchLevel(readyLevel: u32): u32 {
    const handlers = ReadyHandlers.highest;
    return handlers != 0 && handlers >= readyLevel ? handlers + 1 : readyLevel;
  }
}

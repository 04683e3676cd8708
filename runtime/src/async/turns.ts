/**
 * Whose turn it is: the ready lists, and switching from one coroutine to the next.
 *
 * Eight priorities, 0 first. For each a circular list of the coroutines that are ready, in the order of their turns, named by
 * its *tail*, whose successor is the head: appending, removing the head and going round are O(1) in a singly linked list.
 *
 * Invariants: the running coroutine and those that wait are in no list; `ready` has the bits of the priorities whose lists are not
 * empty. The handler of user interrupts touches none of this (arrivals.ts), so nothing here needs atomic operations.
 */
import { load64, switchStack } from "rv";
import { Arrivals } from "../arrivals";
import { Coroutine } from "./coroutine";
import { CoroutineTable } from "./coroutine-table";
import { ShadowStack } from "./shadow-stack";
import { Timers } from "./timers";

/** Number of priorities; 0 is the most important. */
export const PRIORITIES: u32 = 8;
/** How many times coroutines may yield before the executor looks at rings and timers. */
const YIELDS_BETWEEN_POLLS: u32 = 128;

/** Tails of the ready lists, 0 when empty. */
const tails: u32 = <u32>memory.data(32, 8);

/** A priority bit that no list has. */
export const NO_PRIORITY: u32 = 0x8000_0000;

/** In place of the running coroutine before there are any: only its priority bit is looked at. */
const nobody: u32 = <u32>memory.data<u32>([0, 0, 0, 0, 0, 0, 0x8000_0000]);

export class Turns {
  /** Bits of the priorities that have ready coroutines. */
  static ready: u32 = 0;
  /** The coroutine that runs. */
  static current: Coroutine = changetype<Coroutine>(nobody);
  /** What runs when no coroutine does: it polls, and waits in the kernel. */
  static executor: Coroutine = changetype<Coroutine>(0);
  /** A coroutine has become ready, or something was written to a ring, since the executor looked last. */
  static hasNews: bool = false;
  /** A coroutine that is ready let the executor poll. */
  static hasYielded: bool = false;
  private static yieldsLeft: u32 = YIELDS_BETWEEN_POLLS;

  /** Address of the tail of a priority's list. */
  @inline static queue(priority: u32): u32 {
    return tails + (priority << 2);
  }

  /** A coroutine that is in no ready list becomes ready, behind those of its priority that are. */
  static makeReady(coroutine: Coroutine): void {
    coroutine.waiting = 0;
    const tail = changetype<Coroutine>(load<u32>(coroutine.queue));
    if (changetype<u32>(tail) != 0) {
      coroutine.next = tail.next;
      tail.next = coroutine;
    } else {
      coroutine.next = coroutine;
      Turns.ready |= coroutine.bit;
    }
    store<u32>(coroutine.queue, changetype<u32>(coroutine));
    Turns.hasNews = true;
  }

  /** What a coroutine waited for has happened. */
  static wake(coroutine: Coroutine): void {
    Timers.take(coroutine);
    Turns.makeReady(coroutine);
  }

  /** The running coroutine waits until somebody wakes it; returns why it goes on (OUTCOME_*). */
  static suspend(): u32 {
    const me = Turns.current;
    if (me == Turns.executor) Turns.refuse();
    Turns.switchFrom(me, Turns.takeNext());
    return Turns.current.outcome;
  }

  /** The executor, in which handlers of requests run, cannot wait. */
  static refuse(): void {
    throw new Error("a handler of requests may not wait: register it with handleBlocking");
  }

  /** The running coroutine is over; its record can be used again. Does not return. */
  static leaveForEver(): void {
    const me = Turns.current;
    CoroutineTable.release(me);
    const next = Turns.takeNext();
    Turns.current = next;
    switchStack(changetype<u32>(me), changetype<u32>(next));
  }

  /** Takes the coroutine whose turn it is out of its list; the executor when none is ready. */
  private static takeNext(): Coroutine {
    const ready = Turns.ready;
    if (ready == 0) return Turns.executor;
    const queue = Turns.queue(ctz<u32>(ready));
    const tail = changetype<Coroutine>(load<u32>(queue));
    const head = tail.next;
    if (head == tail) {
      store<u32>(queue, 0);
      Turns.ready = ready & (ready - 1);
    } else {
      tail.next = head.next;
    }
    return head;
  }

  /** Continues `next`; returns when `me` is continued. */
  @inline static switchFrom(me: Coroutine, next: Coroutine): void {
    Turns.current = next;
    if (ShadowStack.inUse) {
      ShadowStack.save(me);
      switchStack(changetype<u32>(me), changetype<u32>(next));
      ShadowStack.restore(Turns.current);
    } else {
      switchStack(changetype<u32>(me), changetype<u32>(next));
    }
  }

  /** The executor lets the ready coroutines run, until none is ready or one lets it poll. */
  static runReady(): void {
    Turns.switchFrom(Turns.executor, Turns.takeNext());
  }

  /** The running coroutine lets the others of its priority, and more important ones, run first. */
  static yield(): void {
    const me = Turns.current;
    if (Turns.ready != me.bit || Turns.yieldsLeft == 0 || ShadowStack.inUse) {
      Turns.yieldAmong(me);
      return;
    }
    Turns.yieldsLeft -= 1;
    // This coroutine takes the head's place in the circle, and is its tail. In this order it is its own successor when the head
    // was alone.
    const queue = me.queue;
    const tail = changetype<Coroutine>(load<u32>(queue));
    const head = tail.next;
    tail.next = me;
    me.next = head.next;
    store<u32>(queue, changetype<u32>(me));
    Turns.current = head;
    switchStack(changetype<u32>(me), changetype<u32>(head));
  }

  /** Yields when priorities differ, or when it is time to look at rings and timers. */
  private static yieldAmong(me: Coroutine): void {
    if (me == Turns.executor) Turns.refuse();
    if (changetype<u32>(me) == nobody) return; // main, alone
    const isDue = Turns.yieldsLeft == 0;
    if (isDue) {
      Turns.yieldsLeft = YIELDS_BETWEEN_POLLS;
      Turns.yieldToExecutor(me);
      return;
    }
    Turns.yieldsLeft -= 1;
    const best = Turns.ready & -Turns.ready;
    if (best == 0 || best > me.bit) return;
    Turns.makeReady(me);
    Turns.switchFrom(me, Turns.takeNext());
  }

  private static yieldToExecutor(me: Coroutine): void {
    Turns.hasYielded = true;
    Turns.makeReady(me);
    Turns.switchFrom(me, Turns.executor);
  }

  /** For long computations: lets others run if one is more important, or if something has arrived. */
  static possibleSwitch(): void {
    const me = Turns.current;
    if (me == Turns.executor) return;
    if (load64(Arrivals.address) != 0) Turns.yieldToExecutor(me);
    else if ((Turns.ready & (me.bit - 1)) != 0) Turns.yieldAmong(me);
  }
}

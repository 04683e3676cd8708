/**
 * Whose turn it is: the ready lists, and switching from one coroutine to the next.
 *
 * Eight priorities, 0 first. For each a circular list of the coroutines that are ready, in the order of their turns, named by
 * its *tail*, whose successor is the head: appending, removing the head and going round are O(1) in a singly linked list.
 *
 * Coroutines that yield to each other make a *round*: the running one stays in the circle of its priority, and the next one's
 * turn is two steps of pointers. Whatever else happens, someone becoming ready or waiting, ends the round first.
 *
 * Invariants: outside of a round, the running coroutine and those that wait are in no list; `ready` has the bits of the
 * priorities whose lists are not empty. In a round, the circle of the running coroutine's priority holds it and others; its tail
 * is `last`, the running one's predecessor. The handler of user interrupts touches none of this (arrivals.ts), so nothing here
 * needs atomic operations.
 */
import { load64, rdcycle, switchStack, unlikely } from "rv";
import { Arrivals } from "../arrivals";
import { Coroutine } from "./coroutine";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { askForSignals } from "./executor";
import { ShadowStack } from "./shadow-stack";
import { Timers } from "./timers";

/** Number of priorities; 0 is the most important. */
export const PRIORITIES: u32 = 8;
/** Cycles for which coroutines may yield to each other before the executor looks at rings and timers ... */
const POLL_PERIOD: u64 = 4096;
/** ... and before they look whether there is any reason to, while there is none. */
const QUIET_PERIOD: u64 = 65_536;
/** Quiet periods after which the kernel is asked for signals, which come unnoticed without user interrupts. */
const PERIODS_BETWEEN_SIGNALS: u32 = 32;

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
  /** The cycle from which on a yield lets the executor poll. */
  private static pollAt: u64 = 0;
  private static quietPeriodsLeft: u32 = PERIODS_BETWEEN_SIGNALS;
  /** The cycle at which the round is over; 0 when there is none. */
  private static roundEnd: u64 = 0;
  /** In a round, who ran before the running coroutine. */
  private static last: Coroutine = changetype<Coroutine>(nobody);

  /** Address of the tail of a priority's list. */
  @inline static queue(priority: u32): u32 {
    return tails + (priority << 2);
  }

  /** A coroutine that is in no ready list becomes ready, behind those of its priority that are. */
  static makeReady(coroutine: Coroutine): void {
    Turns.endRound();
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
    Turns.endRound();
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
    Turns.endRound();
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
    if (unlikely(rdcycle() >= Turns.roundEnd) || ShadowStack.inUse) Turns.yieldOutsideRound();
    else Turns.goRound(Turns.current);
  }

  /** In a round, the running coroutine's successor goes on. */
  @inline private static goRound(me: Coroutine): void {
    const next = me.next;
    Turns.last = me;
    Turns.current = next;
    switchStack(changetype<u32>(me), changetype<u32>(next));
  }

  /** Yields when there is no round, or when it is over; begins one, or prolongs it, if only coroutines of one priority take part. */
  private static yieldOutsideRound(): void {
    const me = Turns.current;
    if (me == Turns.executor) Turns.refuse();
    if (changetype<u32>(me) == nobody) return; // main, alone
    if (Turns.mustPoll()) {
      Turns.yieldToExecutor(me);
      return;
    }
    const best = Turns.ready & -Turns.ready;
    if (best == 0 || best > me.bit) return;
    if (best == me.bit && !ShadowStack.inUse) {
      if (Turns.roundEnd == 0) Turns.joinCircle(me);
      Turns.roundEnd = Turns.pollAt;
      Turns.goRound(me);
    } else {
      Turns.makeReady(me);
      Turns.switchFrom(me, Turns.takeNext());
    }
  }

  /** Is it time for the executor to poll? Says when it will be next. */
  @inline private static mustPoll(): bool {
    const isQuiet = changetype<u32>(Ends.hot) == 0 && !Timers.any;
    const period = isQuiet ? QUIET_PERIOD : POLL_PERIOD;
    const now = rdcycle();
    if (now < Turns.pollAt) {
      // since that time was set, there may have come something to poll
      Turns.pollAt = min(Turns.pollAt, now + period);
      return false;
    }
    Turns.pollAt = now + period;
    return !isQuiet || load64(Arrivals.address) != 0 || Turns.mustAskForSignals();
  }

  private static mustAskForSignals(): bool {
    Turns.quietPeriodsLeft -= 1;
    if (Turns.quietPeriodsLeft != 0) return false;
    Turns.quietPeriodsLeft = PERIODS_BETWEEN_SIGNALS;
    askForSignals();
    return true;
  }

  /** The running coroutine joins the circle of its priority, which is not empty, as its tail. */
  @inline private static joinCircle(me: Coroutine): void {
    const tail = changetype<Coroutine>(load<u32>(me.queue));
    me.next = tail.next;
    tail.next = me;
    Turns.last = tail;
  }

  /** Takes the running coroutine out of the circle, if there is a round. */
  @inline private static endRound(): void {
    if (unlikely(Turns.roundEnd != 0)) Turns.leaveCircle();
  }

  private static leaveCircle(): void {
    Turns.roundEnd = 0;
    const me = Turns.current;
    const last = Turns.last;
    last.next = me.next;
    store<u32>(me.queue, changetype<u32>(last));
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
    else if ((Turns.ready & (me.bit - 1)) != 0) Turns.yield();
  }
}

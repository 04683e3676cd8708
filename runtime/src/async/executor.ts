/**
 * What runs when no coroutine can: it looks at rings, timers and signals, and when there is nothing, waits.
 *
 * Waiting has three stages, each cheaper for the program and dearer for whoever wakes it: polling the rings (the peer does
 * nothing), armed in user mode (a user interrupt), blocked in the kernel (a Signal). Peers on the same hart cannot do
 * anything while this program runs, so for them only the last makes sense; so it is when other programs are placed on this hart,
 * which a program of high priority would stop for ever. How long to poll is learned from whether it paid (polling.ts).
 */
import {
  amoSwap64,
  ecall,
  ecallResult,
  load32,
  load64,
  pause,
  rdcycle,
  unlikely,
  waitWhileEqual32,
} from "rv";
import { SLOT_ASYNC_NOTIFICATION, SLOT_SERVICE_ENDPOINT } from "../../../abi/src/program-layout";
import { PEER_ARMED, PEER_AWAKE, PEER_BLOCKED } from "../../../abi/src/ring";
import { ENDPOINT_BADGE_FLAG, NEWS_BADGE } from "../../../abi/src/start-info";
import { SYS_SIGNAL_WAIT, TIMER_BADGE } from "../../../abi/src/syscalls";
import { Arrivals } from "../arrivals";
import { Features } from "../features";
import { Process } from "../process";
import { poll, setTimer, signal } from "../system-calls";
import { UserInterrupts } from "../user-interrupts";
import { AsyncClient } from "./async-client";
import { AsyncService } from "./async-service";
import { Connection } from "./connection";
import { Ends } from "./ends";
import { Handlers } from "./handlers";
import { News } from "./news";
import { Polling } from "./polling";
import { RingEnd } from "./ring-end";
import { SignalInbox } from "./signal-inbox";
import { Timers } from "./timers";
import { Turns } from "./turns";

/** Cycles armed in user mode before blocking. */
const ARMED_LIMIT: u32 = 100_000;

/** Rounds of the executor after which it asks the kernel for signals even though it never waits for them. */
const ROUNDS_BETWEEN_SIGNALS: u32 = 64;
/** NEWS_BADGE when there is news of peers that nobody has looked at. */
let newsCame: u64 = 0;
let roundsLeft: u32 = ROUNDS_BETWEEN_SIGNALS;

/** The executor's function: entered once, on its own stack. */
export function executorLoop(): void {
  for (;;) {
    if (unlikely(load64(Arrivals.address) != 0)) Executor.arrived(amoSwap64(Arrivals.address, 0));
    if (unlikely(--roundsLeft == 0)) Executor.askForSignals();
    // after both ways in which signals come, so that no news is slept through
    if (unlikely(newsCame != 0)) {
      newsCame = 0;
      News.read();
    }
    if (unlikely(Timers.any)) Timers.expire();
    const again = Executor.poll();
    if (unlikely(Turns.hasYielded)) Executor.flush();
    if (Turns.ready != 0) Turns.runReady();
    if (Turns.ready == 0 && !again) Executor.idle();
  }
}

/** Takes the signals that have come by user interrupt, before the executor does. */
export function takeArrivals(): void {
  Executor.arrived(amoSwap64(Arrivals.address, 0));
}

/** Takes the signals that have come by way of the kernel. */
export function askForSignals(): void {
  Executor.askForSignals();
}

class Executor {
  /**
   * Looks at all hot ends once. Coroutines whose responses are there may run meanwhile.
   * @returns whether to look again before anything else: a client on another hart sends while it is being served
   */
  @inline static poll(): bool {
    let again = false;
    Turns.hasNews = false;
    for (let end = Ends.hot; changetype<u32>(end) != 0; end = end.nextHot) {
      if (end.isService) {
        if (!changetype<Connection>(changetype<u32>(end)).serve()) continue;
        if (end.isRemote) again = true;
      } else if (!changetype<AsyncClient>(changetype<u32>(end)).collect()) {
        continue;
      }
      end.hasWorked = true;
    }
    return again;
  }

  /** Signals have come, by user interrupt or from the kernel. */
  @inline static arrived(vectors: u64): void {
    newsCame |= vectors & NEWS_BADGE;
    if (unlikely((vectors & SignalInbox.candidates) != 0))
      SignalInbox.arrive(vectors & SignalInbox.candidates);
    Ends.signalled(vectors & ~(NEWS_BADGE | TIMER_BADGE));
  }

  /** A program that is busy all the time sees here the signals of peers it does not poll. */
  static askForSignals(): void {
    roundsLeft = ROUNDS_BETWEEN_SIGNALS;
    if (UserInterrupts.areEnabled) {
      const previous = UserInterrupts.mask();
      const badge = Executor.withPending(poll(SLOT_ASYNC_NOTIFICATION));
      UserInterrupts.restore(previous);
      Executor.arrived(badge);
    } else {
      Executor.arrived(poll(SLOT_ASYNC_NOTIFICATION));
    }
  }

  /** The badge of a wait, and all that has come by user interrupt: the same signal may be in both. Interrupts are held back. */
  private static withPending(badge: u64): u64 {
    return badge | UserInterrupts.take() | amoSwap64(Arrivals.address, 0);
  }

  /** Coroutines take turns without ever waiting: what others have written must not wait for them. */
  static flush(): void {
    Turns.hasYielded = false;
    Executor.publishAll();
    RingEnd.settle();
    const slot = Executor.wakeAll();
    if (slot != 0) signal(slot);
  }

  /** Nothing to do: publishes what is not published, and waits. */
  @inline static idle(): void {
    if (Ends.remote == 0) Executor.idleOnOneHart();
    else Executor.idleAmongHarts();
  }

  /** All peers are on this hart: nothing can happen before this program gives it away. */
  @inline private static idleOnOneHart(): void {
    for (let end = Ends.hot; changetype<u32>(end) != 0; end = end.nextHot) {
      if (end.out != end.published) {
        end.publish();
        end.mustWake = true;
      }
      end.show(PEER_BLOCKED);
    }
    RingEnd.settle();
    let slot: u32 = 0;
    let news = false;
    let kept = changetype<RingEnd>(0);
    for (let end = Ends.hot; changetype<u32>(end) != 0; ) {
      const next = end.nextHot;
      if (end.mustWake) slot = Executor.wakeLater(end, slot);
      if (end.hasNews()) news = true;
      else if (Executor.isOver(end)) {
        end = next;
        continue;
      }
      end.hasWorked = false;
      end.nextHot = kept;
      kept = end;
      end = next;
    }
    Ends.hot = kept;
    if (unlikely(news)) {
      if (slot != 0) signal(slot);
    } else {
      Executor.block(slot);
    }
  }

  private static idleAmongHarts(): void {
    const only = Ends.hot;
    if (changetype<u32>(only) != 0 && changetype<u32>(only.nextHot) == 0) {
      if (only.out != only.published) only.publishAndWake();
      if (Executor.pollOne(only)) return;
    } else {
      Executor.flush();
      if (Ends.isBusy && Executor.pollAll()) return;
    }
    if (Executor.waitArmed()) {
      Executor.showAll(PEER_AWAKE);
      return;
    }
    Executor.showAll(PEER_BLOCKED);
    RingEnd.settle();
    if (Executor.anyNews()) {
      Executor.showAll(PEER_AWAKE);
      return;
    }
    Executor.coolDown();
    Executor.block(0);
  }

  /** Forgets the ends at which nothing goes on. */
  private static coolDown(): void {
    let kept = changetype<RingEnd>(0);
    for (let end = Ends.hot; changetype<u32>(end) != 0; ) {
      const next = end.nextHot;
      if (!Executor.isOver(end)) {
        end.hasWorked = false;
        end.nextHot = kept;
        kept = end;
      }
      end = next;
    }
    Ends.hot = kept;
  }

  /** Takes an end out of the hot ones, if nothing goes on there; the caller unlinks it then. */
  @inline private static isOver(end: RingEnd): bool {
    if (end.isService) {
      if (end.hasWorked) return false;
    } else {
      const client = changetype<AsyncClient>(changetype<u32>(end));
      if (!client.isQuiet) return false;
      client.coolDown();
    }
    end.isHot = false;
    return true;
  }

  /** Wakes the peer of `end`; one slot that must be signalled may wait, `pending`, and the later one is returned. */
  @inline private static wakeLater(end: RingEnd, pending: u32): u32 {
    end.mustWake = false;
    const slot = end.wakePeer();
    if (slot == 0) return pending;
    if (unlikely(pending != 0)) signal(pending);
    return slot;
  }

  /** Publishes everything that is written. */
  private static publishAll(): void {
    for (let end = Ends.hot; changetype<u32>(end) != 0; end = end.nextHot) {
      if (end.out == end.published) continue;
      end.publish();
      end.mustWake = true;
    }
  }

  private static showAll(state: u32): void {
    for (let end = Ends.hot; changetype<u32>(end) != 0; end = end.nextHot) end.show(state);
  }

  /** Wakes the peers something was published for; returns a slot that is still to be signalled, or 0. */
  private static wakeAll(): u32 {
    let pending: u32 = 0;
    for (let end = Ends.hot; changetype<u32>(end) != 0; end = end.nextHot) {
      if (end.mustWake) pending = Executor.wakeLater(end, pending);
    }
    return pending;
  }

  /** Is there anything in a ring that nobody has looked at? */
  private static anyNews(): bool {
    for (let end = Ends.hot; changetype<u32>(end) != 0; end = end.nextHot) if (end.hasNews()) return true;
    return false;
  }

  private static timerIsDue(): bool {
    return Timers.any && Timers.areDue;
  }

  /** Waits in user mode for a user interrupt; false when that took too long, or is not possible. */
  private static waitArmed(): bool {
    if (Process.sharesHart || !(Ends.isBusy || SignalInbox.isAwaited)) return false;
    if (!UserInterrupts.enableArrivals()) return false;
    Executor.showAll(PEER_ARMED);
    RingEnd.settle();
    if (Executor.anyNews()) return true;
    const start = rdcycle();
    const canWait = Features.waitOnReservation;
    do {
      if (load64(Arrivals.address) != 0 || Executor.timerIsDue()) return true;
      if (canWait) waitWhileEqual32(Arrivals.address, 0);
      else pause();
    } while (rdcycle() - start < ARMED_LIMIT);
    return false;
  }

  /** Polls the only ring there is; false when nothing came for as long as it has paid lately. */
  private static pollOne(end: RingEnd): bool {
    if (!end.isOpen) return false;
    let index = load32(end.inTail);
    if (end.isNews(index)) return true;
    if (unlikely(Polling.patience == 0)) return false;
    const canWait = Features.waitOnReservation;
    const start = rdcycle();
    do {
      if (canWait) waitWhileEqual32(end.inTail, index);
      else pause();
      index = load32(end.inTail);
      if (end.isNews(index)) return Polling.hasPaid(true);
      if (load64(Arrivals.address) != 0 || Executor.timerIsDue()) return true;
    } while (rdcycle() - start < Polling.patience);
    return Polling.hasPaid(false);
  }

  /** Polls all hot rings. */
  private static pollAll(): bool {
    const start = rdcycle();
    do {
      if (Executor.anyNews()) return Polling.hasPaid(true);
      if (load64(Arrivals.address) != 0 || Executor.timerIsDue()) return true;
      pause();
    } while (rdcycle() - start < Polling.patience);
    return Polling.hasPaid(false);
  }

  /** Signals `slot` (0: nobody) and waits in the kernel for a signal, a synchronous call or a timer. */
  @inline private static block(slot: u32): void {
    if (unlikely(UserInterrupts.areEnabled || Timers.any)) {
      Executor.blockCarefully(slot);
    } else {
      Executor.arrived(Executor.blockNow(slot));
    }
  }

  /** What may have arrived by user interrupt, and timers, must not be slept through. */
  private static blockCarefully(slot: u32): void {
    const previous = UserInterrupts.mask();
    if (load64(Arrivals.address) != 0 || Executor.timerIsDue()) {
      if (slot != 0) signal(slot);
    } else {
      if (Timers.any) setTimer(Timers.earliest);
      const badge = Executor.blockNow(slot);
      Executor.arrived(UserInterrupts.areEnabled ? Executor.withPending(badge) : badge);
    }
    UserInterrupts.restore(previous);
  }

  /** Returns the badge of the signals that ended the wait, or 0. */
  @inline private static blockNow(slot: u32): u64 {
    const waitSlot = Ends.answersCalls ? SLOT_SERVICE_ENDPOINT : SLOT_ASYNC_NOTIFICATION;
    let badge = ecall(slot, waitSlot, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
    const info = ecallResult(1);
    const word0 = ecallResult(2);
    const word1 = ecallResult(3);
    const word2 = ecallResult(4);
    const word3 = ecallResult(5);
    if ((badge & ENDPOINT_BADGE_FLAG) != 0)
      badge = unlikely(Handlers.passesCalls)
        ? Handlers.passCall(badge, info, word0, word1, word2, word3)
        : AsyncService.answerCalls(info, word0, word1, word2, word3);
    roundsLeft = ROUNDS_BETWEEN_SIGNALS;
    return badge;
  }
}

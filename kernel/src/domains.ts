// Scheduling domains (seL4 manual, 6.4): only threads of one domain run at a time, for as long as the schedule says. The
// hart's own ready queues are those of the current domain; those of the others are parked, and change places with them when
// their domain's time comes. A kernel with several domains runs on one hart and has no asynchronous system calls, so
// nothing tells one domain's threads what those of another do.
//
// The schedule is a table of (domain, duration) words that ends at the first zero; its last word stays zero.

import { DOMAIN_SCHEDULES, DOMAINS, PRIORITIES } from "../../abi/src/config";
import { Hart, READY_QUEUES, READY_QUEUES_SIZE } from "./hart";
import { ReadyHandlers } from "./ready-handlers";
import { Fpu } from "./riscv/fpu";
import { HART_CONTEXT_SIZE } from "./riscv/layout";
import { Tcb } from "./tcb";

const DURATION_BITS: u64 = 56;
/** Longest duration in ticks. */
export const MAX_DURATION: u64 = (1 << DURATION_BITS) - 1;

const schedule = memory.data(DOMAIN_SCHEDULES * 8, 8);

/** For each domain its ready queues while they are parked, at their places in a hart's record. */
export const parked = memory.data(DOMAINS * (HART_CONTEXT_SIZE + 32 + PRIORITIES / 8 + PRIORITIES * 8), 8);
export const PARKED_SIZE: u32 = READY_QUEUES + READY_QUEUES_SIZE;

export class Domains {
  /** The domain whose threads run. */
  static current: u32 = 0;
  /** Ticks until the next one's turn. */
  static timeLeft: u64 = 0;
  private static index: u32 = 0;
  private static start: u32 = 0;

  /** Domain 0 runs for ever, until somebody writes a schedule. */
  static initialise(): void {
    Domains.configure(0, 0, MAX_DURATION);
    Domains.timeLeft = MAX_DURATION;
  }

  /** The ready queues that a thread belongs to. */
  @inline static queuesOf(thread: Tcb): Hart {
    return Domains.mayRun(thread) ? Hart.from(thread.hart) : Domains.parkedQueues(thread.domain);
  }

  /** Is it the turn of the thread's domain? */
  @inline static mayRun(thread: Tcb): bool {
    return DOMAINS == 1 || thread.domain == Domains.current;
  }

  /** Is this entry of the schedule its end? */
  static isEnd(index: u32): bool {
    return load<u64>(entry(index)) == 0;
  }

  static isStart(index: u32): bool {
    return index == Domains.start;
  }

  static configure(index: u32, domain: u32, duration: u64): void {
    store<u64>(entry(index), ((<u64>domain) << DURATION_BITS) | duration);
  }

  /** The schedule begins anew, now and from now on, at an entry that is not its end. */
  static setStart(index: u32): void {
    Domains.start = index;
    Domains.index = DOMAIN_SCHEDULES - 2;
    Domains.timeLeft = 0;
  }

  /** A timer tick; true when the domain's time is over. */
  static tick(): bool {
    Domains.timeLeft -= 1;
    return Domains.timeLeft == 0;
  }

  /** The next domain of the schedule takes the hart's ready queues. No thread of the old one is the hart's current one any more. */
  static next(hart: Hart): void {
    Domains.index += 1;
    if (Domains.isEnd(Domains.index)) Domains.index = Domains.start;
    const word = load<u64>(entry(Domains.index));
    const domain = <u32>(word >> DURATION_BITS);
    Domains.timeLeft = word & MAX_DURATION;
    Fpu.releaseOwner();
    if (DOMAINS == 1 || domain == Domains.current) return;
    move(hart, Domains.parkedQueues(Domains.current));
    move(Domains.parkedQueues(domain), hart);
    hart.switchLevel = ReadyHandlers.switchLevel(hart.readyLevel);
    Domains.current = domain;
  }

  static parkedQueues(domain: u32): Hart {
    return Hart.from(<u32>parked + domain * PARKED_SIZE);
  }
}

function entry(index: u32): u32 {
  return <u32>schedule + (index << 3);
}

/** Moves ready queues from one place to another. */
function move(from: Hart, to: Hart): void {
  to.bitmapTop = from.bitmapTop;
  to.readyLevel = from.readyLevel;
  memory.copy(to.address + READY_QUEUES, from.address + READY_QUEUES, READY_QUEUES_SIZE);
  from.bitmapTop = 0;
  from.readyLevel = 0;
  memory.fill(from.address + READY_QUEUES, 0, READY_QUEUES_SIZE);
}

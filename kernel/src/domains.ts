// Domains: the hart runs only threads of one domain at a time, for as many ticks as the schedule says, then of the
// next. The schedule is a table that the domain capability changes; it goes from its start to the first end marker, and
// begins again. As in seL4, a kernel with several domains has one hart.
//
// The hart's record holds the ready queues of the domain that runs. Those of every other domain are parked in a record of
// the same layout, and a switch exchanges the two: who handles queues need only ask which of the two a thread belongs to.

import { DOMAIN_SCHEDULES, DOMAINS } from "../../abi/src/config";
import { BITMAP, HART_BYTES, Hart } from "./hart";
import { ReadyHandlers } from "./ready-handlers";
import { Tcb } from "./tcb";

/** Entries of the schedule; the last one is always an end marker. */
export const SCHEDULE_ENTRIES: u32 = DOMAINS > 1 ? DOMAIN_SCHEDULES : 2;
/** Ticks of an entry are fewer than this. */
export const DURATION_END: u64 = (<u64>1) << 56;

/** {domain: u64, ticks: u64} each; no ticks: an end marker. */
const schedule = <u32>memory.data((DOMAINS > 1 ? DOMAIN_SCHEDULES : 2) * 16, 8);
/** Records of the domains that do not run. */
const parked = <u32>memory.data(DOMAINS > 1 ? DOMAINS * 0xa00 : 8, 8);
const PARKED_SIZE: u32 = 0xa00;

export class Domains {
  /** The domain that runs. */
  static current: u32 = 0;
  /** Entry of the schedule that runs. */
  private static entry: u32 = 0;
  private static start: u32 = 0;
  private static ticksLeft: u64 = DURATION_END - 1;

  /** Boot: domain 0 runs, for good. */
  static initialise(): void {
    Domains.configure(0, 0, DURATION_END - 1);
  }

  /** Do the ready queues fit the parked records? Checked at boot. */
  static fit(): bool {
    return HART_BYTES <= PARKED_SIZE;
  }

  /** Does the thread belong to the domain that runs? */
  @inline static runs(thread: Tcb): bool {
    return DOMAINS == 1 || thread.domain == Domains.current;
  }

  /** The record with the ready queues that a thread belongs to. */
  @inline static recordOf(thread: Tcb): Hart {
    return Domains.runs(thread) ? Hart.from(thread.hart) : Domains.parkedRecord(thread.domain);
  }

  /** Where the ready queues of a domain that does not run are. */
  @inline static parkedRecord(domain: u32): Hart {
    return Hart.from(parked + domain * PARKED_SIZE);
  }

  // The schedule

  static isEndMarker(entry: u32): bool {
    return load<u64>(schedule + (entry << 4), 8) == 0;
  }

  @inline static isStart(entry: u32): bool {
    return entry == Domains.start;
  }

  /** Entry `entry` lets `domain` run for `ticks`; 0 and 0 make it an end marker. */
  static configure(entry: u32, domain: u32, ticks: u64): void {
    store<u64>(schedule + (entry << 4), <u64>domain);
    store<u64>(schedule + (entry << 4), ticks, 8);
  }

  /** The schedule begins at `entry`, which is no end marker, as soon as the hart chooses a thread. */
  static setStart(entry: u32): void {
    Domains.start = entry;
    Domains.entry = SCHEDULE_ENTRIES - 2;
    Domains.ticksLeft = 0;
  }

  /** Must time be counted, as there is another entry? */
  @inline static tickNeeded(): bool {
    return DOMAINS > 1 && (Domains.entry != Domains.start || !Domains.isEndMarker(Domains.start + 1));
  }

  /** A tick has passed. Returns whether the domain's time is over, so that the hart must choose again. */
  static tick(): bool {
    if (Domains.ticksLeft != 0) Domains.ticksLeft -= 1;
    return Domains.ticksLeft == 0;
  }

  /** The hart is about to choose a thread, and those that could go on are in their queues: of which domain shall it be? */
  @inline static choose(hart: Hart): void {
    if (DOMAINS > 1 && Domains.ticksLeft == 0) Domains.next(hart);
  }

  private static next(hart: Hart): void {
    Domains.entry += 1;
    if (Domains.isEndMarker(Domains.entry)) Domains.entry = Domains.start;
    const address = schedule + (Domains.entry << 4);
    const domain = <u32>load<u64>(address);
    Domains.ticksLeft = load<u64>(address, 8);
    if (domain == Domains.current) return;
    Domains.exchange(hart, Domains.parkedRecord(Domains.current));
    Domains.exchange(hart, Domains.parkedRecord(domain));
    hart.switchLevel = ReadyHandlers.switchLevel(hart.readyLevel);
    Domains.current = domain;
  }

  /** Exchanges the ready queues of two records. */
  private static exchange(one: Hart, other: Hart): void {
    const top = one.bitmapTop;
    const level = one.readyLevel;
    one.bitmapTop = other.bitmapTop;
    one.readyLevel = other.readyLevel;
    other.bitmapTop = top;
    other.readyLevel = level;
    for (let offset: u32 = BITMAP; offset < HART_BYTES; offset += 8) {
      const word = load<u64>(one.address + offset);
      store<u64>(one.address + offset, load<u64>(other.address + offset));
      store<u64>(other.address + offset, word);
    }
  }
}

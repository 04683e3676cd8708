// Idle time at the host's pace: while every hart waits, a guest's second takes a second, and the host's processor rests.
// Invariant: the guest's clock never passes the clock at which a hart or a device has something to do.

/** Cycles of the guest in a millisecond (100 MHz). */
const CYCLES_PER_MILLISECOND = 100_000;
/** Shorter waits, in ms, are added up: a host's timers cannot tell them apart. */
const SHORTEST_WAIT = 2;
/** Longest wait in ms; the run loop then looks around. */
const LONGEST_WAIT = 1000;
/** Of a wait that took longer than asked for, so many ms are made up by the following ones. */
const MOST_CATCH_UP = 50;

/** How the guest's idle time is related to the host's clock. */
export class IdleTime {
  /** Guest ms that passed without waiting; negative: ms waited too long. */
  private ahead = 0;
  private pausedAt: number | undefined;

  /** @param clock the host's clock in ms, which never goes back */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** An idle guest begins to wait; it may pass `cycles` without the host. Returns ms to wait, 0 for none. */
  pause(cycles: bigint): number {
    const guest = Number(cycles) / CYCLES_PER_MILLISECOND;
    const wait = guest + this.ahead;
    if (wait < SHORTEST_WAIT) {
      this.ahead = wait;
      return 0;
    }
    this.pausedAt = this.clock();
    return Math.min(wait, LONGEST_WAIT);
  }

  /**
   * Cycles of the guest that have passed on the host since the pause began, or since this was last asked: at most `limit`,
   * and zero when there is no pause.
   */
  passed(limit: bigint): bigint {
    if (this.pausedAt === undefined) return 0n;
    const now = this.clock();
    const elapsed = now - this.pausedAt;
    this.pausedAt = now;
    const guest = Math.max(0, elapsed - this.ahead);
    const most = Number(limit) / CYCLES_PER_MILLISECOND;
    this.ahead = Math.max(Math.min(guest, most) + this.ahead - elapsed, -MOST_CATCH_UP);
    return guest >= most ? limit : BigInt(Math.floor(guest * CYCLES_PER_MILLISECOND));
  }

  /** The guest goes on. */
  resume(): void {
    this.pausedAt = undefined;
  }
}

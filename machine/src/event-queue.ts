// Callbacks that devices want at a clock of the guest, in order of clock, then of scheduling.

interface Scheduled {
  cycle: bigint;
  callback: () => void;
}

/** All ones: no event. */
export const NEVER = (1n << 64n) - 1n;

/** The machine's agenda. Few events are ever pending, so it is a sorted list. */
export class EventQueue {
  private readonly pending: Scheduled[] = [];

  /** @param nextChanged called with the clock of the earliest event, or NEVER */
  constructor(private readonly nextChanged: (cycle: bigint) => void) {}

  /** Adds a callback; returns a function that cancels it. */
  schedule(cycle: bigint, callback: () => void): () => void {
    const entry = { cycle, callback };
    let position = this.pending.length;
    while (position > 0 && this.pending[position - 1]!.cycle > cycle) position--;
    this.pending.splice(position, 0, entry);
    this.announce();
    return () => {
      const index = this.pending.indexOf(entry);
      if (index >= 0) this.pending.splice(index, 1);
      this.announce();
    };
  }

  /** Calls back everything due at `clock`. */
  runUntil(clock: bigint): void {
    while (this.pending[0] && this.pending[0].cycle <= clock) this.pending.shift()!.callback();
    this.announce();
  }

  /** Forgets all events. */
  clear(): void {
    this.pending.length = 0;
    this.announce();
  }

  private announce(): void {
    this.nextChanged(this.pending[0]?.cycle ?? NEVER);
  }
}

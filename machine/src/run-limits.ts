// When a run ends, and how far the core goes before anybody asks.
import type { Machine } from "./machine";

/** When a run ends, and how it treats idle time. */
export interface RunOptions {
  /** Asked every `pollInterval` cycles; true ends the run. */
  until?: (machine: Machine) => boolean;
  /** Cycles of all harts together between two questions (default 100,000). */
  pollInterval?: number;
  /** Instructions (and traps) of all harts together. */
  maxInstructions?: number;
  /**
   * Asked when every hart waits: true lets idle time pass at the host's pace, a second in a second, instead of skipping it.
   * Only `run` asks; without it idle time is skipped.
   */
  paced?: (machine: Machine) => boolean;
}

const DEFAULT_POLL_INTERVAL = 100_000;
const BATCH = 2_000_000;

/** What is left of a run's limits. */
export class RunLimits {
  private left: number;
  private readonly interval: number;

  constructor(private readonly options: RunOptions) {
    this.left = options.maxInstructions ?? Number.POSITIVE_INFINITY;
    this.interval = options.until ? (options.pollInterval ?? DEFAULT_POLL_INTERVAL) : BATCH;
  }

  nextBatch(): number {
    return Math.max(0, Math.min(this.left, this.interval));
  }

  used(cycles: number): void {
    this.left -= cycles;
  }

  /** Asks `until`, which sees the machine at every batch's end and before it is called idle. */
  isOver(machine: Machine): boolean {
    return this.options.until?.(machine) ?? false;
  }
}

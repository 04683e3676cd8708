/** For how long the executor polls rings before it waits to be woken: learned from whether it has paid lately. */
import { Process } from "../process";

/** Cycles: bounds of what is learned, and where it begins. */
const LEAST: u64 = 256;
const MOST: u64 = 16_384;
/** The upper bound on a hart that other programs run on, too. */
const MOST_SHARED: u64 = 2048;
const FIRST: u64 = 2048;

let limit: u64 = MOST;

export class Polling {
  /** Cycles for which to poll. */
  static patience: u64 = FIRST;

  /**
   * Bounds polling: a smaller limit leaves the hart's energy or its other programs more, and costs peers on other harts a user
   * interrupt more often.
   * @param cycles 0: never poll, always wait to be interrupted
   */
  static limit(cycles: u64): void {
    limit = min<u64>(cycles, MOST);
    Polling.patience = min<u64>(Polling.patience, limit);
  }

  /** Learns: longer after it has paid, shorter after it has not. Returns `paid`. */
  static hasPaid(paid: bool): bool {
    const most = Process.sharesHart ? min<u64>(limit, MOST_SHARED) : limit;
    const patience = paid ? Polling.patience << 1 : max<u64>(Polling.patience >> 1, LEAST);
    Polling.patience = min<u64>(patience, most);
    return paid;
  }
}

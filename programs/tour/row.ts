/** One line of the table: what was measured in one mode. */

/** A number with two decimals, from hundredths. */
export function hundredths(value: u64): string {
  return `${(value / 100).toString()}.${(value % 100).toString().padStart(2, "0")}`;
}

export class Row {
  readonly roundTrips: u32;
  readonly cyclesMin: u32;
  readonly cyclesMedian: u32;
  readonly cyclesP99: u32;

  /** @param samples cycles of each round trip; @param traps, userInterrupts of all round trips together, on all harts */
  constructor(
    readonly mode: string,
    readonly harts: u32,
    samples: StaticArray<u32>,
    readonly traps: u64,
    readonly userInterrupts: u64,
  ) {
    const sorted = samples.slice<StaticArray<u32>>();
    sorted.sort();
    this.roundTrips = sorted.length;
    this.cyclesMin = sorted[0];
    this.cyclesMedian = sorted[sorted.length / 2];
    this.cyclesP99 = sorted[(sorted.length * 99) / 100];
  }

  /** Hundredths of an event per round trip, rounded; but 0 only if there was not a single one. */
  private perTrip(events: u64): u64 {
    const rounded = (events * 100 + this.roundTrips / 2) / this.roundTrips;
    return rounded == 0 && events != 0 ? 1 : rounded;
  }

  get trapsPerTrip(): u64 {
    return this.perTrip(this.traps);
  }

  get userInterruptsPerTrip(): u64 {
    return this.perTrip(this.userInterrupts);
  }
}

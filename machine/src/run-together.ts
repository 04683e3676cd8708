// Runs several machines that hubs join, in step. Time advances in windows as long as the fastest hub's latency: what a machine sends in a
// window is heard behind its end, so it does not matter in which order the machines get there, and the run is the same every
// time, like that of one machine. (Conservative simulation with lookahead: Chandy and Misra 1979.)
import { MachineError } from "./errors";
import { NEVER } from "./event-queue";
import { HostTurns } from "./host-side";
import type { Machine, RunResult } from "./machine";
import type { NetworkHub } from "./network/hub";
import { RunLimits } from "./run-limits";

export interface RunTogetherOptions {
  /** Every hub that joins these machines. */
  hubs: readonly NetworkHub[];
  /** Asked at the end of every window; true ends the run. */
  until?: () => boolean;
  /** Instructions (and traps) of all harts together, for each machine. */
  maxInstructions?: number;
  /** As RunOptions.paced; asked when all harts of all machines wait. */
  paced?: () => boolean;
}

/**
 * Runs machines until each has ended, `until` says so, or nothing can ever happen any more. A machine that has ended hears nothing.
 * @returns how each one ended
 * @throws MachineError without machines or hubs
 */
export async function runTogether(
  machines: readonly Machine[],
  options: RunTogetherOptions,
): Promise<RunResult[]> {
  const { hubs } = options;
  if (machines.length === 0 || hubs.length === 0)
    throw new MachineError("there is nothing to run together", "give machines and the hubs that join them");
  for (const hub of hubs) hub.inStep = true;
  try {
    return await new Convoy(machines, options).run();
  } finally {
    for (const hub of hubs) hub.inStep = false;
  }
}

/** Machines on their way. */
class Convoy {
  private readonly window: bigint;
  private readonly limits: RunLimits[];
  private readonly results: (RunResult | undefined)[];

  constructor(
    private readonly machines: readonly Machine[],
    private readonly options: RunTogetherOptions,
  ) {
    this.window = BigInt(Math.min(...options.hubs.map(({ latency }) => latency)));
    this.limits = machines.map(() => new RunLimits({ maxInstructions: options.maxInstructions }));
    this.results = machines.map(() => undefined);
  }

  async run(): Promise<RunResult[]> {
    const turns = new HostTurns();
    while (this.active.length > 0) {
      const start = this.active.reduce(
        (first, { nextActivity: next }) => (next < first ? next : first),
        NEVER,
      );
      if (start === NEVER && !this.active.some((machine) => machine.awaitsInput())) this.endAll("deadlock");
      else if (!(await this.sleep(start))) await this.advance(start + this.window);
      if (this.options.until?.()) this.endAll("until");
      await turns.take(this.isPaced);
    }
    return this.results as RunResult[];
  }

  private get active(): readonly Machine[] {
    return this.machines.filter((_, index) => !this.results[index]);
  }

  private get isPaced(): boolean {
    return this.machines.some((machine) => machine.isPaced);
  }

  private endAll(reason: "deadlock" | "until"): void {
    for (const [index, result] of this.results.entries()) this.results[index] = result ?? { reason };
  }

  /** Lets idle time pass at the host's pace where that is asked for, until `start` or something comes in. False: not now. */
  private async sleep(start: bigint): Promise<boolean> {
    const isPaced = (this.options.paced?.() ?? false) || this.isPaced;
    const isIdle = this.active.every((machine) => machine.now() < start);
    if (!isIdle || (!isPaced && start !== NEVER)) return false;
    const slept = await Promise.race(this.active.map(({ hostSide }) => hostSide.sleep(start, isPaced)));
    for (const { hostSide } of this.active) hostSide.wake();
    return slept;
  }

  /** Brings every machine to a clock, in the order in which they were given. */
  private async advance(clock: bigint): Promise<void> {
    for (const [index, machine] of this.machines.entries()) {
      if (this.results[index]) continue;
      let result = machine.advance(clock, this.limits[index]!);
      while (result?.reason === "host") {
        await machine.hostSide.settle();
        result = machine.advance(clock, this.limits[index]!);
      }
      this.results[index] = result;
    }
  }
}

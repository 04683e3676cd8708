/**
 * Every run of the kernel on the machine in a test is measured: how long it keeps interrupts waiting. A run that exceeds the
 * bound fails. What was measured is summed up at the end of the test command (tools/latency-report.ts).
 */

import type { Machine } from "@rel4/machine";
import { expect, inject } from "vitest";
import { type LatencyRecord, type LoggedStretch, logLatency } from "../../../tools/latency-log";
import type { EntryCause } from "./entry-causes";
import { InterruptsOff } from "./interrupts-off";

/** Instructions for which the kernel keeps interrupts waiting at most (docs/kernel.md, “Interrupt latency”). */
const BOUND = 30_000;
/** The same for the holder of the kernel lock that waits for another hart; half of it is for stores that a test delays. */
const STALL_BOUND = 2_000;

/** Settings of {@link watchLatency}. */
export interface LatencySettings {
  /** Whether the kernel was built with SMP. */
  smp?: boolean;
  /** The test, where it is not the one that runs. */
  test?: string;
}

/** Measures a run that has not begun. Call what is returned when it has ended: it throws when a bound was exceeded. */
export function watchLatency(
  machine: Machine,
  image: Uint8Array,
  { smp, test = currentTest() }: LatencySettings = {},
): () => LatencyRecord {
  const measured = new InterruptsOff(machine, image, smp);
  return () => {
    const record = recordOf(measured, machine.harts.length, test);
    const log = inject("latencyLog");
    if (log) logLatency(log, record);
    checkLatency(record);
    return record;
  };
}

function currentTest(): string {
  const { currentTestName, testPath } = expect.getState();
  return currentTestName ?? testPath ?? "a set-up";
}

function recordOf(measured: InterruptsOff, harts: number, test: string): LatencyRecord {
  const own = [...measured.own];
  const record: LatencyRecord = {
    test,
    harts,
    own: own.filter(([cause]) => !cause.unbounded).map(logged),
    unbounded: own.filter(([cause]) => cause.unbounded).map(logged),
  };
  if (harts === 1) return record;
  const [whole] = [...measured.whole].filter(([cause]) => !cause.unbounded).sort(([, a], [, b]) => b - a);
  return { ...record, whole: whole && logged(whole), stall: measured.longestStall };
}

const logged = ([{ name }, instructions]: [EntryCause, number]): LoggedStretch => ({
  instructions,
  cause: name,
});

/**
 * Throws when a stretch with interrupts off was longer than stated: its own work longer than the bound, or all of it, with
 * the wait for the lock, longer than the bound for each hart. A hart that waits for one without a bound waits as long.
 */
export function checkLatency({ test, harts, own, unbounded, whole, stall = 0 }: LatencyRecord): void {
  const fail = (what: string, { instructions, cause }: LoggedStretch, most: number) => {
    throw new Error(
      `interrupts waited for ${instructions} instructions ${what} (${cause}) in ${test} (${harts === 1 ? "1 hart" : `${harts} harts`}); ` +
        `docs/kernel.md, “Interrupt latency”, states less than ${most}: does the kernel lack a preemption point there?`,
    );
  };
  for (const stretch of own) if (stretch.instructions >= BOUND) fail("of the kernel's work", stretch, BOUND);
  const most = harts * Math.max(BOUND, ...unbounded.map(({ instructions }) => instructions));
  if (whole && whole.instructions >= most) fail("with the wait for the kernel lock", whole, most);
  if (stall >= STALL_BOUND)
    fail("of waiting for another hart", { instructions: stall, cause: "giveUp" }, STALL_BOUND);
}

/** What asynchronous IPC is meant to reach, from the measured rows; goals whose rows were not measured are left out. */
import type { Goal, Row } from "../../experiment";
import { rounded } from "../../experiment";
import { SEL4_FASTPATH_ROUND_TRIP as S, SEL4_SLOWPATH_ROUND_TRIP } from "../../published/sel4";
import type { IpcResults } from "./results";

export function ipcGoals(results: IpcResults): Goal[] {
  const goals: (Goal | undefined)[] = [
    worst(
      results.atLeast("async-up", 8).slice(0, 1),
      "one hart, 8 in flight: instructions",
      0.45,
      inS,
      "S",
      0.82,
    ),
    worst(
      results.atLeast("async-up", 32),
      "one hart, 32 in flight and more: instructions",
      0.25,
      inS,
      "S",
      0.57,
    ),
    worst(
      results.atLeast("async-up", 16),
      "one hart, 16 in flight and more: instructions, in seL4 slowpath round trips",
      1 / 8,
      (row) => row.instructionsPerOp! / SEL4_SLOWPATH_ROUND_TRIP,
      "",
      0.24,
    ),
    oneInFlight(results),
    worst(
      results.atLeast("async-smp", 8),
      "two harts, 8 in flight and more: instructions of both",
      0.35,
      inS,
      "S",
    ),
    worst(
      results.atLeast("async-smp", 8),
      "two harts, 8 in flight and more: user interrupts for one IPC",
      0.05,
      (row) => row.userInterruptsPerOp!,
      "",
      0.17,
    ),
  ];
  return goals.filter((goal) => goal !== undefined);
}

const inS = (row: Row) => row.instructionsPerOp! / S;

/** A goal that all of `rows` must reach: judged by the worst of them. */
function worst(
  rows: Row[],
  name: string,
  target: number,
  measure: (row: Row) => number,
  unit: string,
  published?: number,
): Goal | undefined {
  if (rows.length === 0) return undefined;
  const value = rounded(Math.max(...rows.map(measure)), 4);
  return { name, value, target, direction: "at most", unit, ...(published !== undefined && { published }) };
}

function oneInFlight(results: IpcResults): Goal | undefined {
  const fastpath = results.find("sync-fastpath", 1);
  const chosen = results.find("async-up", 1);
  if (!fastpath || !chosen) return undefined;
  return {
    name: "one hart, 1 in flight: instructions, in our synchronous fastpath calls",
    value: rounded(chosen.instructionsPerOp! / fastpath.instructionsPerOp!, 4),
    target: 1.1,
    direction: "at most",
    unit: "",
    published: 3.5,
  };
}

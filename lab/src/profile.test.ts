// Profiles add up: instruction by instruction and by the machine's counters, a call costs the same.
import { beforeAll, describe, expect, it } from "vitest";
import {
  FEW,
  FEW_MAPS,
  FEW_UNMAPS,
  MANY,
  MANY_MAPS,
  MANY_UNMAPS,
} from "../guests/syscall/breakdown-protocol";
import {
  BREAKDOWN_SYSTEM,
  breakdownRows,
  type CallBreakdown,
  measureBreakdown,
} from "./experiments/syscall/breakdown";
import { runSystem, type SystemRun } from "./run-system";

let breakdowns: CallBreakdown[];
let counted: SystemRun;
beforeAll(async () => {
  breakdowns = await measureBreakdown();
  counted = await runSystem({ description: BREAKDOWN_SYSTEM });
});

/** Instructions of one call, from the counters of two windows. */
function fromCounters(many: number, few: number): number {
  const instructions = (id: number) => counted.windows.find((window) => window.id === id)!.total.instructions;
  return (instructions(many) - instructions(few)) / (MANY - FEW);
}

describe("the profile of a system call", () => {
  it("adds up to what the counters say", () => {
    const sums = breakdowns.map(({ functions }) =>
      functions.reduce((sum, share) => sum + share.instructions, 0),
    );
    expect(sums).toEqual([fromCounters(MANY_MAPS, FEW_MAPS), fromCounters(MANY_UNMAPS, FEW_UNMAPS)]);
  });

  it("finds every stage in both calls, and nothing outside of them", () => {
    for (const { mode, stage, instructionsPerOp } of breakdownRows(breakdowns))
      expect(instructionsPerOp, `${mode}, ${stage}`).toBeGreaterThan(5);
    for (const { functions } of breakdowns)
      expect(functions.filter(({ name, place }) => name === "?" || place === "another program")).toEqual([]);
  });
});

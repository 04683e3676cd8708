// How long interrupts wait for the kernel. Every run of it in the tests is measured (latency.ts); here run the longest
// operations there are, on one hart and beside neighbours that want the kernel all the time.

import { describe, expect, test } from "vitest";
import { buildKernel } from "../../../image/src/kernel-image";
import type { LatencyRecord, LoggedStretch } from "../../../tools/latency-log";
import { findPlaces } from "./interrupts-off";
import { checkLatency } from "./latency";
import { runOnMachine } from "./run-image";
import { testImage } from "./test-image";

const MEMORY = 128 * 1024 * 1024;
const INSTRUCTION_LIMIT = 300_000_000;

const longest = (stretches: readonly LoggedStretch[], cause: string) =>
  stretches.find((stretch) => stretch.cause === cause)?.instructions;

describe("interrupts wait for the kernel no longer than stated", () => {
  test("as the kernel's text has the instructions that tell what it does", async () => {
    const { look, wait, acquire, pause } = findPlaces(await buildKernel());
    expect(look.length).toBeGreaterThan(2);
    // System calls, those of receivers, other traps and the idle loop take the lock.
    expect(acquire.length).toBeGreaterThanOrEqual(4);
    expect([wait.length, pause.length]).not.toContain(0);
  });

  test.each([1, 4])("in the longest operations there are (harts: %i)", async (harts) => {
    const { output, result, latency } = await runOnMachine(await testImage("long-operations"), {
      harts,
      memory: MEMORY,
      maxInstructions: INSTRUCTION_LIMIT,
      // It has several hundred thousand exits, most with thousands of capabilities to look at anew.
      inspectEvery: 1000,
    });
    expect({ output, result }).toEqual({ output, result: { reason: "poweroff", exitCode: 0 } });
    // All of them were done, and measured.
    for (const cause of ["CNODE_REVOKE", "CNODE_DELETE", "UNTYPED_RETYPE"])
      expect(longest(latency.own, cause), cause).toBeGreaterThan(10_000);
    expect(longest(latency.unbounded, "CNODE_CANCEL_BADGED_SENDS")).toBeGreaterThan(1_000);
    if (harts > 1) expect(latency.whole!.instructions).toBeGreaterThan(10_000);
  });
});

describe("a run in which interrupts wait too long", () => {
  const record: LatencyRecord = {
    test: "a test",
    harts: 2,
    own: [{ instructions: 100, cause: "SYS_YIELD" }],
    unbounded: [],
    whole: { instructions: 200, cause: "SYS_YIELD" },
    stall: 50,
  };
  const withOwn = (instructions: number, cause: string) => ({
    ...record,
    own: [...record.own, { instructions, cause }],
  });

  test("fails, and says with which operation, in which test", () => {
    expect(() => checkLatency(record)).not.toThrow();
    expect(() => checkLatency(withOwn(29_999, "CNODE_REVOKE"))).not.toThrow();
    expect(() => checkLatency(withOwn(30_000, "CNODE_REVOKE"))).toThrow(
      /30000 instructions of the kernel's work \(CNODE_REVOKE\) in a test \(2 harts\)/,
    );
  });

  test("fails when the wait for the kernel lock is longer than one stretch of each hart", () => {
    const waits = (instructions: number) => ({ ...record, whole: { instructions, cause: "SYS_YIELD" } });
    expect(() => checkLatency(waits(59_999))).not.toThrow();
    expect(() => checkLatency(waits(60_000))).toThrow(/60000 instructions with the wait for the kernel lock/);
    const unbounded = [{ instructions: 35_000, cause: "SYS_DEBUG_COUNT" }];
    expect(() => checkLatency({ ...waits(60_000), unbounded })).not.toThrow();
    expect(() => checkLatency({ ...waits(70_000), unbounded })).toThrow(/less than 70000/);
  });

  test("fails when another hart does not answer soon", () => {
    expect(() => checkLatency({ ...record, stall: 2000 })).toThrow(
      /2000 instructions of waiting for another/,
    );
  });
});

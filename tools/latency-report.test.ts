// What the end of a test command says about interrupts that wait for the kernel.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type LatencyRecord, logLatency, readLatencyLog } from "./latency-log";
import { latencyReport } from "./latency-report";

const alone: LatencyRecord = {
  test: "alone",
  harts: 1,
  own: [
    { instructions: 900, cause: "REVOKE" },
    { instructions: 100, cause: "YIELD" },
  ],
  unbounded: [{ instructions: 5000, cause: "COUNT" }],
};
const together: LatencyRecord = {
  test: "together",
  harts: 2,
  own: [
    { instructions: 300, cause: "REVOKE" },
    { instructions: 120, cause: "YIELD" },
  ],
  unbounded: [],
  whole: { instructions: 700, cause: "YIELD" },
  stall: 40,
};

test("the longest stretch of each cause is told with its test, the longest first", () => {
  expect(latencyReport([alone, together])).toBe(
    [
      "longest stretch with interrupts off over all tests (2 runs): 900 instructions, REVOKE, in alone (1 hart)",
      "  then 120 instructions, YIELD, in together (2 harts)",
      "  without a bound: 5000 instructions, COUNT, in alone (1 hart)",
      "  with the wait for the kernel lock: 700 instructions, YIELD, in together (2 harts)",
      "  longest wait for another hart to give up a thread: 40 instructions, in together (2 harts)",
    ].join("\n"),
  );
});

test("what no run measured is left out", () => {
  expect(latencyReport([{ ...together, own: [], whole: undefined, stall: 0 }])).toBe(
    "longest stretch with interrupts off over all tests (1 run): none",
  );
});

test("records are read as they were written", () => {
  const folder = mkdtempSync(join(tmpdir(), "rel4-latency-"));
  const file = join(folder, "runs");
  writeFileSync(file, "");
  expect(readLatencyLog(file)).toEqual([]);
  logLatency(file, alone);
  logLatency(file, together);
  expect(readLatencyLog(file)).toEqual([alone, together]);
  rmSync(folder, { recursive: true });
});

// Whole systems on a kernel without synchronous IPC: nothing in them needs an endpoint.
import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { runChecks } from "./run-system";

const kernel = { syncIpc: false };

const sums = (clientHart: number): SystemDescription => ({
  kernel,
  programs: {
    sums: { source: "./sums.ts", hart: clientHart, arguments: ["adder", "40", "25"] },
    adder: { source: "./adder.ts", background: true },
  },
  channels: [{ from: "sums", to: "adder", kind: "async" }],
});

describe("a kernel without synchronous IPC", () => {
  it.each([
    ["on one hart", 0, true],
    ["on two harts", 1, true],
    ["on two harts without user interrupts", 1, false],
  ])("carries asynchronous calls %s", async (_, hart, uintc) => {
    expect(await runChecks(sums(hart), { uintc })).toMatchObject({
      output: "sums: 1000 of 1000 are right\n",
      end: 0,
    });
  });

  it("wakes sleepers by signals and user interrupts", async () => {
    const description: SystemDescription = {
      kernel,
      programs: { sleepy: { source: "./sleepy.ts", hart: 1 }, slow: { source: "./slow.ts" } },
      channels: [{ from: "slow", to: "sleepy", kind: "async" }],
    };
    expect(await runChecks(description)).toMatchObject({ output: "sleepy: saw all\n", end: 0 });
  });

  it("reports faults", async () => {
    const programs = { "null-pointer": { source: "./null-pointer.ts" } };
    const { output, end } = await runChecks({ kernel, programs });
    expect(output).toMatch(
      /program "null-pointer" stopped: it read from address 0x4, through a null pointer/,
    );
    expect(end).toBe(139);
  });
});

// Programs written against synchronous calls, run as they are written and, from the same sources, asynchronously.
import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { runCheck, runChecks, runExample, type SystemRun } from "./run-system";

function traps({ output }: SystemRun): number {
  return Number(/^traps: (\d+)$/m.exec(output)?.[1]);
}

function lines({ output }: SystemRun): string[] {
  return output.split("\n").filter((line) => line !== "" && !line.startsWith("traps: "));
}

/** Asks `to`, in as many coroutines and as often as is told. */
function asker(to: string, coroutines: number, calls: number, hart = 0) {
  return { source: "./plain-sums.ts", hart, arguments: [to, `${coroutines}`, `${calls}`] };
}

describe("a program written against synchronous calls", () => {
  it("prints the same when it is run asynchronously, and enters the kernel far less often", async () => {
    const settings = { harts: 1 };
    const args = { client: ["--traps"] };
    const synchronous = await runExample("hooked/synchronous/system.ts", settings, args);
    const asynchronous = await runExample("hooked/asynchronous/system.ts", settings, args);
    expect(lines(synchronous)).toEqual([
      "server: client asks for something unknown",
      "client: 801 of 801 are right, 803 were answered",
      "client: what is unknown comes back as it went",
    ]);
    expect(lines(asynchronous)).toEqual(lines(synchronous));
    expect([synchronous.end, asynchronous.end]).toEqual([0, 0]);
    expect(traps(synchronous)).toBeGreaterThan(1600);
    expect(traps(asynchronous)).toBeLessThan(traps(synchronous) / 4);
  });

  it.each([
    ["on one hart", 0, true],
    ["between harts", 1, true],
    ["between harts without user interrupts", 1, false],
  ])("serves clients of all kinds when it is run asynchronously: %s", async (_, hart, uintc) => {
    const description: SystemDescription = {
      programs: {
        adder: { source: "./plain-adder.ts", hart, background: true, asynchronous: true },
        hooked: { ...asker("adder", 20, 30), asynchronous: true },
        more: { ...asker("adder", 1, 50, hart), asynchronous: true },
        synchronous: asker("adder", 2, 40),
        asynchronous: { source: "./sums.ts", hart, arguments: ["adder", "10", "10"] },
      },
      channels: [
        { from: "hooked", to: "adder", kind: "endpoint" },
        { from: "hooked", to: "adder", kind: "async" },
        { from: "more", to: "adder", kind: "endpoint" },
        { from: "more", to: "adder", kind: "async" },
        { from: "synchronous", to: "adder", kind: "endpoint" },
        { from: "asynchronous", to: "adder", kind: "async" },
      ],
    };
    const { output, end } = await runChecks(description, { uintc });
    expect(output.split("\n").sort()).toEqual([
      "",
      "sums: 100 of 100 are right",
      "sums: 50 of 50 are right",
      "sums: 600 of 600 are right",
      "sums: 80 of 80 are right",
    ]);
    expect(end).toBe(0);
  });

  it("calls servers that know asynchronous calls only by label", async () => {
    const description: SystemDescription = {
      programs: {
        adder: { source: "./adder.ts", hart: 1, background: true },
        client: { ...asker("adder", 20, 30), asynchronous: true },
      },
      channels: [
        { from: "client", to: "adder", kind: "endpoint" },
        { from: "client", to: "adder", kind: "async" },
      ],
    };
    const { output, end } = await runChecks(description);
    expect(output).toBe("sums: 600 of 600 are right\n");
    expect(end).toBe(0);
  });

  it("makes its kernel invocations over the buffer of system calls, if it has one", async () => {
    const settings = { harts: 1 };
    const program = { resources: { untyped: "128K", slots: 300 } };
    const synchronous = await runCheck("mappers", program, settings);
    const hooked = { ...program, systemCalls: 8, asynchronous: true };
    const asynchronous = await runCheck("mappers", hooked, settings);
    expect(lines(synchronous)).toEqual(["160 times mapped, 160 times refused"]);
    expect(lines(asynchronous)).toEqual(lines(synchronous));
    expect([synchronous.end, asynchronous.end]).toEqual([0, 0]);
    expect(traps(synchronous)).toBeGreaterThan(480);
    expect(traps(asynchronous)).toBeLessThan(traps(synchronous) / 3);
  });
});

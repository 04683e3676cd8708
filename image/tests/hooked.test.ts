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

  it.each([
    ["on one hart", 0, true],
    ["between harts", 1, true],
    ["between harts, without synchronous IPC in the kernel", 1, false],
    ["on one hart, without synchronous IPC in the kernel", 0, false],
  ])("needs no endpoint channel beside the async one: %s", async (_, hart, syncIpc) => {
    const description: SystemDescription = {
      kernel: { syncIpc },
      programs: {
        adder: { source: "./plain-adder.ts", hart, background: true, asynchronous: true },
        hooked: { ...asker("adder", 20, 30), asynchronous: true },
        unusual: { source: "./unusual-messages.ts", arguments: ["name", "client-name"], asynchronous: true },
        "client-name": { source: "./client-name.ts", background: true, asynchronous: true },
      },
      channels: [
        { from: "hooked", to: "adder", kind: "async" },
        { from: "unusual", to: "client-name", kind: "async" },
      ],
    };
    const { output, end } = await runChecks(description);
    expect(output.split("\n").sort()).toEqual([
      "",
      'client-name: "unusual" asks',
      "sums: 600 of 600 are right",
      "unusual: answered",
    ]);
    expect(end).toBe(0);
  });

  it.each([
    [
      "long",
      "Server.call(1, 8, …): over an async channel a message has at most 7 words and a label below 2^27",
    ],
    ["label", "Server.call(134217728, 0, …): over an async channel a message has at most 7 words"],
    ["send", "Server.send: an async channel carries only calls"],
  ])("is told what only an endpoint channel can carry: %s", async (what, message) => {
    const description: SystemDescription = {
      programs: {
        unusual: { source: "./unusual-messages.ts", arguments: [what, "client-name"], asynchronous: true },
        "client-name": { source: "./client-name.ts", background: true, asynchronous: true },
      },
      channels: [{ from: "unusual", to: "client-name", kind: "async" }],
    };
    const { output, end } = await runChecks(description);
    expect(output).toContain(message);
    expect(output).toContain("add an endpoint channel to this server");
    expect(end).toBe(134);
  });

  it.each([
    ["service-first", "hooked", "AsyncService.handle(1, …): this program receives with Service"],
    ["async-first", "hooked", "Service.receive: this program serves with AsyncService"],
    ["async-first", "plain", "Service.receive: this program serves with AsyncService"],
  ])("uses either Service or AsyncService: %s, %s", async (order, kind, message) => {
    const description: SystemDescription = {
      programs: {
        both: { source: "./both-services.ts", arguments: [order], asynchronous: kind === "hooked" },
        sums: { source: "./sums.ts", arguments: ["both", "1", "1"] },
      },
      channels: [{ from: "sums", to: "both", kind: "async" }],
    };
    const { output, end } = await runChecks(description);
    expect(output).toContain(`${message}; a program uses one of the two`);
    expect(end).toBe(134);
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

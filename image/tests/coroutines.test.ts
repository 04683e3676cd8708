// Coroutines and asynchronous calls on the machine.
import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { type RunSettings, runCheck, runChecks } from "./run-system";

const SETTINGS: RunSettings = { memory: 128 * 2 ** 20, maxInstructions: 400_000_000 };

describe("coroutines", () => {
  it("run by priority and in turn, are cancelled, sleep, come and go by the thousand, keep what they hold", async () => {
    const program = { coroutines: 1001, coroutineStack: "4K", memory: "4M" };
    const { output, end } = await runCheck("coroutines", program, { ...SETTINGS, harts: 1 });
    expect(output.split("\n").filter(Boolean)).toEqual([
      "priorities",
      "turns",
      "possible switch",
      "cancellation",
      "sleeping",
      "many",
      "collections",
      "cancelled holders",
    ]);
    expect(end).toBe(0);
  });

  it.each([
    ["turns", "hold nothing while others run"],
    ["turns-holding", "hold strings while others run"],
  ])(
    "%s: whoever yields, waits and wakes, those that %s take turns in the order of the model",
    async (check) => {
      for (const seed of ["1", "2", "3"]) {
        const { output, end } = await runCheck(check, { coroutines: 13, arguments: [seed] }, SETTINGS);
        expect({ seed, output, end }).toEqual({ seed, output: "", end: 0 });
      }
    },
  );

  it("that fail are reported by name", async () => {
    const { output, end } = await runCheck("coroutine-panic");
    expect(output).toContain('abort in coroutine "seventh": number 7 gives up\n  at ');
    expect(end).toBe(134);
  });

  it("in too great a number are refused with a hint", async () => {
    const { output, end } = await runCheck("too-many-coroutines", { coroutines: 5 });
    expect(output).toContain(
      'abort: coroutine "one more": all 5 are in use: raise this program\'s `coroutines` in the system description',
    );
    expect(end).toBe(134);
  });
});

/** Programs that ask servers for sums, over channels from each to its server. */
function sums(
  servers: SystemDescription["programs"],
  askers: Record<string, { server: string; hart?: number; coroutines: number; calls: number }>,
): SystemDescription {
  const programs: Record<string, SystemDescription["programs"][string]> = { ...servers };
  const channels: NonNullable<SystemDescription["channels"]>[number][] = [];
  for (const [name, { server, hart = 0, coroutines, calls }] of Object.entries(askers)) {
    const args = [server, `${coroutines}`, `${calls}`];
    programs[name] = {
      source: "./sums.ts",
      hart,
      coroutines: coroutines + 1,
      coroutineStack: "4K",
      arguments: args,
    };
    channels.push({ from: name, to: server, kind: "async" });
  }
  return { programs, channels };
}

const background = { background: true };

describe("asynchronous calls", () => {
  it.each([
    ["on one hart", 0, true],
    ["between harts", 1, true],
    ["between harts without user interrupts", 1, false],
  ])("wait when the ring is full, and all are answered: %s", async (_, hart, uintc) => {
    const description = sums(
      { adder: { source: "./adder.ts", hart, ...background } },
      { first: { server: "adder", coroutines: 200, calls: 20 } },
    );
    const { output, end } = await runChecks(description, { ...SETTINGS, uintc });
    expect(output).toBe("sums: 4000 of 4000 are right\n");
    expect(end).toBe(0);
  });

  it("go through chains of servers, from several clients, to several servers", async () => {
    const description = sums(
      {
        adder: { source: "./adder.ts", hart: 1, ...background },
        relay: { source: "./relay.ts", hart: 1, arguments: ["adder"], ...background },
        outer: { source: "./relay.ts", hart: 0, arguments: ["relay"], ...background },
      },
      {
        first: { server: "outer", coroutines: 20, calls: 20 },
        second: { server: "relay", coroutines: 1, calls: 100 },
        third: { server: "adder", hart: 1, coroutines: 5, calls: 40 },
      },
    );
    const channels = [
      ...(description.channels ?? []),
      { from: "relay", to: "adder", kind: "async" as const },
      { from: "outer", to: "relay", kind: "async" as const },
    ];
    const { output, end } = await runChecks({ ...description, channels }, SETTINGS);
    expect(output.split("\n").sort()).toEqual([
      "",
      "sums: 100 of 100 are right",
      "sums: 200 of 200 are right",
      "sums: 400 of 400 are right",
    ]);
    expect(end).toBe(0);
  });

  it("of more clients than there are vectors are told apart", async () => {
    const clients = Array.from({ length: 70 }, (_, i) => [
      `client${i}`,
      { server: "adder", hart: i % 2, coroutines: 2, calls: 5 },
    ]);
    const description = sums(
      { adder: { source: "./adder.ts", hart: 1, coroutines: 200, ...background } },
      Object.fromEntries(clients),
    );
    for (const program of Object.values(description.programs)) Object.assign(program, { memory: "256K" });
    const { output, end } = await runChecks(description, SETTINGS);
    expect(output).toBe("sums: 10 of 10 are right\n".repeat(70));
    expect(end).toBe(0);
  });

  it.each([
    ["on one hart", 0],
    ["between harts", 1],
  ])("can be given up after a time, and late responses find nobody: %s", async (_, hart) => {
    const description: SystemDescription = {
      programs: {
        timeouts: { source: "./timeouts.ts" },
        "slow-echo": { source: "./slow-echo.ts", hart, ...background },
      },
      channels: [{ from: "timeouts", to: "slow-echo", kind: "async" }],
    };
    const { output, end } = await runChecks(description, SETTINGS);
    expect(output).toBe("timeouts: 10 given up, 20 right\n");
    expect(end).toBe(0);
  });

  it("are refused by a handler that waits although it was registered as one that does not", async () => {
    const description: SystemDescription = {
      programs: {
        client: { source: "./sums.ts", arguments: ["waiting-handler", "1", "1"] },
        "waiting-handler": { source: "./waiting-handler.ts", ...background },
      },
      channels: [{ from: "client", to: "waiting-handler", kind: "async" }],
    };
    const { output, end } = await runChecks(description, SETTINGS);
    expect(output).toContain("a handler of requests may not wait: register it with handleBlocking");
    expect(end).toBe(134);
  });
});

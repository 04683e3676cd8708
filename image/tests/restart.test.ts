// Programs that are started again, and what their peers see of it.
import { CALL_FAILED_LABEL, INVALID_CAPABILITY } from "@rel4/abi";
import { describe, expect, it } from "vitest";
import type { SystemDescription } from "../src/index";
import { type RunSettings, runChecks } from "./run-system";

const SETTINGS: RunSettings = { memory: 64 * 2 ** 20, maxInstructions: 1_000_000_000 };

function keeperAndVictim(hart: number, ...keeperArguments: string[]): SystemDescription {
  return {
    programs: {
      keeper: { source: "./keeper.ts", hart: 0, arguments: keeperArguments, ends: ["victim"] },
      victim: {
        source: "./victim.ts",
        hart,
        memory: "256K",
        coroutines: 20,
        systemCalls: 8,
        resources: { untyped: "64K" },
        restart: true,
        background: true,
      },
    },
    channels: [{ from: "keeper", to: "victim", kind: "async" }],
  };
}

describe("a program that can be started again", () => {
  it.each([
    ["on another hart", 1, 200, "", true],
    // only programs on different harts interrupt each other
    ["on the same hart", 0, 50, "no sender tables, no sender entries, ", true],
    ["without the hardware", 1, 10, "no receivers, no sender tables, no sender entries, ", false],
  ])(
    "begins anew when a peer ends it, and leaves nothing behind in the kernel: %s",
    async (_, hart, times, none, uintc) => {
      const { output, end } = await runChecks(keeperAndVictim(hart, String(times), "return"), {
        ...SETTINGS,
        uintc,
      });
      expect(output).toBe(
        `keeper: ${none}nothing leaked after ${times} restarts\nkeeper: the victim has ended, and cannot end again\n`,
      );
      expect(end).toBe(0);
    },
  );

  it("begins anew after a fault and after an abort, which are reported, but not after its end", async () => {
    const { output, end } = await runChecks(
      keeperAndVictim(1, "1", "fault", "abort", "fault", "return"),
      SETTINGS,
    );
    expect(output.split("\n").filter((line) => /^(rel4|abort)/.test(line))).toEqual([
      'rel4: program "victim" stopped: it wrote to address 0x0, through a null pointer',
      "abort: as told",
      'rel4: program "victim" ended with exit code 134',
      'rel4: program "victim" stopped: it wrote to address 0x0, through a null pointer',
    ]);
    expect(end).toBe(0);
  });
});

describe("a synchronous call whose server ends meanwhile", () => {
  const description = (hart: number, restart: boolean): SystemDescription => ({
    programs: {
      caller: { source: "./caller.ts", hart },
      killer: { source: "./killer.ts", hart: 1, arguments: ["deaf-server"], ends: ["deaf-server"] },
      "deaf-server": { source: "./deaf-server.ts", hart: 1, restart, background: true },
    },
    channels: [
      { from: "caller", to: "deaf-server", kind: "endpoint" },
      { from: "deaf-server", to: "killer", kind: "notification" },
    ],
  });

  it.each([
    ["from another hart", 0],
    ["from the same hart", 1],
  ])("returns as failed, and so does the next one: %s", async (_, hart) => {
    const { output, end } = await runChecks(description(hart, false), SETTINGS);
    expect(output).toBe(`caller: 0x${CALL_FAILED_LABEL.toString(16)}\ncaller: 0x${INVALID_CAPABILITY}\n`);
    expect(end).toBe(0);
  });

  it("returns as failed, and the next one is answered by the server's second run", async () => {
    const { output, end } = await runChecks(description(0, true), SETTINGS);
    expect(output).toBe(`caller: 0x${CALL_FAILED_LABEL.toString(16)}\ncaller: 0x66\n`);
    expect(end).toBe(0);
  });
});

describe("a program", () => {
  it("may end only those its description names", async () => {
    const description = keeperAndVictim(1, "1", "return");
    const keeper = { ...description.programs.keeper!, ends: [] };
    const { end } = await runChecks(
      { ...description, programs: { ...description.programs, keeper } },
      SETTINGS,
    );
    expect(end).toBe(1);
  });
});

// Signals with seL4's meaning over user interrupts: each ends one wait, none is lost.
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltSystem, buildSystem } from "../src/index";
import { repositoryPath } from "../src/repository";
import { type RunSettings, runImage } from "./run-system";

const ROUNDS = 240;

function build(hart: number): Promise<BuiltSystem> {
  const description = {
    programs: {
      ping: { source: "./signals.ts", hart: 0, arguments: ["pong", "0", `${ROUNDS}`, `${hart}`] },
      pong: { source: "./signals.ts", hart, arguments: ["ping", "1", `${ROUNDS}`, `${hart}`] },
    },
    channels: [{ from: "ping", to: "pong", kind: "async" as const }],
  };
  return buildSystem({ description, directory: repositoryPath("programs/checks") });
}

let apart: BuiltSystem;
let together: BuiltSystem;
beforeAll(async () => {
  apart = await build(1);
  together = await build(0);
});

describe("signals over async channels", () => {
  const cases: [string, () => BuiltSystem, RunSettings][] = [
    ["between harts", () => apart, {}],
    ["on one hart", () => together, { harts: 1 }],
    ["without user interrupts", () => apart, { uintc: false }],
    ["between harts with delayed stores, seed 1", () => apart, { storeBuffer: { seed: 1 } }],
    ["between harts with delayed stores, seed 2", () => apart, { storeBuffer: { seed: 2 } }],
    ["without user interrupts, with delayed stores", () => apart, { uintc: false, storeBuffer: { seed: 1 } }],
  ];
  it.each(cases)(
    "end one wait each, none is lost, and waiters are first come, first served: %s",
    async (_, built, settings) => {
      const { output, end } = await runImage(built().image, settings);
      expect(output).toBe(`signals: 123, ${2 * ROUNDS}\n`);
      expect(end).toBe(0);
    },
  );

  it("do not enter the kernel while both run", async () => {
    const { machine } = await runImage(apart.image);
    const interrupts = Number(machine.harts[1]!.counters.userInterrupts);
    expect(interrupts).toBeGreaterThan(ROUNDS / 2);
  });
});

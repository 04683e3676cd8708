import { describe, expect, it } from "vitest";
import { buildSystem, HandlerWatchdog, type SystemDescription } from "../src/index";
import { repositoryPath } from "../src/repository";
import { runChecks, runImage } from "./run-system";

const storm: SystemDescription = {
  programs: {
    handler: { source: "./handler.ts", hart: 1 },
    storm: { source: "./storm.ts", hart: 0, arguments: ["handler", "1000"] },
  },
  channels: [{ from: "storm", to: "handler", kind: "async" }],
};

const floats: SystemDescription = {
  programs: {
    "handler-floats": { source: "./handler-floats.ts", hart: 1 },
    storm: { source: "./storm.ts", hart: 0, arguments: ["handler-floats", "1000"] },
  },
  channels: [{ from: "storm", to: "handler-floats", kind: "async" }],
};

const sleepy = (hart: number): SystemDescription => ({
  programs: {
    sleepy: { source: "./sleepy.ts", hart },
    slow: { source: "./slow.ts", hart: 0 },
  },
  channels: [{ from: "slow", to: "sleepy", kind: "async" }],
});

describe("user interrupts", () => {
  it("reach a handler wherever the program is, and leave no trace in what it computes", async () => {
    const { output, end, machine } = await runChecks(storm);
    expect(output).toBe("handler: counted many interrupts\n");
    expect(end).toBe(0);
    expect(Number(machine.harts[1]!.counters.userInterrupts)).toBeGreaterThan(100);
  });

  it("may use floating point in the handler, and leave no trace in the numbers and flags it interrupts", async () => {
    const { output, end, machine } = await runChecks(floats);
    expect(output).toBe("handler-floats: counted many interrupts\n");
    expect(end).toBe(0);
    expect(Number(machine.harts[1]!.counters.userInterrupts)).toBeGreaterThan(100);
  });

  it.each([
    ["across harts", 1, true],
    ["on one hart", 0, true],
    ["without the hardware", 1, false],
  ])("never lose a wake-up of a program that falls asleep: %s", async (_, hart, uintc) => {
    expect(await runChecks(sleepy(hart), { uintc })).toMatchObject({ output: "sleepy: saw all\n", end: 0 });
  });

  it("are not used by a kernel without them, whose signals do the same", async () => {
    const description = { ...sleepy(1), kernel: { userInterrupts: false } };
    const { output, end, machine } = await runChecks(description);
    expect({ output, end }).toEqual({ output: "sleepy: saw all\n", end: 0 });
    expect(machine.harts.map(({ counters }) => counters.userInterrupts)).toEqual(machine.harts.map(() => 0n));
    expect(machine.harts.map(({ counters }) => counters.uipiSends)).toEqual(machine.harts.map(() => 0n));
  });

  it("a program that does not come back from its handler is noticed from outside, and named", async () => {
    const description: SystemDescription = {
      programs: {
        "handler-loop": { source: "./handler-loop.ts", hart: 1 },
        storm: { source: "./storm.ts", hart: 0, arguments: ["handler-loop", "20000"], background: true },
      },
      channels: [{ from: "storm", to: "handler-loop", kind: "async" }],
    };
    const built = await buildSystem({ description, directory: repositoryPath("programs/checks") });
    const watchdog = new HandlerWatchdog(built, 1_000_000n);
    let message: string | undefined;
    const { end } = await runImage(built.image, {
      until: (machine) => {
        message = watchdog.check(machine);
        return message !== undefined;
      },
    });
    expect(end).toBe("until");
    expect(message).toMatch(
      /^program "handler-loop" does not come back .* in \S*handler-loop\/spinForEver\+0x/,
    );
  });

  it("a handler that returns is left alone by the watchdog", async () => {
    const built = await buildSystem({ description: storm, directory: repositoryPath("programs/checks") });
    const watchdog = new HandlerWatchdog(built, 10_000n);
    const { end } = await runImage(built.image, {
      until: (machine) => watchdog.check(machine) !== undefined,
    });
    expect(end).toBe(0);
  });

  it("a handler that never returns keeps neither the others nor the machine from going on", async () => {
    const description: SystemDescription = {
      programs: {
        "handler-loop": { source: "./handler-loop.ts", hart: 1, background: true },
        storm: { source: "./storm.ts", hart: 0, arguments: ["handler-loop", "20000"] },
        // shares the hart with the stuck handler, and still gets its turn
        late: { source: "./late.ts", hart: 1 },
      },
      channels: [{ from: "storm", to: "handler-loop", kind: "async" }],
    };
    const { output, end, machine } = await runChecks(description);
    expect(output).toMatch(/^late: my turn\n/);
    expect(end).toBe(6);
    expect(machine.harts[1]!.counters.userInterrupts).toBe(1n);
  });
});

import { describe, expect, it } from "vitest";
import { runCheck, runChecks } from "./run-system";

const ABORTED = 134;
const FAULTED = 139;

describe("a program that goes wrong is reported with cause, place and address, and ends the system", () => {
  it("null pointer", async () => {
    const { output, end } = await runCheck("null-pointer");
    expect(output).toMatch(
      /^before\nrel4: program "null-pointer" stopped: it read from address 0x4, through a null pointer\n {2}at \S+\+0x[0-9a-f]+ \(pc 0x4[0-9a-f]+\)\n$/,
    );
    expect(end).toBe(FAULTED);
  });

  it("a write to its own code", async () => {
    const { output, end } = await runCheck("write-to-code");
    expect(output).toMatch(/it wrote to address 0x400000, which is its own code and read-only/);
    expect(end).toBe(FAULTED);
  });

  it("division by zero", async () => {
    const { output, end } = await runCheck("division", { arguments: ["x"] });
    expect(output).toMatch(/illegal instruction \(a trap of the compiled code: .*division by zero/);
    expect(end).toBe(FAULTED);
  });

  it("stack overflow, by way of the guard page", async () => {
    const { output, end } = await runCheck("endless-recursion");
    expect(output).toMatch(
      /it wrote to address 0x6ffb[0-9a-f]+, below its stack: the stack overflowed \(256 KiB\)/,
    );
    expect(output).toMatch(/at programs\/checks\/endless-recursion\/depth\+0x/);
    expect(end).toBe(FAULTED);
  });

  it.each([
    ["an empty slot", "77"],
    ["a number that is no slot", "5000"],
  ])("waiting on a capability it was not given: %s", async (_, slot) => {
    const { output, end } = await runCheck("wait-forbidden", { arguments: [slot] });
    expect(output).toMatch(new RegExp(`it used capability ${slot}, which it was not given`));
    expect(end).toBe(FAULTED);
  });

  it("a heap that is full", async () => {
    const { output, end } = await runCheck("heap-full");
    expect(output).toMatch(/or a full heap/);
    expect(end).toBe(FAULTED);
  });

  it("also while another program would wait for it for ever", async () => {
    const { output, end } = await runChecks({
      programs: {
        waits: { source: "./poke.ts", arguments: ["null-pointer"] },
        "null-pointer": { source: "./null-pointer.ts" },
      },
      channels: [{ from: "waits", to: "null-pointer", kind: "async" }],
    });
    expect(output).toMatch(/program "null-pointer" stopped/);
    expect(end).toBe(FAULTED);
  });
});

describe("a program that gives up prints why and where", () => {
  it("thrown errors", async () => {
    const { output, end } = await runCheck("abort");
    expect(output).toMatch(
      /^trying\nabort: no door right\n {2}at .*abort\.ts:3:\d+\nrel4: program "abort" ended/,
    );
    expect(end).toBe(ABORTED);
  });

  it("array bounds", async () => {
    const { output, end } = await runCheck("out-of-bounds");
    expect(output).toMatch(
      /^abort: Index out of range\n {2}at ~lib\/array\.ts:\d+:\d+\nrel4: program "out-of-bounds" ended/,
    );
    expect(end).toBe(ABORTED);
  });
});

// Windows count exactly what happens in them: compared with what the program counts itself, and with work done twice.
import { beforeAll, describe, expect, it } from "vitest";
import { runSystem, type SystemRun } from "./run-system";

/** Instructions around a window that belong to opening and closing it, not to what is between. */
const SLACK = 12;

let run: SystemRun;
beforeAll(async () => {
  run = await runSystem({
    description: {
      machine: { harts: 2 },
      programs: { windows: { source: "./checks/windows.ts" } },
    },
  });
});
const window = (id: number) => run.windows.find((candidate) => candidate.id === id)!;

describe("a window", () => {
  it("with nothing in it counts nothing but its own edges", () => {
    const { total, harts } = window(0);
    expect(Math.abs(total.instructions)).toBeLessThanOrEqual(SLACK);
    expect(total.traps).toBe(0);
    expect(harts[1]!.instructions).toBe(0);
  });

  it("counts the instructions and cycles the program's own counters show", () => {
    const [instructions, cycles] = run.output.trim().split(" ").map(Number);
    expect(instructions).toBeGreaterThan(5000);
    expect(Math.abs(window(1).total.instructions - instructions!)).toBeLessThanOrEqual(SLACK);
    expect(Math.abs(window(1).elapsed - cycles!)).toBeLessThanOrEqual(SLACK);
    expect(window(1).total.userInstructions).toBe(window(1).total.instructions);
  });

  it("counts each system call as one trap, with the kernel's instructions", () => {
    const { total, operations, systemCalls } = window(2);
    expect(total.traps).toBe(operations);
    expect([...systemCalls.byNumber.values()]).toEqual([operations]);
    expect(total.kernelInstructions).toBeGreaterThan(20 * operations);
    expect(total.cycles).toBe(total.instructions + total.waitCycles + total.traps);
  });

  it("twice as long counts twice as much: nothing is lost at its edges", () => {
    const [once, twice] = [window(3), window(4)];
    const portion = twice.total.instructions - once.total.instructions;
    expect(Math.abs(portion - once.total.instructions)).toBeLessThanOrEqual(SLACK);
  });
});

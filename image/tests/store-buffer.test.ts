// Kernel, runtime and programs on a machine that delays and reorders stores as RVWMO allows: no fence is missing that any of
// these seeds would show.
import { describe, expect, it } from "vitest";
import { buildSystem, type SystemDescription } from "../src/index";
import { repositoryPath } from "../src/repository";
import { runImage } from "./run-system";

const SEEDS = [1, 2, 3];

/** A program on one hart falls asleep again and again, and one on another hart wakes it. */
const sleepy: SystemDescription = {
  programs: {
    sleepy: { source: "./sleepy.ts", hart: 1 },
    slow: { source: "./slow.ts", hart: 0 },
  },
  channels: [{ from: "slow", to: "sleepy", kind: "async" }],
};

/** Three programs start on two harts and print at the same time. */
const chatter: SystemDescription = {
  programs: {
    a: { source: "./chatter.ts", hart: 0, arguments: ["a"] },
    b: { source: "./chatter.ts", hart: 1, arguments: ["b"] },
    c: { source: "./chatter.ts", hart: 1, arguments: ["c"] },
  },
};

async function imageOf(description: SystemDescription): Promise<Uint8Array> {
  return (await buildSystem({ description, directory: repositoryPath("programs/checks") })).image;
}

describe("with delayed stores", () => {
  it("no wake-up is lost, by user interrupts or kernel notifications", async () => {
    const image = await imageOf(sleepy);
    for (const seed of SEEDS)
      for (const uintc of [true, false]) {
        const { output, end } = await runImage(image, { uintc, storeBuffer: { seed } });
        expect({ seed, uintc, output, end }).toEqual({ seed, uintc, output: "sleepy: saw all\n", end: 0 });
      }
  });

  it("programs start, print and end on two harts", async () => {
    const image = await imageOf(chatter);
    for (const seed of SEEDS) {
      const { output, end } = await runImage(image, { storeBuffer: { seed } });
      expect({ seed, lines: output.trimEnd().split("\n").length, end }).toEqual({ seed, lines: 30, end: 0 });
    }
  });

  it("the tour counts what it counts without, where no hart waits for another's stores", async () => {
    const built = await buildSystem(repositoryPath("programs/tour/system.ts"), {
      arguments: { client: ["--json"] },
    });
    const [seed] = SEEDS;
    const { output, end } = await runImage(built.image, { storeBuffer: { seed: seed! } });
    expect(end).toBe(0);
    const { rows } = JSON.parse(output) as { rows: { mode: string; userInterruptsPerRoundTrip: number }[] };
    expect(rows.map(({ mode }) => mode)).toHaveLength(4);
    expect(rows[3]!.userInterruptsPerRoundTrip).toBe(2);
  });
});

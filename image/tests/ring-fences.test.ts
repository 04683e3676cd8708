// The rings of asynchronous calls on a machine that delays stores as RVWMO allows: with their fences no wake-up is lost, without
// them some are. (machine/core/wake-up-protocol.test.ts is the same proof of the bare protocol, fence by fence.)
import { beforeAll, describe, expect, it } from "vitest";
import { type BuiltSystem, buildSystem } from "../src/index";
import { repositoryPath } from "../src/repository";
import { runImage, type SystemRun } from "./run-system";

const FULL_FENCE = 0x0330_000f; // fence rw,rw
const NOP = 0x0000_0013;
const CALLS = 600;
/** Pauses before calls, in cycles: a server that has looked for calls without finding one falls asleep after some time between. */
const PAUSES = ["3500", "6500"];
const SEEDS = Array.from({ length: 24 }, (_, i) => i + 1);

let built: BuiltSystem;
beforeAll(async () => {
  const description = {
    programs: {
      adder: { source: "./adder.ts", hart: 1, memory: "256K", background: true },
      pauses: {
        source: "./pauses.ts",
        hart: 0,
        memory: "256K",
        arguments: ["adder", `${CALLS}`, ...PAUSES],
      },
    },
    channels: [{ from: "pauses", to: "adder", kind: "async" }],
  };
  built = await buildSystem({ description, directory: repositoryPath("programs/checks") });
});

/** The image with every full fence in a program's code replaced by a nop. */
function withoutFences(program: string): Uint8Array {
  const image = built.image.slice();
  const { text } = built.programs[program]!;
  const at = Buffer.from(image.buffer).indexOf(text);
  expect(at, "the program's code lies in the image as it was compiled").toBeGreaterThan(0);
  const view = new DataView(image.buffer, at, text.length);
  let replaced = 0;
  for (let offset = 0; offset + 4 <= text.length; offset += 2) {
    if (view.getUint32(offset, true) !== FULL_FENCE) continue;
    view.setUint32(offset, NOP, true);
    replaced++;
  }
  expect(replaced).toBeGreaterThan(0);
  return image;
}

/** Peers wake each other by kernel notifications here: what is lost is lost for good. */
function run(image: Uint8Array, seed: number): Promise<SystemRun> {
  return runImage(image, { uintc: false, storeBuffer: { seed }, maxInstructions: 60_000_000 });
}

describe("calls over rings, with delayed stores", () => {
  it("are all answered, whenever they meet a server on its way to sleep", async () => {
    for (const seed of SEEDS.slice(0, 4)) {
      const { output, end } = await run(built.image, seed);
      expect({ seed, output, end }).toEqual({
        seed,
        output: `pauses: ${CALLS} of ${CALLS} are right\n`,
        end: 0,
      });
    }
  });

  it.each(["pauses", "adder"])(
    "end in a deadlock under some seed when %s has no full fences",
    async (program) => {
      const image = withoutFences(program);
      const ends = [];
      for (const seed of SEEDS) {
        ends.push((await run(image, seed)).end);
        if (ends.at(-1) === "deadlock") break;
      }
      expect(ends).toContain("deadlock");
    },
  );
});

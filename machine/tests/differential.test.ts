// Random instruction streams on our machine and on QEMU: every register, every trap and all memory must agree.
import { describe, expect, it } from "vitest";
import { differentialElf, makeStreams, type Stream } from "./differential/harness";
import { hasTool, unlessMissing } from "./external-tools";
import { runBare } from "./our-machine";
import { QEMU, runOnQemu } from "./qemu";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = 4;
const STREAMS = 250;
const LENGTH = 60;
const qemu = hasTool(QEMU);

const NAMES = [
  Array.from({ length: 31 }, (_, index) => `x${index + 1}`),
  [...Array.from({ length: 32 }, (_, index) => `f${index}`), "fcsr"],
];

/** The first line that differs, told by names, with the stream's code. */
function firstDifference(streams: readonly Stream[], ours: string, theirs: string): string | null {
  const [left, right] = [ours.split("\n"), theirs.split("\n")];
  for (const [index, stream] of streams.entries()) {
    if (left[index] === right[index]) continue;
    const code = [...stream.code].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `stream ${index} in ${stream.mode} mode\n${describeLine(left[index], right[index])}\ncode ${code}`;
  }
  return left.length === right.length ? null : `${left.length} lines here, ${right.length} on QEMU`;
}

function describeLine(ours = "", theirs = ""): string {
  const [ourParts, theirParts] = [ours.split("|"), theirs.split("|")];
  const registers = NAMES.flatMap((names, part) =>
    names.flatMap((name, index) => {
      const [a, b] = [ourParts[part]?.split(" ")[index], theirParts[part]?.split(" ")[index]];
      return a === b ? [] : [`${name}: ours ${a}, QEMU ${b}`];
    }),
  );
  for (const [part, name] of [
    [2, "traps (cause, pc, value)"],
    [3, "checksum of memory"],
  ] as const)
    if (ourParts[part] !== theirParts[part])
      registers.push(`${name}: ours ${ourParts[part]}, QEMU ${theirParts[part]}`);
  return registers.join("\n");
}

describe("random instruction streams", () => {
  it.skipIf(!qemu).each(Array.from({ length: ROUNDS }, (_, round) => SEED + round))(
    `leave the same registers, traps and memory as on QEMU, seed %i${unlessMissing(QEMU, qemu)}`,
    async (seed) => {
      const streams = makeStreams(seed, STREAMS, LENGTH);
      const elf = differentialElf(streams);
      const ours = await runBare(elf);
      const theirs = runOnQemu(elf, { firmware: "none" });
      expect([ours.reason, theirs.exitCode]).toEqual(["poweroff", 0]);
      expect(firstDifference(streams, ours.output, theirs.output), `seed ${seed}`).toBeNull();
    },
  );
});

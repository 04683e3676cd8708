// Random privileged programs on our machine and on QEMU: every trap, and all memory in the end, must agree.
import { describe, expect, it } from "vitest";
import { hasTool, unlessMissing } from "./external-tools";
import { runBare } from "./our-machine";
import { describeDifference, stepsDone } from "./privileged/difference";
import { makeProgram } from "./privileged/generator";
import { LARGE, LARGE_SIZE, RAM } from "./privileged/layout";
import { QEMU, runOnQemu } from "./qemu";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const STEPS = 400;
/** QEMU's processor without the hypervisor extension, which adds bits to many registers. */
const CPU = "rv64,h=false";
const PAGE_EXTENSIONS = ",svinval=true,svnapot=true,svpbmt=true";
const MEMORY_BYTES = LARGE + LARGE_SIZE - RAM;
const qemu = hasTool(QEMU);

describe("random privileged programs", () => {
  it.skipIf(!qemu).each(Array.from({ length: ROUNDS }, (_, round) => SEED + round))(
    `trap, delegate, map and remap as on QEMU, seed %i${unlessMissing(QEMU, qemu)}`,
    async (seed) => {
      const hasPageExtensions = seed % 2 === 0;
      const { elf, steps } = makeProgram(seed, STEPS, hasPageExtensions);
      const ours = await runBare(elf);
      const theirs = runOnQemu(elf, {
        firmware: "none",
        ...{ harts: 2, threads: "multi" }, // the second hart sleeps; without it, atomics are none
        cpu: hasPageExtensions ? CPU + PAGE_EXTENSIONS : CPU,
        singleStep: true,
        memoryBytes: MEMORY_BYTES,
      });
      expect([ours.reason, theirs.exitCode]).toEqual(["poweroff", 0]);
      const memory = ours.machine.memory.read(RAM, MEMORY_BYTES);
      expect(stepsDone(memory)).toBe(STEPS);
      expect(describeDifference(steps, memory, theirs.memory), `seed ${seed}`).toBeNull();
    },
  );
});

// How long interrupts wait for the kernel, over the test images and the longest operations there are.

import { afterAll, describe, expect, test } from "vitest";
import { buildKernel } from "../../../image/src/kernel-image";
import { addressesOfLooks, InterruptsOff } from "./interrupts-off";
import { runOnMachine } from "./run-image";
import { testImage } from "./test-image";

/** Instructions for which the kernel keeps interrupts waiting at most (docs/kernel.md, “Interrupt latency”). */
const BOUND = 40_000;

const MEMORY = 128 * 1024 * 1024;
const INSTRUCTION_LIMIT = 300_000_000;

/** All root tasks of the system tests that run on one hart to their end. */
const IMAGES = [
  ...[
    "long-operations",
    "async-latency",
    "async-stress",
    "async-cost",
    "ipc",
    "ipc-cost",
    "timers",
    "preemption",
  ],
  ...["page-fault", "signal-wait-cost", "wait-cost", "floating-point-cost", "uipi-states", "uipi-revoke"],
];

/** Runs an image on one hart and measures. */
async function measure(name: string): Promise<InterruptsOff> {
  const kernel = await buildKernel();
  let measured: InterruptsOff | undefined;
  const { output, result } = await runOnMachine(await testImage(name), {
    memory: MEMORY,
    maxInstructions: INSTRUCTION_LIMIT,
    // It has several hundred thousand exits, most with thousands of capabilities to look at anew.
    inspectEvery: name === "long-operations" ? 1000 : 1,
    begin: (machine) => {
      measured = new InterruptsOff(machine, kernel);
    },
  });
  expect({ output, result }).toEqual({ output, result: { reason: "poweroff", exitCode: 0 } });
  return measured!;
}

describe("interrupts wait for the kernel no longer than stated", () => {
  test("as the kernel looks for them in the places that read sip", async () => {
    expect(addressesOfLooks(await buildKernel()).length).toBeGreaterThan(2);
  });

  let longest = { name: "", instructions: 0 };
  test.each(IMAGES)("in %s", async (name) => {
    const measured = await measure(name);
    console.log(`longest stretches with interrupts off, ${name} (instructions): ${measured.describe(8)}`);
    if (measured.most > longest.instructions) longest = { name, instructions: measured.most };
    expect(measured.most).toBeGreaterThan(100);
    expect(measured.most).toBeLessThan(BOUND);
  });

  afterAll(() => {
    console.log(
      `longest stretch with interrupts off of all: ${longest.instructions} instructions, in ${longest.name}`,
    );
  });
});

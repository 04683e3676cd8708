// The kernel's build options (abi/src/config.ts): systems without synchronous IPC, floating point or fast paths, and what
// is saved.
import { readElf } from "@rel4/compiler";
import { describe, expect, test } from "vitest";
import { DEFAULT_CONFIGURATION, type KernelConfiguration } from "../../../image/src/kernel-configuration";
import { buildKernel } from "../../../image/src/kernel-image";
import { linesWithCode } from "../harness/build";
import { qemuIsInstalled, qemuNote, runOnMachine, runOnQemu } from "./run-image";
import { testImage } from "./test-image";

const FULL: KernelConfiguration = DEFAULT_CONFIGURATION;
const WITHOUT_SYNC_IPC: KernelConfiguration = { ...FULL, syncIpc: false };
const WITHOUT_FPU: KernelConfiguration = { ...FULL, fpu: false };
const WITHOUT_USER_INTERRUPTS: KernelConfiguration = { ...FULL, userInterrupts: false };
const WITHOUT_FASTPATH: KernelConfiguration = { ...FULL, fastpath: false };

/** Bytes of a kernel's text. */
async function textSize(configuration: KernelConfiguration): Promise<number> {
  const { segments } = readElf(await buildKernel({ configuration }));
  return segments.filter(({ executable }) => executable).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** A kernel's text in bytes, and its source lines with code. */
async function sizes(configuration: KernelConfiguration): Promise<{ bytes: number; lines: Set<string> }> {
  return { bytes: await textSize(configuration), lines: await linesWithCode(configuration) };
}

let fullSizes: ReturnType<typeof sizes> | undefined;

/** Expects that leaving `what` out makes the kernel smaller, and that nothing is left of `files` (below kernel/src, no .ts). */
async function expectSmaller(what: string, without: KernelConfiguration, files: string[]): Promise<void> {
  fullSizes ??= sizes(FULL);
  const [full, small] = [await fullSizes, await sizes(without)];
  const lost = [...full.lines].filter((line) => !small.lines.has(line));
  console.log(`text: ${full.bytes} bytes, without ${what} ${small.bytes}: ${full.bytes - small.bytes} fewer`);
  console.log(`source lines with code: ${full.lines.size}, of which ${lost.length} only with ${what}`);
  expect(small.bytes).toBeLessThan(full.bytes);
  for (const file of files) {
    expect([...small.lines].filter((line) => line.startsWith(`kernel/src/${file}.ts:`))).toEqual([]);
    expect(lost.some((line) => line.startsWith(`kernel/src/${file}.ts:`))).toBe(true);
  }
}

const MOST_TEXT = 64 * 1024;

describe("a kernel with everything", () => {
  test("has a text of at most 64 KiB", async () => {
    const size = await textSize({ ...FULL, benchmarks: true });
    console.log(`text of the debug kernel with all build options: ${size} bytes`);
    expect(size).toBeLessThanOrEqual(MOST_TEXT);
  });
});

describe("a kernel without synchronous IPC", () => {
  const expected = [
    "synchronous IPC=0",
    "endpoint=1",
    "rounds=100",
    "badge of the fault=9",
    "fault=5",
    "written after it was resumed=5",
  ];

  test.each([1, 2])(
    "runs threads that signal and wait, on %i harts, and hands out their faults",
    async (harts) => {
      const { output, result } = await runOnMachine(await testImage("notifications-only", WITHOUT_SYNC_IPC), {
        harts,
      });
      expect(output.trim().split("\n")).toEqual(expected);
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
    },
  );

  test.skipIf(!qemuIsInstalled)(`runs on QEMU${qemuNote}`, async () => {
    const image = await testImage("notifications-only", WITHOUT_SYNC_IPC);
    const { output, exitCode } = await runOnQemu(image, { harts: 2 });
    expect({ output: output.trim().split("\n"), exitCode }).toEqual({ output: expected, exitCode: 0 });
  });

  test("is smaller, in bytes and in source lines from which code is made", async () => {
    await expectSmaller("synchronous IPC", WITHOUT_SYNC_IPC, [
      "endpoint",
      "reply",
      "ipc-transfer",
      "fault-message",
    ]);
  });
});

describe("a kernel without user interrupts", () => {
  /** 3: IllegalOperation. */
  const UNSUPPORTED = ["feature=0", "register receiver: error=3", "register sender: error=3", "badge=8"];

  test.each([1, 2])(
    "does not use the controller that the machine has, and nobody can register (%i harts)",
    async (harts) => {
      const image = await testImage("without-user-interrupts", WITHOUT_USER_INTERRUPTS);
      const { output, result } = await runOnMachine(image, { harts });
      expect(output.trim().split("\n")).toEqual(UNSUPPORTED);
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
    },
  );

  test("says the same as one with them on a machine that has none", async () => {
    const { output } = await runOnMachine(await testImage("without-user-interrupts", FULL), { uintc: false });
    expect(output.trim().split("\n")).toEqual(UNSUPPORTED);
  });

  test("is smaller, in bytes and in source lines from which code is made", async () => {
    const gone = ["riscv/uintc", "riscv/watched-receivers", "fastpath-receiver"];
    await expectSmaller("user interrupts", WITHOUT_USER_INTERRUPTS, gone);
  });
});

describe("a kernel without floating point", () => {
  const expected = ["feature=0", "TCB in 1024 bytes: error=0", "flags=0", "computed=0", "fault=3"];

  test("has threads of half the size, whose floating-point instructions are faults", async () => {
    const image = await testImage("floating-point-support", WITHOUT_FPU);
    const { output, result } = await runOnMachine(image);
    expect(output.trim().split("\n")).toEqual(expected);
    expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
  });

  test.skipIf(!qemuIsInstalled)(`says so on QEMU, which has floating point${qemuNote}`, async () => {
    const image = await testImage("floating-point-support", WITHOUT_FPU);
    const { output, exitCode } = await runOnQemu(image);
    expect({ output: output.trim().split("\n"), exitCode }).toEqual({ output: expected, exitCode: 0 });
  });
});

describe("a kernel without fast paths", () => {
  test("says the same to threads that talk", async () => {
    const outputs = [FULL, WITHOUT_FASTPATH].map(async (configuration) => {
      const { output, result } = await runOnMachine(await testImage("ipc", configuration));
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
      return output;
    });
    const [fast, general] = await Promise.all(outputs);
    expect(general).toBe(fast);
  });
});

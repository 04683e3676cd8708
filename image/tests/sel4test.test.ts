// seL4's own test suite (github.com/seL4/sel4test), unmodified: its driver is the root task of our kernel. The reader builds it
// (docs/sel4.md) and names it in an environment variable, one for each configuration of the kernel.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildRootTask, type KernelConfiguration, kernelConfiguration } from "../src/index";
import { runImage } from "./run-system";

interface Suite {
  /** The environment variable with the path of the driver's ELF file. */
  variable: string;
  driver: string;
  harts: number;
  kernel: Partial<KernelConfiguration>;
}

const SUITES: Suite[] = [
  { variable: "REL4_SEL4TEST", driver: "one core", harts: 1, kernel: { smp: false } },
  { variable: "REL4_SEL4TEST_DOMAINS", driver: "4 domains", harts: 1, kernel: { smp: false, domains: 4 } },
  { variable: "REL4_SEL4TEST_SMP2", driver: "2 cores", harts: 2, kernel: {} },
  { variable: "REL4_SEL4TEST_SMP4", driver: "4 cores", harts: 4, kernel: {} },
];

const MEMORY = 2 ** 31;
/** QEMU's board with several cores has what seL4's build makes an SMP image for; the kernel hands out 2 GiB of it. */
const qemuMemory = (harts: number) => (harts === 1 ? "2G" : "3G");
const PASSED = "All is well in the universe";
/** What is printed last, whichever way it ends. */
const END = /All is well in the universe|Test suite failed|kernel fault/;
/** What all its tests need, and some more. */
const MOST_INSTRUCTIONS = 100_000_000_000;
/** Kernel exits from one check of the kernel's invariants to the next: there are millions. */
const INSPECT_EVERY = Number(process.env.REL4_SEL4TEST_INSPECT ?? 1000);
/** A driver that does not end is a failed test; nothing is measured by this clock. */
const PATIENCE_MILLISECONDS = 3_600_000;
const POLL_MILLISECONDS = 500;
const QEMU = "qemu-system-riscv64";
const hasQemu = spawnSync(QEMU, ["--version"], { stdio: "ignore" }).status === 0;

async function imageOf({ variable, kernel }: Suite): Promise<Uint8Array> {
  const driver = readFileSync(process.env[variable]!);
  return (await buildRootTask(driver, { configuration: kernelConfiguration(kernel) }, MEMORY)).elf;
}

/** Runs an image on QEMU until its suite ends; returns what it printed. */
async function onQemu(image: Uint8Array, harts: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "rel4-sel4test-"));
  const [elf, log] = [join(folder, "image.elf"), join(folder, "output")];
  writeFileSync(elf, image);
  // A file, not a pipe: QEMU drops what a full pipe does not take at once.
  const handle = openSync(log, "w");
  const board = ["-M", "virt", "-m", qemuMemory(harts), "-smp", String(harts), "-nographic", "-kernel", elf];
  // A host thread for each hart, as is QEMU's custom: on a single one the suite's busy waits take a turn of QEMU's each.
  const qemu = spawn(QEMU, board, {
    stdio: ["ignore", handle, "ignore"],
  });
  closeSync(handle);
  const output = () => readFileSync(log, "utf8");
  try {
    while (qemu.exitCode === null && !END.test(output()))
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    // The line goes on.
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    return output();
  } finally {
    qemu.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Expects that all tests passed, and says how many. */
function expectPassed(output: string): void {
  expect(output.slice(-2000)).toContain(PASSED);
  console.log(/Test suite passed\..*/.exec(output)?.[0]);
}

describe.each(SUITES)("sel4test for $driver", (suite) => {
  if (!process.env[suite.variable]) {
    it.skip(`needs ${suite.variable}, the path of its driver (docs/sel4.md)`);
    return;
  }

  it(
    "passes on our machine",
    async () => {
      const run = await runImage(await imageOf(suite), {
        harts: suite.harts,
        memory: MEMORY,
        maxInstructions: MOST_INSTRUCTIONS,
        smp: suite.kernel.smp,
        untilOutput: END,
        inspectEvery: INSPECT_EVERY,
      });
      expectPassed(run.output);
    },
    PATIENCE_MILLISECONDS,
  );

  it.skipIf(!hasQemu)(
    `passes on QEMU${hasQemu ? "" : ` (skipped: ${QEMU} is not installed)`}`,
    async () => expectPassed(await onQemu(await imageOf(suite), suite.harts)),
    PATIENCE_MILLISECONDS,
  );
});

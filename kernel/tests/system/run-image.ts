/** Runs bootable images, on this project's machine and on QEMU, and collects what they print. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Machine, type MachineOptions, type RunResult } from "@rel4/machine";
import { ensureCore } from "../../../tools/build-core";
import type { LatencyRecord } from "../../../tools/latency-log";
import { KernelInspector } from "../../inspection";
import { watchLatency } from "./latency";

const MEMORY = 64 * 1024 * 1024;
const INSTRUCTION_LIMIT = 60_000_000;
/** A guest that does not end by itself is a failed test; nothing is measured by this clock. */
const QEMU_PATIENCE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 50;
const QEMU = "qemu-system-riscv64";

/** What a run printed and how it ended. */
export interface MachineRun {
  output: string;
  result: RunResult;
  machine: Machine;
  latency: LatencyRecord;
}

/**
 * Boots an image on this project's machine and runs it until it ends; `begin` may run its first part. The kernel's invariants
 * are checked after every kernel exit, or every `inspectEvery`th; 0: never.
 * @throws Error when interrupts waited for the kernel longer than they should
 */
export async function runOnMachine(
  image: Uint8Array,
  options: Partial<MachineOptions> & {
    input?: string;
    begin?: (machine: Machine) => void;
    maxInstructions?: number;
    inspectEvery?: number;
  } = {},
): Promise<MachineRun> {
  const { input, begin, maxInstructions = INSTRUCTION_LIMIT, inspectEvery = 1, ...machineOptions } = options;
  const machine = await Machine.create({
    harts: 1,
    memory: MEMORY,
    firmware: "sbi",
    core: await ensureCore(),
    ...machineOptions,
  });
  let output = "";
  const decoder = new TextDecoder();
  machine.console.onOutput((bytes) => {
    output += decoder.decode(bytes, { stream: true });
  });
  machine.loadElf(image);
  const checkLatency = watchLatency(machine, image);
  if (input !== undefined) machine.console.input(new TextEncoder().encode(input));
  machine.console.closeInput();
  if (inspectEvery > 0) new KernelInspector(machine, image, { every: inspectEvery });
  begin?.(machine);
  const result = machine.runSync({ maxInstructions });
  return { output, result, machine, latency: checkLatency() };
}

/** Whether QEMU for RISC-V is installed. */
export const qemuIsInstalled = spawnSync(QEMU, ["--version"], { stdio: "ignore" }).error === undefined;

/** What to add to the names of tests that are skipped without QEMU. */
export const qemuNote = qemuIsInstalled ? "" : ` (skipped: ${QEMU} is not installed)`;

/** What is typed once the guest has printed something. */
export interface QemuInput {
  after: string;
  text: string;
}

/**
 * Host threads of QEMU. On a single one, harts that never wait take turns of a tenth of a second; several (one a hart)
 * wait for each other on a busy host.
 */
export type HostThreads = "single" | "multi";

/** How QEMU runs an image. */
export interface QemuOptions {
  harts?: number;
  input?: QemuInput;
  threads?: HostThreads;
  /** The harts' model and its properties, default "rv64". */
  cpu?: string;
}

/** Boots an image on QEMU's virt board. The output does not contain the firmware's banner. */
export async function runOnQemu(
  image: Uint8Array,
  { harts = 1, input, threads = "single", cpu = "rv64" }: QemuOptions = {},
): Promise<{ output: string; exitCode: number | null }> {
  const folder = mkdtempSync(join(tmpdir(), "rel4-"));
  const file = join(folder, "image.elf");
  writeFileSync(file, image);
  const args = [
    "-accel",
    `tcg,thread=${threads}`,
    "-M",
    "virt",
    "-cpu",
    cpu,
    "-m",
    "64M",
    "-smp",
    String(harts),
    "-nographic",
    "-kernel",
    file,
  ];
  // A file, not a pipe: QEMU drops what a full pipe does not take at once.
  const outputFile = join(folder, "output");
  const outputHandle = openSync(outputFile, "w");
  const qemu = spawn(QEMU, args, { stdio: ["pipe", outputHandle, "inherit"] });
  const typing = setInterval(() => {
    if (input === undefined || !readFileSync(outputFile, "utf8").includes(input.after)) return;
    clearInterval(typing);
    qemu.stdin?.write(input.text);
  }, POLL_MILLISECONDS);
  const watchdog = setTimeout(() => qemu.kill("SIGKILL"), QEMU_PATIENCE_MILLISECONDS);
  const exitCode = await new Promise<number | null>((resolve) => qemu.on("close", resolve));
  clearTimeout(watchdog);
  clearInterval(typing);
  closeSync(outputHandle);
  const output = readFileSync(outputFile, "utf8");
  rmSync(folder, { recursive: true });
  return { output: output.replace(/\r/g, "").replace(/^[\s\S]*Boot HART MEDELEG.*\n/, ""), exitCode };
}

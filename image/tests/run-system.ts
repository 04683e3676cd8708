// Systems of the checks' programs, built and run on our machine.
import { join } from "node:path";
import {
  Machine,
  type RunResult,
  type StoreBufferOptions,
  type TrapEvent,
  type UserInterruptEvent,
} from "@rel4/machine";
import { KernelInspector } from "../../kernel/inspection";
import { watchLatency } from "../../kernel/tests/system/latency";
import { ensureCore } from "../../tools/build-core";
import { buildSystem, type ProgramDescription, type SystemDescription } from "../src/index";
import { repositoryPath } from "../src/repository";

export interface RunSettings {
  harts?: number;
  /** Bytes. */
  memory?: number;
  quantum?: number;
  uintc?: boolean;
  storeBuffer?: StoreBufferOptions;
  maxInstructions?: number;
  /** Check the kernel's invariants after every n-th kernel exit (default 50). */
  inspectEvery?: number;
  /** Whether the kernel was built with SMP (default true). */
  smp?: boolean;
  /** Called for every trap and user interrupt of any hart. */
  onTrap?(event: TrapEvent): void;
  onUserInterrupt?(event: UserInterruptEvent): void;
  /** Ends the run when it returns true; asked every 100,000 cycles. */
  until?(machine: Machine): boolean;
  /** Ends the run when the last 200 characters of the output match; looked at as `until` is asked. */
  untilOutput?: RegExp;
}

export interface SystemRun {
  output: string;
  /** Exit code, or why the run ended without one. */
  end: number | RunResult["reason"];
  machine: Machine;
}

const DEFAULT_MEMORY = 32 * 2 ** 20;
const MOST_INSTRUCTIONS = 100_000_000;

/** Runs a bootable image. @throws Error when interrupts waited for the kernel longer than they should */
export async function runImage(image: Uint8Array, settings: RunSettings = {}): Promise<SystemRun> {
  const {
    harts = 2,
    memory = DEFAULT_MEMORY,
    quantum,
    uintc,
    storeBuffer,
    maxInstructions = MOST_INSTRUCTIONS,
    inspectEvery = 50,
  } = settings;
  const machine = await Machine.create({
    core: await ensureCore(),
    firmware: "sbi",
    harts,
    memory,
    quantum,
    uintc,
    storeBuffer,
  });
  let output = "";
  const decoder = new TextDecoder();
  machine.console.onOutput((bytes) => {
    output += decoder.decode(bytes, { stream: true });
  });
  machine.console.closeInput();
  if (settings.onTrap) machine.onEvent("trap", settings.onTrap);
  if (settings.onUserInterrupt) machine.onEvent("userInterrupt", settings.onUserInterrupt);
  machine.loadElf(image);
  new KernelInspector(machine, image, { every: inspectEvery });
  const { until, untilOutput, smp } = settings;
  const checkLatency = watchLatency(machine, image, { smp });
  const result = machine.runSync({
    maxInstructions,
    until: untilOutput ? () => untilOutput.test(output.slice(-200)) : until,
  });
  checkLatency();
  return { output, end: result.reason === "poweroff" ? result.exitCode : result.reason, machine };
}

/** Builds and runs a description whose sources are names in programs/checks. */
export async function runChecks(description: SystemDescription, settings?: RunSettings): Promise<SystemRun> {
  const built = await buildSystem({ description, directory: repositoryPath("programs/checks") });
  return runImage(built.image, settings);
}

/** Runs one program of programs/checks alone. */
export function runCheck(
  name: string,
  program: Partial<ProgramDescription> = {},
  settings?: RunSettings,
): Promise<SystemRun> {
  return runChecks({ programs: { [name]: { source: `./${name}.ts`, ...program } } }, settings);
}

/** Builds one of the example systems and runs it. */
export async function runExample(
  path: string,
  settings?: RunSettings,
  args?: Record<string, string[]>,
): Promise<SystemRun> {
  const built = await buildSystem(repositoryPath(join("programs", path)), { arguments: args });
  return runImage(built.image, settings);
}

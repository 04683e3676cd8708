// Options of commands that run a machine, and the machine made from them.
import { Machine } from "@rel4/machine";
import type { Command } from "commander";
import { ensureCore } from "../../tools/build-core";
import { memorySize, wholeNumber } from "./options";

export interface MachineFlags {
  harts?: number;
  memory?: number;
  quantum?: number;
  userInterrupts: boolean;
  storeBuffer?: number;
}

const MOST_HARTS = 8;
const MOST_QUANTUM = 1_000_000;
const MOST_SEED = 2 ** 32 - 1;
const DEFAULT_HARTS = 2;
const DEFAULT_MEMORY = 128 * 2 ** 20;

/** Adds --harts, --memory, --quantum, --no-user-interrupts and --store-buffer to a command. */
export function addMachineOptions(command: Command, parseMemory = memorySize): Command {
  return command
    .option("--harts <n>", "processors of the machine, 1 to 8", wholeNumber(1, MOST_HARTS))
    .option("--memory <size>", "RAM, such as 64M", parseMemory)
    .option(
      "--quantum <cycles>",
      "how far one hart may run ahead of another; 8 by default, larger is faster",
      wholeNumber(1, MOST_QUANTUM),
    )
    .option("--no-user-interrupts", "a machine without user-interrupt hardware, like stock QEMU")
    .option(
      "--store-buffer <seed>",
      "delay stores as RVWMO allows, at random times, so that missing fences show",
      wholeNumber(0, MOST_SEED),
    );
}

/** What the flags say about a machine, whatever it boots. */
export function machineSettings(flags: MachineFlags) {
  return {
    quantum: flags.quantum,
    uintc: flags.userInterrupts,
    storeBuffer: flags.storeBuffer === undefined ? undefined : { seed: flags.storeBuffer },
  };
}

/** Builds the machine, with what the flags leave open from `defaults` (a system description's machine). */
export async function createMachine(
  flags: MachineFlags,
  defaults: { harts?: number; memory?: number } = {},
  firmware: "sbi" | "none" = "sbi",
): Promise<Machine> {
  return Machine.create({
    core: await ensureCore(),
    firmware,
    harts: flags.harts ?? defaults.harts ?? DEFAULT_HARTS,
    memory: flags.memory ?? defaults.memory ?? DEFAULT_MEMORY,
    ...machineSettings(flags),
  });
}

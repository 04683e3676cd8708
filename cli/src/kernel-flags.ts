// --root-task and --kernel: an ELF executable as the root task of our kernel, and the kernel's build options.
import {
  type BootableImage,
  buildRootTask,
  ConfigurationError,
  KERNEL_OPTIONS,
  type KernelConfiguration,
  kernelConfiguration,
} from "@rel4/image";
import { type Command, InvalidArgumentError } from "commander";
import { createProgress } from "./progress";
import { readWholeFile } from "./read-file";
import { UsageError } from "./report-error";

export interface KernelFlags {
  rootTask?: string;
  kernel?: Partial<KernelConfiguration>;
}

const NAMES = Object.keys(KERNEL_OPTIONS) as (keyof KernelConfiguration)[];
const SWITCHES: Record<string, boolean> = { on: true, off: false };

/** Adds --root-task and --kernel to a command. */
export function addKernelOptions(command: Command): Command {
  return command
    .option(
      "--root-task <elf>",
      "run this seL4 root task (an ELF executable) on our kernel instead of a system",
    )
    .option(
      "--kernel <options>",
      "with --root-task, how the kernel is built: name=value,... (see below)",
      parseKernelOptions,
    );
}

/** Says which options --kernel knows, for the help text. */
export const KERNEL_HELP = `--kernel takes ${NAMES.map((name) => {
  const { bounds } = KERNEL_OPTIONS[name];
  return `${name}=${bounds ? `${bounds[0]}…${bounds[1]}` : "on|off"}`;
}).join(", ")}.
Root tasks built for a single-core seL4 need smp=off: with SMP, invocations have other numbers.`;

/** Parses smp=off,domains=4. @throws InvalidArgumentError */
function parseKernelOptions(
  text: string,
  previous: Partial<KernelConfiguration> = {},
): Partial<KernelConfiguration> {
  const parsed = text.split(",").map((part) => {
    const [name, value = ""] = part.split("=") as [keyof KernelConfiguration, string?];
    if (!NAMES.includes(name))
      throw new InvalidArgumentError(`The kernel has no option "${name}"; it has ${NAMES.join(", ")}.`);
    return [name, parseValue(name, value)];
  });
  return { ...previous, ...Object.fromEntries(parsed) };
}

function parseValue(name: keyof KernelConfiguration, value: string): number | boolean {
  const { bounds } = KERNEL_OPTIONS[name];
  if (!bounds) {
    if (!(value in SWITCHES)) throw new InvalidArgumentError(`Give ${name}=on or ${name}=off.`);
    return SWITCHES[value]!;
  }
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < bounds[0] || number > bounds[1])
    throw new InvalidArgumentError(`Give ${name} a whole number from ${bounds[0]} to ${bounds[1]}.`);
  return number;
}

/**
 * Builds the image that --root-task asks for.
 * @throws UsageError, with the file's name, when it cannot be read or is no root task
 */
export async function buildRootTaskImage(path: string, { kernel = {} }: KernelFlags): Promise<BootableImage> {
  const executable = readWholeFile(path, { hint: "give an ELF executable for RISC-V" });
  const progress = createProgress();
  try {
    return await buildRootTask(executable, {
      configuration: kernelConfiguration(kernel),
      onProgress: (step) => progress.step(step),
    });
  } catch (error) {
    if (error instanceof Error && ["ElfError", "RootTaskError", "ImageError"].includes(error.name))
      throw new UsageError(`${path}: ${error.message}`);
    if (error instanceof ConfigurationError) throw new UsageError(`--kernel: ${error.message}`);
    throw error;
  } finally {
    progress.done();
  }
}

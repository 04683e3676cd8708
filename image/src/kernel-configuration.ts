/**
 * The kernel's build options. They are constants of abi/src/config.ts, compiled into the kernel and the user level alike:
 * another configuration is the same file with other numbers.
 */
import {
  BENCHMARKS,
  DEBUG,
  DOMAINS,
  FASTPATH,
  FPU,
  MAX_HARTS,
  PRIORITIES,
  ROOT_CNODE_BITS,
  SMP,
  SYNC_IPC,
  TICK_MICROSECONDS,
  TIME_SLICE_TICKS,
  USER_INTERRUPTS,
} from "@rel4/abi";
import type { KernelConfiguration } from "../../kernel/assembly";
import { readText } from "./cache";
import { repositoryPath } from "./repository";
import { SystemError } from "./system-error";

export type { KernelConfiguration } from "../../kernel/assembly";

const CONFIGURATION_FILE = repositoryPath("abi/src/config.ts");

/** An option: the constant it sets and, for numbers, the bounds. */
interface KernelOption {
  constant: string;
  value: number;
  bounds?: readonly [least: number, most: number];
}

const OPTIONS: Record<keyof KernelConfiguration, KernelOption> = {
  smp: { constant: "SMP", value: SMP },
  harts: { constant: "MAX_HARTS", value: MAX_HARTS, bounds: [1, 8] },
  priorities: { constant: "PRIORITIES", value: PRIORITIES, bounds: [1, 256] },
  domains: { constant: "DOMAINS", value: DOMAINS, bounds: [1, 256] },
  rootCNodeBits: { constant: "ROOT_CNODE_BITS", value: ROOT_CNODE_BITS, bounds: [8, 18] },
  timeSliceTicks: { constant: "TIME_SLICE_TICKS", value: TIME_SLICE_TICKS, bounds: [1, 1000] },
  tickMicroseconds: { constant: "TICK_MICROSECONDS", value: TICK_MICROSECONDS, bounds: [100, 1_000_000] },
  debug: { constant: "DEBUG", value: DEBUG },
  benchmarks: { constant: "BENCHMARKS", value: BENCHMARKS },
  syncIpc: { constant: "SYNC_IPC", value: SYNC_IPC },
  fastpath: { constant: "FASTPATH", value: FASTPATH },
  fpu: { constant: "FPU", value: FPU },
  userInterrupts: { constant: "USER_INTERRUPTS", value: USER_INTERRUPTS },
};

/** All options by name, with the bounds of those that are numbers. */
export const KERNEL_OPTIONS = OPTIONS as Readonly<
  Record<keyof KernelConfiguration, Pick<KernelOption, "bounds">>
>;

/** What abi/src/config.ts says as it is. */
export const DEFAULT_CONFIGURATION = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, { value, bounds }]) => [name, bounds ? value : value !== 0]),
) as unknown as KernelConfiguration;

/**
 * The default configuration with some options changed. A kernel without SMP runs on one hart.
 * @throws SystemError when the options exclude each other
 */
export function kernelConfiguration(changes: Partial<KernelConfiguration>): KernelConfiguration {
  const configuration = { ...DEFAULT_CONFIGURATION, ...changes };
  if (configuration.smp && configuration.domains > 1)
    throw new SystemError(
      "a kernel with several domains runs on one hart",
      "give it smp: false",
      "kernel.domains",
    );
  return configuration.smp ? configuration : { ...configuration, harts: 1 };
}

/**
 * Files to compile with in place of those in the repository: none for the default configuration.
 * @throws Error when abi/src/config.ts does not define an option in a line of its own
 */
export function configurationOverrides(configuration: KernelConfiguration): Record<string, string> {
  const text = readText(CONFIGURATION_FILE) ?? "";
  const changed = Object.entries(OPTIONS).reduce((result, [option, { constant }]) => {
    const line = new RegExp(`^export const ${constant} = \\d+;$`, "m");
    if (!line.test(result)) throw new Error(`${CONFIGURATION_FILE} defines no number ${constant}`);
    const value = Number(configuration[option as keyof KernelConfiguration]);
    return result.replace(line, `export const ${constant} = ${value};`);
  }, text);
  return changed === text ? {} : { [CONFIGURATION_FILE]: changed };
}

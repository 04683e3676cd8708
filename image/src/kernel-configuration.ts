/**
 * The kernel's build options. They are constants of abi/src/config.ts, compiled into the kernel and the user level alike:
 * another configuration is the same file with other numbers.
 */
import { FASTPATH, FPU, SYNC_IPC } from "@rel4/abi";
import type { KernelConfiguration } from "../../kernel/assembly";
import { readText } from "./cache";
import { repositoryPath } from "./repository";

export type { KernelConfiguration } from "../../kernel/assembly";

const CONFIGURATION_FILE = repositoryPath("abi/src/config.ts");

/** What abi/src/config.ts says as it is. */
export const DEFAULT_CONFIGURATION: KernelConfiguration = {
  syncIpc: (SYNC_IPC as number) !== 0,
  fastpath: (FASTPATH as number) !== 0,
  fpu: (FPU as number) !== 0,
};

/** The constant that each option sets. */
const CONSTANTS: Record<keyof KernelConfiguration, string> = {
  syncIpc: "SYNC_IPC",
  fastpath: "FASTPATH",
  fpu: "FPU",
};

/**
 * Files to compile with in place of those in the repository: none for the default configuration.
 * @throws Error when abi/src/config.ts does not define an option in a line of its own
 */
export function configurationOverrides(configuration: KernelConfiguration): Record<string, string> {
  const text = readText(CONFIGURATION_FILE) ?? "";
  const changed = Object.entries(CONSTANTS).reduce((result, [option, constant]) => {
    const line = new RegExp(`^export const ${constant} = [01];$`, "m");
    if (!line.test(result)) throw new Error(`${CONFIGURATION_FILE} defines no ${constant} of 0 or 1`);
    const value = configuration[option as keyof KernelConfiguration] ? 1 : 0;
    return result.replace(line, `export const ${constant} = ${value};`);
  }, text);
  return changed === text ? {} : { [CONFIGURATION_FILE]: changed };
}

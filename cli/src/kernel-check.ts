// --check-invariants: what must always hold in the kernel is checked while it runs (kernel/inspection).
import type { Machine } from "@rel4/machine";
import type { Command } from "commander";
import { InspectionError, InvariantError, KernelInspector } from "../../kernel/inspection";
import type { SessionEnd } from "./machine-session";
import { wholeNumber } from "./options";
import { UsageError } from "./report-error";

export interface CheckFlags {
  /** After every n-th kernel exit. */
  checkInvariants?: number;
}

/** Adds --check-invariants to a command. */
export function addCheckOption(command: Command): Command {
  return command.option(
    "--check-invariants <n>",
    "check what must hold in our kernel (debug=on) after every n-th kernel exit, from the first on",
    wholeNumber(1, Number.MAX_SAFE_INTEGER),
  );
}

/**
 * Runs a machine whose kernel is checked if the flags say so; what does not hold ends the run.
 * @param image what the machine is loaded with, `name` for messages
 * @throws UsageError when it contains no kernel that can be checked
 */
export async function runChecked(
  machine: Machine,
  { image, name, every }: { image: Uint8Array; name: string; every: number | undefined },
  run: () => Promise<SessionEnd>,
): Promise<SessionEnd> {
  if (every === undefined) return run();
  const inspector = createInspector(machine, image, name, every);
  try {
    const end = await run();
    console.error(
      `checked:  ${inspector.checks} of ${inspector.exits} kernel exits, and every invariant held`,
    );
    return end;
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    return { reason: "watchdog", message: error.message };
  }
}

function createInspector(machine: Machine, image: Uint8Array, name: string, every: number): KernelInspector {
  try {
    return new KernelInspector(machine, image, { every });
  } catch (error) {
    if (error instanceof InspectionError) throw new UsageError(`${name}: ${error.message}`, error.hint);
    throw error;
  }
}

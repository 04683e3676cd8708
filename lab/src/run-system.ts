/** Building a system of guest programs and running it on a fresh machine, with what its programs marked as result. */
import { fileURLToPath } from "node:url";
import { type BuildOptions, type BuiltSystem, buildSystem, type SystemDescription } from "@rel4/image";
import { Machine, type RunResult } from "@rel4/machine";
import { ensureCore } from "../../tools/build-core";
import { LabError } from "./errors";
import { type Window, WindowRecorder } from "./windows";

/** What an experiment wants run. */
export interface SystemRequest {
  /** Sources are relative to lab/guests. */
  description: SystemDescription;
  /** Arguments of programs, by name. */
  arguments?: Record<string, string[]>;
  /** Harts of the machine; the description's by default. */
  harts?: number;
  /** Cycles a hart may run ahead of another; 8 by default. */
  quantum?: number;
  /** Whether the machine has user interrupts (default true). */
  userInterrupts?: boolean;
  /** Called before the first instruction: listen to events here. */
  onMachine?(machine: Machine, built: BuiltSystem): void;
  onProgress?(step: string): void;
}

/** What came of it. */
export interface SystemRun {
  /** Windows in the order they were closed. */
  windows: Window[];
  /** All that was printed. */
  output: string;
  machine: Machine;
  built: BuiltSystem;
}

const GUESTS = fileURLToPath(new URL("../guests/", import.meta.url));
const MEMORY = 64 * 2 ** 20;
/** Far more than any experiment needs; a system that hangs while it polls ends here. */
const MOST_INSTRUCTIONS = 20_000_000_000;

/** A system on a fresh machine that has not executed anything yet. */
export interface PreparedSystem {
  machine: Machine;
  built: BuiltSystem;
  recorder: WindowRecorder;
  /** All that was printed so far. */
  output(): string;
}

/** Builds a system and loads it into a machine. @throws errors of building */
export async function prepareSystem(request: SystemRequest): Promise<PreparedSystem> {
  const { description, harts = description.machine?.harts ?? 1, onProgress } = request;
  const options: BuildOptions = { onProgress, arguments: request.arguments, machine: { harts } };
  const built = await buildSystem({ description, directory: GUESTS }, options);
  const machine = await Machine.create({
    core: await ensureCore(),
    firmware: "sbi",
    harts,
    memory: built.description.machine.memory ?? MEMORY,
    quantum: request.quantum,
    uintc: request.userInterrupts,
  });
  const recorder = new WindowRecorder(machine);
  let output = "";
  const decoder = new TextDecoder();
  machine.console.onOutput((bytes) => {
    output += decoder.decode(bytes, { stream: true });
  });
  machine.console.closeInput();
  request.onMachine?.(machine, built);
  machine.loadElf(built.image);
  return { machine, built, recorder, output: () => output };
}

/**
 * Builds a system and runs it until it ends.
 * @throws LabError when it ends badly; errors of building
 */
export async function runSystem(request: SystemRequest): Promise<SystemRun> {
  const { machine, built, recorder, output } = await prepareSystem(request);
  const end = await machine.run({ maxInstructions: MOST_INSTRUCTIONS });
  checkEnd(end, output());
  return { windows: recorder.windows, output: output(), machine, built };
}

/** Anything but a clean end makes what was measured worthless. */
function checkEnd(end: RunResult, output: string): void {
  if (end.reason === "poweroff" && end.exitCode === 0) return;
  const how =
    end.reason === "poweroff"
      ? `ended with exit code ${end.exitCode}`
      : `did not end by itself (${end.reason})`;
  throw new LabError(
    `the measured system ${how}${output === "" ? "" : `; it printed:\n${output.trimEnd()}`}`,
  );
}

/** The only window of a run. @throws LabError when there is none or more than one */
export function onlyWindow({ windows, output }: SystemRun): Window {
  if (windows.length === 1) return windows[0]!;
  throw new LabError(
    `the measured system marked ${windows.length} windows instead of one; it printed:\n${output}`,
  );
}

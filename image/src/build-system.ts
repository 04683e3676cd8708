/** From a system description, or a single program, to one bootable image. */
import { basename, resolve } from "node:path";
import { CALL_ITEM_BYTES } from "@rel4/abi";
import { type CheckedSystem, checkSystem } from "./check-system";
import { compileProgram, compileRoot, type ProgramImage, usesCoroutines } from "./compile-program";
import { buildKernel, makeImage } from "./kernel-image";
import { loadSystem } from "./load-system";
import { formatMemorySize } from "./memory-size";
import { programMemory, reservedBits } from "./program-memory";
import { rootImage } from "./root-image";
import type { MemorySize } from "./system";
import { SystemError } from "./system-error";
import { planSystem, type SystemPlan } from "./system-plan";

export interface BuildOptions {
  /** Told what is being done. */
  onProgress?(step: string): void;
  /** Arguments of programs, by name; they replace the description's. */
  arguments?: Record<string, string[]>;
  /** Machine the image will run on; replaces the description's. */
  machine?: { harts?: number; memory?: MemorySize };
}

/** A bootable image and what it was made from. */
export interface BuiltSystem {
  /** ELF file: loader, kernel, root server and programs. */
  image: Uint8Array;
  /** Least RAM in bytes it boots with; the programs' memory comes on top. */
  minimumMemory: number;
  /** The description with all defaults filled in. */
  description: CheckedSystem;
  /** Compiled programs by name: their functions (for naming program counters) and ELF files (for debuggers). */
  programs: Record<string, ProgramImage>;
  /** Physical addresses of the programs' start-info pages (abi/src/start-info.ts), in the description's order. */
  startInfo: number[];
}

/** RAM the firmware, the kernel and its objects need beside the programs' own. */
const SYSTEM_OVERHEAD = 6 * 2 ** 20;

/** Coroutines of a program that uses them and does not say how many. */
const DEFAULT_COROUTINES = 63;

/**
 * Builds the image of a system.
 * @param system path of a description file, or a description and the directory its sources are relative to
 * @throws SystemError, CompileError
 */
export async function buildSystem(
  system: string | { description: unknown; directory: string },
  options: BuildOptions = {},
): Promise<BuiltSystem> {
  const isPath = typeof system === "string";
  const { description, directory } = isPath ? await loadSystem(system) : system;
  try {
    const checked = withOptions(checkSystem(merged(description, options)), options);
    return await buildChecked(checked, directory, options);
  } catch (error) {
    // say which file the wrong part of a description is in
    if (isPath && error instanceof SystemError) throw new SystemError(error.message, error.hint, system);
    throw error;
  }
}

/** Builds the image of a system of one program, which has its whole machine to itself. */
export async function buildProgram(path: string, options: BuildOptions = {}): Promise<BuiltSystem> {
  const name = programName(path);
  const description = { programs: { [name]: { source: resolve(path), memory: "8M" } } };
  const given = options.arguments
    ? { ...options, arguments: { [name]: Object.values(options.arguments).flat() } }
    : options;
  return buildSystem({ description, directory: "." }, given);
}

/** A program name made from a file name. */
function programName(path: string): string {
  const name = basename(path)
    .replace(/\.ts$/, "")
    .replace(/[^A-Za-z0-9_.-]/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, 32) || "program";
}

/** The description with the options' machine in place of its own. */
function merged(description: unknown, { machine }: BuildOptions): unknown {
  if (machine === undefined || typeof description !== "object" || description === null) return description;
  const own = (description as { machine?: object }).machine ?? {};
  const given = Object.fromEntries(Object.entries(machine).filter(([, value]) => value !== undefined));
  return { ...description, machine: { ...own, ...given } };
}

function withOptions(system: CheckedSystem, options: BuildOptions): CheckedSystem {
  for (const [name, values] of Object.entries(options.arguments ?? {})) {
    const program = system.programs.find((candidate) => candidate.name === name);
    if (!program)
      throw new SystemError(
        `arguments for "${name}", but there is no such program`,
        `the programs are ${system.programs.map((candidate) => candidate.name).join(", ")}`,
      );
    program.arguments = values;
  }
  return system;
}

async function buildChecked(
  system: CheckedSystem,
  directory: string,
  options: BuildOptions,
): Promise<BuiltSystem> {
  const { onProgress } = options;
  const images: ProgramImage[] = [];
  const compiled = new Map<string, ProgramImage>();
  for (const { name, source, memory, asynchronous } of system.programs) {
    const progress = (step: string) => onProgress?.(`${name}: ${step}`);
    const path = resolve(directory, source);
    const key = `${memory} ${asynchronous} ${path}`;
    const options = { onProgress: progress, configuration: system.kernel, asynchronous };
    const image = compiled.get(key) ?? (await compileProgram(path, memory, `programs.${name}`, options));
    compiled.set(key, image);
    images.push(image);
  }
  system.programs.forEach((program, index) => {
    program.coroutines ??= usesCoroutines(images[index]!) ? DEFAULT_COROUTINES : 0;
  });
  const plan = planSystem(system);
  checkMemory(system, plan, images);
  const root = await compileRoot((step) => onProgress?.(`root server: ${step}`), system.kernel);
  const task = rootImage(system, plan, root, images);
  const kernelElf = await buildKernel({
    configuration: system.kernel,
    onProgress: (step) => onProgress?.(`kernel: ${step}`),
  });
  const made = makeImage({
    kernelElf,
    root: task,
    configuration: system.kernel,
    memory: system.machine.memory,
  });
  const startInfo = task.startInfo.map((address) => made.rootStart + address - task.virtualStart);
  const programs = Object.fromEntries(system.programs.map(({ name }, index) => [name, images[index]!]));
  return { image: made.elf, minimumMemory: made.minimumMemory, description: system, programs, startInfo };
}

/** Finds out here, where the message can name numbers, that a machine is too small. */
function checkMemory(
  { machine, programs, channels }: CheckedSystem,
  plan: SystemPlan,
  images: readonly ProgramImage[],
): void {
  if (machine.memory === undefined) return;
  const sizes = [
    ...programs.map((program, index) =>
      program.restart ? 2 ** reservedBits(program, plan, index, images[index]!) : programMemory(program),
    ),
    ...channels.map(({ requests }) => 2 * requests * CALL_ITEM_BYTES),
  ];
  const needed = sizes.reduce((sum, size) => sum + size, SYSTEM_OVERHEAD);
  if (needed <= machine.memory) return;
  throw new SystemError(
    `${formatMemorySize(machine.memory)} is too little: the programs and the system need about ${formatMemorySize(needed)}`,
    "raise machine.memory, or lower the programs' memory",
    "machine.memory",
  );
}

// `rel4 run`: a program, a system or an image, on our machine.
import { HandlerWatchdog } from "@rel4/image";
import { ElfError, type Machine } from "@rel4/machine";
import { type Command, Option } from "commander";
import { buildInput } from "../built-image";
import { type InputFile, readInput } from "../input-file";
import { addCheckOption, type CheckFlags, runChecked } from "../kernel-check";
import { addKernelOptions, buildRootTaskImage, KERNEL_HELP, type KernelFlags } from "../kernel-flags";
import { addMachineOptions, createMachine, type MachineFlags } from "../machine-options";
import { finishSession, runSession } from "../machine-session";
import { wholeNumber } from "../options";
import { UsageError } from "../report-error";
import { findTrapLoop } from "../trap-loop";

interface RunFlags extends MachineFlags, KernelFlags, CheckFlags {
  firmware: "sbi" | "none";
  maxInstructions?: number;
  stats?: boolean;
}

/** RAM of a machine for a root task, unless --memory says otherwise: what seL4's own builds for this board assume. */
const ROOT_TASK_MEMORY = 512 * 2 ** 20;

const HELP = `
A program is one AssemblyScript file; it may import "rel4" (the runtime). Its main(): i32 is the exit code.
A system description is a TypeScript file that imports "rel4/system" and exports defineSystem({...}). It may choose the
kernel's build options: kernel: { syncIpc: false } is a kernel without endpoints, { fpu: false } one without floating point,
{ userInterrupts: false } one without user interrupts, { fastpath: false } one without fast paths.
An ELF image is any bare-metal RV64 program: ours from 'rel4 build', a kernel, a test.

Ctrl-A x quits; Ctrl-A Ctrl-A sends one Ctrl-A. When nothing can ever run again, the machine stops and says so (exit code 125).

${KERNEL_HELP}

Examples:
  $ rel4 run programs/hello/hello.ts
  $ rel4 run hello.ts one two                      arguments for the program
  $ rel4 run hello.ts -- --loud                    arguments that look like options
  $ rel4 run --harts 4 --stats system.ts           a table of counters at the end
  $ rel4 run --no-user-interrupts system.ts        how it runs without the hardware
  $ rel4 run --firmware none test.elf              starts in M mode, without built-in SBI
  $ rel4 run --root-task driver.elf --kernel smp=off --harts 1
                                                   somebody else's seL4 root task on our kernel
  $ rel4 run --check-invariants 1 system.ts        stops as soon as something does not hold that must
  $ rel4 run --check-invariants 1000 --root-task driver.elf
                                                   the same with every 1000th kernel exit, for long runs`;

export function addRunCommand(program: Command): void {
  const command = program
    .command("run")
    .description("compile and run a program or a system, or run an ELF image")
    .argument("[file]", "program (.ts), system description (.ts) or ELF image")
    .argument("[arguments...]", "arguments for a single program");
  addCheckOption(addKernelOptions(addMachineOptions(command)))
    .addOption(
      new Option("--firmware <kind>", "for an ELF image: built-in SBI, or none (starts in M mode)")
        .choices(["sbi", "none"])
        .default("sbi"),
    )
    .option(
      "--max-instructions <n>",
      "stop after so many instructions",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option("--stats", "print what each hart did, on standard error")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(file: string | undefined, programArguments: string[], flags: RunFlags): Promise<void> {
  if (flags.rootTask !== undefined) return runRootTask(flags.rootTask, file, flags);
  if (flags.kernel)
    throw new UsageError("--kernel goes with --root-task", "a system description has kernel: { … } instead");
  if (file === undefined)
    throw new UsageError(
      "nothing to run",
      "give a program (.ts), a system description (.ts) or an ELF image",
    );
  const input = readInput(file);
  checkFlags(input, programArguments, flags);
  const built = input.kind === "elf" ? undefined : await buildInput(input, { programArguments });
  const machine = await createMachine(flags, built?.description.machine ?? { harts: 1 }, flags.firmware);
  loadImage(machine, built?.image ?? input.bytes, file);
  const handlers = built && new HandlerWatchdog(built);
  const checks = { image: built?.image ?? input.bytes, name: file, every: flags.checkInvariants };
  const end = await runChecked(machine, checks, () =>
    runSession(machine, {
      input: "stdin",
      maxInstructions: flags.maxInstructions,
      watchdog: (running) => findTrapLoop(running) ?? handlers?.check(running),
    }),
  );
  finishSession(machine, end, flags.stats, built);
}

/** Runs somebody's root task on our kernel. */
async function runRootTask(path: string, file: string | undefined, flags: RunFlags): Promise<void> {
  if (file !== undefined)
    throw new UsageError(`${file}: --root-task runs ${path} and nothing else`, "give one of them");
  const { elf, minimumMemory } = await buildRootTaskImage(path, flags);
  const machine = await createMachine(flags, { harts: 1, memory: Math.max(minimumMemory, ROOT_TASK_MEMORY) });
  loadImage(machine, elf, path);
  const checks = { image: elf, name: path, every: flags.checkInvariants };
  const end = await runChecked(machine, checks, () =>
    runSession(machine, {
      input: "stdin",
      maxInstructions: flags.maxInstructions,
      watchdog: findTrapLoop,
    }),
  );
  finishSession(machine, end, flags.stats);
}

/** Loads an image; what is wrong with it is said with the file's name. */
function loadImage(machine: Machine, image: Uint8Array, file: string): void {
  try {
    machine.loadElf(image);
  } catch (error) {
    if (error instanceof ElfError) error.message = `${file}: ${error.message}`;
    throw error;
  }
}

function checkFlags(input: InputFile, programArguments: string[], flags: RunFlags): void {
  if (input.kind !== "program" && programArguments.length > 0)
    throw new UsageError(
      `arguments (${programArguments.join(" ")}) are for a single program`,
      input.kind === "system" ? "write them into the system description" : "an ELF image takes none",
    );
  if (input.kind !== "elf" && flags.firmware === "none")
    throw new UsageError("--firmware none is for ELF images; the kernel boots under SBI");
}

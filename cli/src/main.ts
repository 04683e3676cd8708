// `rel4`: the commands and their help.
import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { fromQemuSpelling } from "./qemu-spelling";
import { describeError, isExpected } from "./report-error";

/** Exit codes of our own; a guest's exit code is passed on as it is. */
const EXIT = { badInput: 2, defect: 70, noReader: 141 } as const;

/** Adds each command. They are loaded when they are needed: the compiler takes longer to load than many a run. */
const COMMANDS: Record<string, (program: Command) => Promise<void>> = {
  tour: async (program) => (await import("./commands/tour")).addTourCommand(program),
  run: async (program) => (await import("./commands/run")).addRunCommand(program),
  build: async (program) => (await import("./commands/build")).addBuildCommand(program),
  machine: async (program) => (await import("./commands/machine")).addMachineCommand(program),
  bench: async (program) => (await import("./commands/bench")).addBenchCommands(program),
  lab: async (program) => (await import("./commands/lab")).addLabCommands(program),
  soak: async (program) => (await import("./commands/soak")).addSoakCommand(program),
};

const EXAMPLES = `
Examples:
  $ rel4 tour                            four ways to notify a process, measured
  $ rel4 run programs/hello/hello.ts     compile one program, boot the kernel, run it in user mode
  $ rel4 run programs/mailbox/system.ts  a system of several programs and channels
  $ rel4 build system.ts -o image.elf    one bootable image; QEMU boots it too:
      qemu-system-riscv64 -M virt -smp 2 -nographic -kernel image.elf
  $ rel4 run image.elf                   any bare-metal RV64 ELF
  $ rel4 machine --kernel Image          the RISC-V computer by itself, with QEMU's options
  $ rel4 lab ipc                         synchronous and asynchronous IPC beside published results
  $ rel4 soak                            ten minutes of random load with programs that are ended at random
  $ rel4 bench machine                   our emulator against QEMU, in one run
  $ rel4 bench compiler                  our compiler against gcc -O2

'rel4 <command> --help' tells more about each.`;

/** The command line with one command, or with all of them when `name` is none. */
async function createProgram(name = ""): Promise<Command> {
  const program = new Command("rel4");
  program
    .description(
      "ReL4 in TypeScript: a microkernel with user interrupts, its compiler and its RISC-V computer",
    )
    .version("0.1.0")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(rel4 --help shows every command with an example)");
  const wanted = Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : Object.values(COMMANDS);
  for (const add of wanted) await add(program);
  return program;
}

/** Nobody reads on (`rel4 … | head`), or the disk is full: the guest's output has nowhere to go. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") console.error(describeError(error));
    process.exit(error.code === "EPIPE" ? EXIT.noReader : EXIT.badInput);
  });
}

/** `rel4 machine` understands QEMU's spelling too. */
function ourSpelling([node = "", script = "", command, ...words]: string[]): string[] {
  if (command === undefined) return [node, script];
  return [node, script, command, ...(command === "machine" ? fromQemuSpelling(words) : words)];
}

/** Runs the command line `argv` (as process.argv) and sets the process's exit code. */
export async function main(argv: string[]): Promise<void> {
  endQuietlyWithoutReader();
  const program = await createProgram(argv[2]);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)])
    command.exitOverride();
  try {
    await program.parseAsync(ourSpelling(argv));
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : EXIT.badInput;
      return;
    }
    console.error(describeError(error));
    process.exitCode = isExpected(error) ? EXIT.badInput : EXIT.defect;
    if (process.env.REL4_DEBUG) console.error(error);
    else if (!isExpected(error))
      console.error(
        pc.dim("This looks like a defect of rel4 itself; REL4_DEBUG=1 shows where it came from."),
      );
  }
}

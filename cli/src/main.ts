// `rel4`: the commands and their help.
import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { addBenchCommands } from "./commands/bench";
import { addBuildCommand } from "./commands/build";
import { addLabCommands } from "./commands/lab";
import { addMachineCommand } from "./commands/machine";
import { addRunCommand } from "./commands/run";
import { addSoakCommand } from "./commands/soak";
import { addTourCommand } from "./commands/tour";
import { fromQemuSpelling } from "./qemu-spelling";
import { describeError, isExpected } from "./report-error";

/** Exit codes of our own; a guest's exit code is passed on as it is. */
const EXIT = { badInput: 2, defect: 70, noReader: 141 } as const;

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

export function createProgram(): Command {
  const program = new Command("rel4");
  program
    .description(
      "ReL4 in TypeScript: a microkernel with user interrupts, its compiler and its RISC-V computer",
    )
    .version("0.1.0")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(rel4 --help shows every command with an example)");
  addTourCommand(program);
  addRunCommand(program);
  addBuildCommand(program);
  addMachineCommand(program);
  addBenchCommands(program);
  addLabCommands(program);
  addSoakCommand(program);
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
  const program = createProgram();
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

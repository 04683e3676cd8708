// `rel4 tour`: what `npm start` runs. Boots programs/tour/system.ts, whose client measures and prints.
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { buildInput } from "../built-image";
import { readInput } from "../input-file";
import { addMachineOptions, createMachine, type MachineFlags } from "../machine-options";
import { finishSession, runSession } from "../machine-session";

const SYSTEM = fileURLToPath(new URL("../../../programs/tour/system.ts", import.meta.url));

const HELP = `
Two isolated processes play ping-pong in four ways: a call over an endpoint on one hart and across harts, a kernel
notification across harts, and a user interrupt across harts, which never enters the kernel.

Every cycle is counted, the kernel's too. The machine is deterministic: two runs print the same numbers.

Examples:
  $ rel4 tour
  $ rel4 tour --json | jq '.rows[].cyclesMedian'
  $ rel4 tour --quantum 1                  the finest interleaving of the harts
  $ rel4 tour --no-user-interrupts         what stock hardware does`;

export function addTourCommand(program: Command): void {
  const command = program.command("tour").description("four ways to notify a process, measured on two harts");
  addMachineOptions(command)
    .option("--json", "print one JSON object instead of the table")
    .option("--stats", "print what each hart did, on standard error")
    .addHelpText("after", HELP)
    .action(tour);
}

async function tour(flags: MachineFlags & { json?: boolean; stats?: boolean }): Promise<void> {
  const { image, description } = await buildInput(readInput(SYSTEM), {
    arguments: flags.json ? { client: ["--json"] } : undefined,
  });
  const machine = await createMachine(flags, description.machine);
  machine.loadElf(image);
  const end = await runSession(machine, { input: "none" });
  finishSession(machine, end, flags.stats);
}

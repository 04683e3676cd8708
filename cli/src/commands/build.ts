// `rel4 build`: one bootable ELF, for our machine and for QEMU.
import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { buildInput } from "../built-image";
import { readInput } from "../input-file";
import { UsageError } from "../report-error";

const HELP = `
Examples:
  $ rel4 build programs/tour/system.ts -o tour.elf
  $ qemu-system-riscv64 -M virt -smp 2 -nographic -kernel tour.elf
  $ rel4 run tour.elf --harts 2`;

export function addBuildCommand(program: Command): void {
  program
    .command("build")
    .description("make one bootable ELF image of a program or a system")
    .argument("<file>", "program (.ts) or system description (.ts)")
    .option("-o, --output <image>", "where to write it; by default the source's name with .elf, here")
    .addHelpText("after", HELP)
    .action(build);
}

async function build(file: string, { output }: { output?: string }): Promise<void> {
  const input = readInput(file);
  if (input.kind === "elf")
    throw new UsageError(`${file}: is an ELF image already`, `run it: rel4 run ${file}`);
  const target = output ?? basename(file).replace(/\.ts$/, ".elf");
  if (resolve(target) === input.path)
    throw new UsageError(`${target}: the image would overwrite its source`, "give another name with -o");
  const { image, description } = await buildInput(input);
  writeFileSync(resolve(target), image);
  const harts = description.machine.harts ?? 1;
  console.log(
    `${target}: ${(image.length / 1024).toFixed(0)} KiB, ${description.programs.length} program(s)`,
  );
  console.log(`  rel4 run ${target} --harts ${harts}`);
  console.log(`  qemu-system-riscv64 -M virt -smp ${harts} -nographic -kernel ${target}`);
}

// `rel4 build`: one bootable ELF, for our machine and for QEMU.
import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { buildInput } from "../built-image";
import { readInput } from "../input-file";
import { addKernelOptions, buildRootTaskImage, KERNEL_HELP, type KernelFlags } from "../kernel-flags";
import { UsageError } from "../report-error";

interface BuildFlags extends KernelFlags {
  output?: string;
}

const HELP = `
Examples:
  $ rel4 build programs/tour/system.ts -o tour.elf
  $ qemu-system-riscv64 -M virt -smp 2 -nographic -kernel tour.elf
  $ rel4 run tour.elf --harts 2
  $ rel4 build --root-task driver.elf --kernel smp=off,debug=off -o image.elf

${KERNEL_HELP}`;

export function addBuildCommand(program: Command): void {
  const command = program
    .command("build")
    .description("make one bootable ELF image of a program or a system")
    .argument("[file]", "program (.ts) or system description (.ts)")
    .option("-o, --output <image>", "where to write it; by default the source's name with .elf, here");
  addKernelOptions(command).addHelpText("after", HELP).action(build);
}

async function build(file: string | undefined, flags: BuildFlags): Promise<void> {
  const { output, rootTask } = flags;
  if (rootTask !== undefined) return buildWithRootTask(rootTask, file, flags);
  if (flags.kernel)
    throw new UsageError("--kernel goes with --root-task", "a system description has kernel: { … } instead");
  if (file === undefined)
    throw new UsageError("nothing to build", "give a program (.ts) or a system description (.ts)");
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

/** Puts somebody's root task behind our kernel. */
async function buildWithRootTask(path: string, file: string | undefined, flags: BuildFlags): Promise<void> {
  if (file !== undefined)
    throw new UsageError(`${file}: --root-task takes ${path} and nothing else`, "give one of them");
  const target = flags.output ?? `${basename(path).replace(/\.elf$/, "")}.image.elf`;
  if (resolve(target) === resolve(path))
    throw new UsageError(`${target}: the image would overwrite the root task`, "give another name with -o");
  const { elf, minimumMemory } = await buildRootTaskImage(path, flags);
  writeFileSync(resolve(target), elf);
  const memory = Math.ceil(minimumMemory / 2 ** 20);
  console.log(`${target}: ${(elf.length / 1024).toFixed(0)} KiB, needs at least ${memory} MiB of memory`);
  console.log(`  rel4 run ${target} --harts 1 --memory 512M`);
  console.log(`  qemu-system-riscv64 -M virt -smp 1 -m 512M -nographic -kernel ${target}`);
}

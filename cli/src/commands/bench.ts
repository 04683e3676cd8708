// `rel4 bench`: this project's parts against their peers, in one run.
import type { Command } from "commander";
import { createProgress } from "../progress";
import { plainTable } from "../table";

export function addBenchCommands(program: Command): void {
  const bench = program
    .command("bench")
    .description("measure the machine against QEMU, the compiler against gcc");
  bench
    .command("machine")
    .description("speed of our emulator as a ratio to qemu-system-riscv64, where that is installed")
    .option("--json", "print one JSON object instead of the table")
    .addHelpText("after", "\nExample:\n  $ rel4 bench machine --json | jq .geomean")
    .action(machine);
  bench
    .command("compiler")
    .description(
      "instructions our code executes as a ratio to gcc -O2's, where riscv64-linux-gnu-gcc is installed",
    )
    .option("--json", "print one JSON object instead of the table")
    .addHelpText("after", "\nExample:\n  $ rel4 bench compiler --json | jq '.paths[] | select(.ratio > 1)'")
    .action(compiler);
}

async function machine({ json }: { json?: boolean }): Promise<void> {
  const { benchMachine } = await import("../../../machine/bench/bench");
  const progress = createProgress();
  const result = await benchMachine({ onProgress: progress.step });
  progress.done();
  if (json) return void console.log(JSON.stringify(result));
  const rows = result.workloads.map(({ name, instructions, ours, qemu, ratio }) => [
    name,
    instructions.toLocaleString("en"),
    ours.mips.toFixed(0),
    qemu?.mips.toFixed(0) ?? "–",
    ratioText(ratio),
  ]);
  console.log(plainTable(["workload", "instructions", "ours, MIPS", "QEMU, MIPS", "ratio"], rows, 1));
  console.log(
    result.geomean === null
      ? "qemu-system-riscv64 is not installed here, so there is no ratio."
      : `Geometric mean: ${ratioText(result.geomean)} of QEMU's speed. MIPS depend on this computer; the ratio much less.`,
  );
}

async function compiler({ json }: { json?: boolean }): Promise<void> {
  const { benchCompiler } = await import("../../../compiler/bench");
  const progress = createProgress();
  const result = await benchCompiler({ onProgress: progress.step });
  progress.done();
  if (json) return void console.log(JSON.stringify(result));
  const rows = result.paths.map(({ name, gcc, ours, ratio }) => [
    name,
    gcc?.toLocaleString("en") ?? "–",
    ours.toLocaleString("en"),
    ratioText(ratio),
  ]);
  console.log(plainTable(["path", "gcc -O2", "ours", "ratio"], rows, 1));
  console.log(
    result.geomean === null
      ? "riscv64-linux-gnu-gcc is not installed here, so there is no ratio."
      : `Geometric mean: ${ratioText(result.geomean)} of gcc -O2's instructions at the same -march, ` +
          `${ratioText(result.floatGeomean)} where floating-point numbers are computed with.`,
  );
}

const ratioText = (ratio: number | null) => (ratio === null ? "–" : ratio.toFixed(3));

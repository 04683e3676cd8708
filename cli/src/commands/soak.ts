// `rel4 soak`: random load on servers that are ended at random, for as long as asked, with ever new seeds.
import { fileURLToPath } from "node:url";
import { buildSystem } from "@rel4/image";
import { Machine } from "@rel4/machine";
import type { Command } from "commander";
import { ensureCore } from "../../../tools/build-core";
import { wholeNumber } from "../options";

interface SoakFlags {
  minutes: number;
  seed: number;
  milliseconds: number;
}

const HELP = `
One run is a machine of four harts with two servers, three clients with 90 coroutines each, a program that maps pages by asynchronous
system calls, and one that ends the others at random moments; they are started again. Every call must be answered rightly or fail with
an error, and when everybody pauses the kernel's own counts must be what they were: capabilities, threads, mapped frames, address
spaces, handlers, receiver entries, sender tables. Runs follow each other with the next seed until the time is over. The first failure
ends the soak, and the same seed repeats it.

Examples:
  $ rel4 soak                          ten minutes, from seed 1
  $ rel4 soak --minutes 1 --seed 77`;

/** Cycles of the machine between two looks at the clock. */
const SLICE = 5_000_000;
/** Far more than a run needs. */
const CYCLES_PER_MILLISECOND = 100_000;
const PATIENCE = 100;

/** Coroutines of each client. */
const COROUTINES = 90;

const SYSTEM = fileURLToPath(new URL("../../../programs/soak/system.ts", import.meta.url));

export function addSoakCommand(program: Command): void {
  program
    .command("soak")
    .description("asynchronous calls under random load, with servers and clients that are ended at random")
    .option("--minutes <n>", "how long, at least one run", wholeNumber(0, 100_000), 10)
    .option("--seed <n>", "seed of the first run", wholeNumber(0, 1_000_000), 1)
    .option("--milliseconds <n>", "machine time of one run", wholeNumber(1, 100_000), 500)
    .addHelpText("after", HELP)
    .action(soak);
}

async function soak({ minutes, seed, milliseconds }: SoakFlags): Promise<void> {
  const end = Date.now() + minutes * 60_000;
  for (let run = seed; ; run++) {
    const { output, exitCode } = await runOnce(run, milliseconds);
    process.stdout.write(
      `seed ${run}: ${exitCode === 0 ? "all well" : "FAILED"}\n${output.replace(/^/gm, "  ").trimEnd()}\n`,
    );
    if (exitCode !== 0) {
      console.error(
        `rel4: repeat it with: rel4 soak --minutes 0 --seed ${run} --milliseconds ${milliseconds}`,
      );
      process.exitCode = 1;
      return;
    }
    if (Date.now() >= end) return;
  }
}

/** Arguments of the soak's programs. */
function programArguments(seed: number, milliseconds: number): Record<string, string[]> {
  // far apart, as each coroutine's own seed is added
  const common = [`seed=${seed * 100_000}`, `coroutines=${COROUTINES}`];
  const clients = Object.fromEntries(["steady", "other", "victim", "pages"].map((name) => [name, common]));
  return { ...clients, chaos: [...common, `milliseconds=${milliseconds}`] };
}

async function runOnce(seed: number, milliseconds: number): Promise<{ output: string; exitCode: number }> {
  const options = { arguments: programArguments(seed, milliseconds) };
  const { image, minimumMemory, description } = await buildSystem(SYSTEM, options);
  const machine = await Machine.create({
    core: await ensureCore(),
    firmware: "sbi",
    harts: description.machine.harts ?? 1,
    memory: description.machine.memory ?? minimumMemory,
  });
  let output = "";
  const decoder = new TextDecoder();
  machine.console.onOutput((bytes) => {
    output += decoder.decode(bytes, { stream: true });
  });
  machine.console.closeInput();
  machine.loadElf(image);
  for (let slices = (milliseconds * CYCLES_PER_MILLISECOND * PATIENCE) / SLICE; slices > 0; slices--) {
    const result = await machine.run({ maxInstructions: SLICE });
    if (result.reason === "poweroff") return { output, exitCode: result.exitCode ?? 0 };
    if (result.reason !== "limit")
      return { output: `${output}the machine stopped: ${result.reason}`, exitCode: 1 };
  }
  return { output: `${output}it did not come to an end`, exitCode: 1 };
}

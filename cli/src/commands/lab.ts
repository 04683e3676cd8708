// `rel4 lab`: the experiments. Each is measured, printed beside the published values, and left as files with a figure.
import { join } from "node:path";
import {
  EXPERIMENTS,
  type Experiment,
  type ExperimentResult,
  goalTable,
  prepareFolder,
  type ResultTable,
  toJson,
  writeResult,
} from "@rel4/lab";
import type { Command } from "commander";
import pc from "picocolors";
import { createLabProgress } from "../lab-progress";
import { wholeNumber } from "../options";
import { UsageError } from "../report-error";
import { plainTable } from "../table";

interface LabFlags {
  quick?: boolean;
  json?: boolean;
  out?: string;
  harts?: number;
  quantum?: number;
}

const MOST_HARTS = 8;
const MOST_QUANTUM = 1_000_000;
/** As a shell has it for a command ended by Ctrl-C. */
const INTERRUPTED = 130;

const HELP = `
Every retired instruction is counted, on all harts and the kernel's too, between two moments the programs mark. The machine
is deterministic: two runs give the same files, byte for byte. Into the --out folder go a CSV and a JSON file of all rows, an
SVG figure and an HTML page with everything.

Examples:
  $ rel4 lab                                  lists the experiments
  $ rel4 lab ipc                              measures; table here, files in lab-results/ipc
  $ rel4 lab ipc --quick                      fewer points, seconds
  $ rel4 lab ipc --json | jq '.[] | {mode, concurrency, instructionsPerOp}'

docs/lab.md explains each experiment, and how to add one.`;

export function addLabCommands(program: Command): void {
  const lab = program
    .command("lab")
    .description("experiments beside published results; without a name, lists them")
    .argument("[experiment]", "which to run")
    .addHelpText("after", HELP)
    .action(list);
  for (const experiment of EXPERIMENTS) addExperiment(lab, experiment);
}

function addExperiment(lab: Command, experiment: Experiment): void {
  lab
    .command(experiment.name)
    .description(experiment.summary)
    .option("--quick", "fewer operations and fewer points")
    .option("--json", "print only the rows, as a JSON array")
    .option("--out <folder>", `where the files go; lab-results/${experiment.name} by default`)
    .option("--harts <n>", "only what runs on so many harts", wholeNumber(1, MOST_HARTS))
    .option(
      "--quantum <cycles>",
      "how far one hart may run ahead of another; 8 by default",
      wholeNumber(1, MOST_QUANTUM),
    )
    .addHelpText("after", `\n${experiment.help}`)
    .action((flags: LabFlags) => runExperiment(experiment, flags));
}

/** The list; reached also with a name that is no experiment. */
function list(unknown?: string): void {
  if (unknown !== undefined)
    throw new UsageError(
      `there is no experiment "${unknown}"`,
      `the experiments are ${EXPERIMENTS.map(({ name }) => name).join(", ")}`,
    );
  const rows = EXPERIMENTS.map(({ name, summary }) => [`rel4 lab ${name}`, summary]);
  console.log(plainTable(["experiment", "what it measures"], rows, 2));
  console.log("\n'rel4 lab <experiment> --help' tells how each is measured and read.");
}

async function runExperiment(experiment: Experiment, flags: LabFlags): Promise<void> {
  const folder = flags.out ?? join("lab-results", experiment.name);
  prepareFolder(folder);
  const result = await measured(experiment, flags);
  if (flags.json) process.stdout.write(toJson(result.rows));
  else printResult(result);
  const files = await writeResult(experiment, result, folder);
  console[flags.json ? "error" : "log"](`Wrote ${files.join(", ")}`);
}

/** Runs the experiment; Ctrl-C ends it with a message and without files. */
async function measured(experiment: Experiment, flags: LabFlags): Promise<ExperimentResult> {
  const progress = createLabProgress();
  const interrupted = () => {
    progress.done();
    console.error(`${pc.yellow("stopped:")} at your request; nothing was written`);
    process.exit(INTERRUPTED);
  };
  process.once("SIGINT", interrupted);
  try {
    const { quick = false, harts, quantum } = flags;
    const result = await experiment.run({ quick, harts, quantum, progress: progress.step });
    if (result.rows.length === 0)
      throw new UsageError(`nothing here is measured on ${harts} harts`, "leave out --harts");
    return result;
  } finally {
    process.off("SIGINT", interrupted);
    progress.done();
  }
}

function printResult({ tables, goals }: ExperimentResult): void {
  for (const table of tables) printTable(table);
  if (goals.length > 0) printTable(goalTable(goals));
}

function printTable({ title, head, rows, textColumns, notes = [] }: ResultTable): void {
  console.log(pc.bold(title));
  console.log(plainTable(head, rows, textColumns));
  for (const note of notes) console.log(note);
  console.log();
}

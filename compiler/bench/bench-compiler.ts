/**
 * Compares the compiler's code with gcc -O2's: dynamic instructions of the same functions on the same machine.
 *
 * Both programs are called by the same assembly, which reads the retired-instruction counter around each call; the
 * results of all calls must agree before a ratio is reported.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "../src";
import {
  bareMetalAssembly,
  bareMetalOptions,
  bootable,
  type Call,
  HIGH,
  IDENTITY,
  type Layout,
  type Outcome,
  parseAllReports,
} from "../tests/bare-metal";
import { hasCommand, type Runner, runOnMachine, runOnQemu } from "../tests/run-image";
import { buildWithGcc, GCC } from "./gnu";
import { type Argument, PATHS, type PathKind, REGION, type Step } from "./paths";

export interface BenchOptions {
  /** Whether both compilers may use Zba, Zbb and Zbs (default true). */
  bitmanip?: boolean;
  /** Where the programs run (default: our machine). */
  runner?: "machine" | "qemu";
  /** Leaves gcc out (default: where it is not installed); `gcc` and `ratio` are then null. */
  withoutGcc?: boolean;
  /** Told what is being done. */
  onProgress?(step: string): void;
}

/** Dynamic instructions of one path. */
export interface PathResult {
  name: string;
  kind: PathKind;
  /** null without gcc. */
  gcc: number | null;
  ours: number;
  /** Ours divided by gcc's; null without gcc. */
  ratio: number | null;
}

export interface BenchResult {
  paths: PathResult[];
  /** Geometric mean of the ratios of paths that compute with integers; null without gcc. */
  geomean: number | null;
  /** The same of those that compute with floating-point numbers. */
  floatGeomean: number | null;
  worst: number | null;
}

/** A measured run of one program. */
interface Run {
  /** Instructions of each path. */
  counts: number[];
  /** Results of all calls in order, with how to compare them. */
  results: { step: Step; value: Outcome }[];
}

const unmeasured = (steps: Step[] = []) => steps.map((step) => ({ step, measured: false }));
const STEPS = PATHS.flatMap((path) => [
  ...unmeasured(path.before),
  { step: path as Step, measured: true },
  ...unmeasured(path.after),
]);

/** Register value of an argument: addresses are sign-extended where the layout's are. */
function argumentValue(argument: Argument, layout: Layout): bigint {
  if (typeof argument !== "object") return BigInt(argument);
  const address = BigInt(REGION + argument.at);
  return layout === IDENTITY ? address : BigInt.asIntN(32, address);
}

function callsFor(layout: Layout): Call[] {
  return STEPS.map(({ step, measured }) => ({
    name: step.call,
    args: (step.args ?? []).map((argument) => argumentValue(argument, layout)),
    measured,
  }));
}

function interpret(outcomes: Outcome[]): Run {
  const run: Run = { counts: [], results: [] };
  let next = 0;
  for (const { step, measured } of STEPS) {
    const value = outcomes[next++];
    if (value === undefined || value === "trap") throw new Error(`${step.call} ended by a trap`);
    run.results.push({ step, value });
    if (measured) run.counts.push(Number(outcomes[next++]));
  }
  return run;
}

/** Our program. Its directory is read with Node; the compiler itself sees only names and texts. */
async function buildOurs(bitmanip: boolean): Promise<Uint8Array> {
  const entry = fileURLToPath(new URL("./guest/main.ts", import.meta.url));
  const program = await compile({
    ...bareMetalOptions(HIGH, callsFor(HIGH), { bitmanip, compressed: true, floatingPoint: true }),
    entries: [entry],
    readFile: (path) => readFile(path, "utf8").catch(() => null),
    runtime: "stub",
    memoryPages: 0xffff,
  });
  return bootable(program.elf, HIGH);
}

function checkAgreement(ours: Run, peer: Run): void {
  const returnsNothing = new Set(VOID_FUNCTIONS);
  ours.results.forEach(({ step, value }, index) => {
    if (returnsNothing.has(step.call)) return;
    const other = peer.results[index]!.value;
    const same = step.pointer
      ? BigInt.asUintN(32, value as bigint) === BigInt.asUintN(32, other as bigint)
      : value === other;
    if (!same) throw new Error(`${step.call} returned ${value} in our program and ${other} in gcc's`);
  });
}

/** Functions whose a0 means nothing. */
const VOID_FUNCTIONS = [
  "setUp",
  "prepareFastpath",
  "prepareLongMessage",
  "send",
  "schedule",
  "ticks",
  "insertChildren",
  "sha256Block",
  "fillRandom",
  "fillText",
  "fillCompressed",
  "multiplyMatrices",
  "quicksort",
  "encrypt",
  "fillFloats",
  "multiplyFloats",
  "polynomial",
  "moveBodies",
  "samples",
];

const geometricMean = (values: number[]) =>
  Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);

/**
 * Runs the benchmark; without gcc, our side only.
 * @throws Error when the programs' results differ
 */
export async function benchCompiler(options: BenchOptions = {}): Promise<BenchResult> {
  const { bitmanip = true, withoutGcc = !hasCommand(GCC), onProgress = () => {} } = options;
  const run: Runner = options.runner === "qemu" ? runOnQemu : runOnMachine;
  onProgress("compiling and running ours");
  // The first report is the start function's.
  const ours = interpret(parseAllReports(await run(await buildOurs(bitmanip))).slice(1));
  const peer = withoutGcc ? undefined : await runPeer(run, bitmanip, onProgress);
  if (peer) checkAgreement(ours, peer);
  const paths = PATHS.map(({ name, kind = "integers" }, index) => {
    const gcc = peer?.counts[index] ?? null;
    const count = ours.counts[index]!;
    return { name, kind, gcc, ours: count, ratio: gcc === null ? null : count / gcc };
  });
  if (!peer) return { paths, geomean: null, floatGeomean: null, worst: null };
  const ratios = (kind: PathKind) => paths.filter((path) => path.kind === kind).map(({ ratio }) => ratio!);
  return {
    paths,
    geomean: geometricMean(ratios("integers")),
    floatGeomean: geometricMean(ratios("floats")),
    worst: Math.max(...ratios("integers"), ...ratios("floats")),
  };
}

async function runPeer(run: Runner, bitmanip: boolean, onProgress: (step: string) => void): Promise<Run> {
  onProgress("compiling and running gcc's");
  const march = `rv64imafdc_zicsr_zifencei${bitmanip ? "_zba_zbb_zbs" : ""}`;
  const program = buildWithGcc(bareMetalAssembly(IDENTITY, callsFor(IDENTITY)), march);
  return interpret(parseAllReports(await run(program)));
}

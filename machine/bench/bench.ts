// `rel4 bench machine`: our emulator against qemu-system-riscv64 on the same programs in the same run. Each program runs twice,
// short and long; the difference of the two is guest work only, without start-up.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureCore } from "../../tools/build-core";
import { Machine } from "../src/index";
import { bareProgram, withRounds } from "./bare-program";

/** Processor time of a workload (not wall-clock time, so that other programs matter less) and millions of guest instructions a second. */
export interface Speed {
  seconds: number;
  mips: number;
}

export interface WorkloadResult {
  name: string;
  /** Guest instructions between the short and the long run. */
  instructions: number;
  ours: Speed;
  /** null when QEMU is not installed. */
  qemu: Speed | null;
  /** Our speed as a fraction of QEMU's. */
  ratio: number | null;
}

export interface MachineBenchmark {
  workloads: WorkloadResult[];
  /** Geometric mean of the ratios. */
  geomean: number | null;
}

export interface BenchOptions {
  /** How often each run is repeated; the fastest counts. Default 3. */
  repeats?: number;
  /** Told what is being done. */
  onProgress?(step: string): void;
}

const QEMU = "qemu-system-riscv64";
const QEMU_OPTIONS =
  "-M virt -cpu rv64,zba=true,zbb=true,zbs=true -m 64M -display none -serial null -monitor none -bios none";
const MEMORY = 64 << 20;
const sources = join(dirname(fileURLToPath(import.meta.url)), "workloads");

/** Rounds of the short run; the long one has eleven times as many, so that ten count. */
const WORKLOADS = [
  { name: "integer mix", file: "integer-mix.ts", rounds: 1000 },
  { name: "memory: hash and sort", file: "memory.ts", rounds: 1 },
  { name: "calls and dispatch", file: "calls-and-dispatch.ts", rounds: 200 },
  { name: "floating point", file: "floating-point.ts", rounds: 60 },
];
const LONG = 11;

/** Measures every workload on our machine and, where it is installed, on QEMU. */
export async function benchMachine(options: BenchOptions = {}): Promise<MachineBenchmark> {
  const core = await WebAssembly.compile((await ensureCore()) as Uint8Array<ArrayBuffer>);
  const qemu = spawnSync(QEMU, ["--version"], { stdio: "ignore" }).error === undefined;
  const workloads: WorkloadResult[] = [];
  for (const { name, file, rounds } of WORKLOADS) {
    options.onProgress?.(`compile ${name}`);
    const path = join(sources, file);
    const elf = await bareProgram(path, readSource);
    const elfs = [withRounds(elf, rounds), withRounds(elf, rounds * LONG)];
    const ours: Sample[] = [];
    const theirs: Sample[] = [];
    for (let repeat = 0; repeat < (options.repeats ?? 3); repeat++) {
      options.onProgress?.(`run ${name} (${repeat + 1})`);
      ours.push(await difference(elfs, (elf) => runOurs(core, elf)));
      if (qemu) theirs.push(await difference(elfs, runQemu));
    }
    workloads.push(summarize(name, ours, theirs));
  }
  const ratios = workloads.flatMap(({ ratio }) => ratio ?? []);
  const geomean =
    ratios.length > 0
      ? Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
      : null;
  return { workloads, geomean };
}

interface Sample {
  seconds: number;
  /** 0 where the machine does not tell. */
  instructions: number;
  exitCode: number;
}

async function difference(elfs: Uint8Array[], run: (elf: Uint8Array) => Promise<Sample>): Promise<Sample> {
  const [short, long] = [await run(elfs[0]!), await run(elfs[1]!)];
  return {
    seconds: Math.max(long.seconds - short.seconds, 1e-9),
    instructions: long.instructions - short.instructions,
    exitCode: long.exitCode,
  };
}

async function runOurs(core: WebAssembly.Module, elf: Uint8Array): Promise<Sample> {
  const machine = await Machine.create({ core, harts: 1, memory: MEMORY, firmware: "none" });
  machine.loadElf(elf);
  const start = process.cpuUsage();
  const result = await machine.run();
  const { user, system } = process.cpuUsage(start);
  if (result.reason !== "poweroff") throw new Error(`a workload ended by ${result.reason} on our machine`);
  const seconds = (user + system) / 1e6;
  return {
    seconds,
    instructions: Number(machine.harts[0]!.counters.instructions),
    exitCode: result.exitCode,
  };
}

/** Runs QEMU under a shell, whose `times` tells the processor time its children took. */
async function runQemu(elf: Uint8Array): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), "rel4-bench-"));
  try {
    const file = join(folder, "workload.elf");
    writeFileSync(file, elf);
    const script = `${QEMU} ${QEMU_OPTIONS} -kernel "$0" </dev/null; code=$?; times; exit $code`;
    const { status, error, stdout } = spawnSync("sh", ["-c", script, file], { timeout: 120_000 });
    if (error || status === null) throw error ?? new Error("QEMU did not end");
    return { seconds: childSeconds(stdout.toString()), instructions: 0, exitCode: status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The second line of `times`: user and system time of the children, as `0m1.23s 0m0.04s`. */
function childSeconds(times: string): number {
  const line = times.trim().split("\n").at(-1) ?? "";
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) throw new Error(`the shell's times cannot be read: ${line}`);
  return parts.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}

function summarize(name: string, ours: Sample[], theirs: Sample[]): WorkloadResult {
  const codes = new Set([...ours, ...theirs].map(({ exitCode }) => exitCode));
  if (codes.size !== 1)
    throw new Error(`${name}: the machines computed different results (${[...codes].join(", ")})`);
  const { instructions } = ours[0]!;
  const speed = (samples: Sample[]): Speed => {
    const seconds = Math.min(...samples.map((sample) => sample.seconds));
    return { seconds, mips: instructions / seconds / 1e6 };
  };
  const our = speed(ours);
  const qemu = theirs.length > 0 ? speed(theirs) : null;
  return { name, instructions, ours: our, qemu, ratio: qemu ? qemu.seconds / our.seconds : null };
}

function readSource(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

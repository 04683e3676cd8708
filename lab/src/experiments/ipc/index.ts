/** `rel4 lab ipc`: what a call between two processes costs, synchronous and asynchronous, by calls in flight. */
import {
  checkHarts,
  type Experiment,
  type ExperimentResult,
  type ExperimentSettings,
  type Row,
} from "../../experiment";
import { ipcFigure } from "./figure";
import { ipcGoals } from "./goals";
import { IPC_MODES, type IpcPoint, measureIpc } from "./modes";
import { IpcResults } from "./results";
import { ipcTables } from "./tables";

const CONCURRENCIES = [1, 2, 4, 8, 16, 32, 64];
const QUICK_CONCURRENCIES = [1, 8, 32];
const WORKS = [10, 20, 30];
const WORK_MODES = ["async-smp", "async-smp-armed"];
const WORK_CONCURRENCIES = [8, 16, 32];

/** What is measured, in the order of the rows. */
function points({ quick, harts }: ExperimentSettings): IpcPoint[] {
  const modes = IPC_MODES.filter((mode) => harts === undefined || mode.harts === harts);
  const concurrencies = quick ? QUICK_CONCURRENCIES : CONCURRENCIES;
  const plain = modes.flatMap((mode) =>
    (mode.synchronous ? [1] : concurrencies).map((concurrency) => ({ mode, concurrency, work: 0 })),
  );
  if (quick) return plain;
  const worked = modes
    .filter(({ name }) => WORK_MODES.includes(name))
    .flatMap((mode) =>
      WORKS.flatMap((work) => WORK_CONCURRENCIES.map((concurrency) => ({ mode, concurrency, work }))),
    );
  return [...plain, ...worked];
}

async function run(settings: ExperimentSettings): Promise<ExperimentResult> {
  checkHarts(settings.harts, IPC_MODES);
  const rows: Row[] = [];
  for (const point of points(settings)) rows.push(await measureIpc(point, settings));
  const results = new IpcResults(rows);
  return {
    rows,
    tables: ipcTables(results),
    goals: ipcGoals(results),
    figure: ipcFigure(results),
    method: METHOD,
  };
}

const METHOD = [
  "Client and server are processes of their own: own address space, own capabilities. The client makes a request of four words, the server adds to each, the client checks all four; a wrong word ends the measurement with an error. This work is part of every number and the same in every mode.",
  "After 512 calls to warm up, a window of 4096 calls (1024 with --quick) is opened; asynchronous modes keep the given number of calls in flight until it is closed. Counted are the instructions that all harts retire in it, in user mode and in the kernel, the cycles that pass, traps, user interrupts, and the wake-ups the client sends (uipi, or a Signal through the kernel).",
  "The machine's clock: one cycle for an instruction or a trap, no caches and no pipeline; waiting in wfi takes cycles but retires nothing. So cycles of different modes can be compared with each other, and their ratios with the ratios of a real processor, not the cycles themselves.",
];

export const ipc: Experiment = {
  name: "ipc",
  summary: "calls between two processes, synchronous and asynchronous, by calls in flight",
  help: `Modes:
  sync-fastpath   Call and ReplyRecv on one hart
  sync-slowpath   the same with a kernel that has no fastpath
  sync-smp        the same with the server on another hart
  async-up        the asynchronous runtime on one hart; it chooses by load between ring and Call
  async-up-ring   the same, every call through the ring
  async-smp       the asynchronous runtime, server on another hart
  async-smp-armed the same without polling: who has nothing to do waits for a user interrupt at once

The unit S is 538 instructions, the real seL4's fastpath round trip. Published values are those of ReL4 on its FPGA.

Examples:
  $ rel4 lab ipc --quick
  $ rel4 lab ipc --harts 2 --quantum 1            the finest interleaving of the harts
  $ rel4 lab ipc --json | jq '.[] | select(.mode == "async-smp")'`,
  run,
};

/** `rel4 lab ipc` (first form): synchronous calls. */
import type { Experiment, ExperimentResult, ExperimentSettings, Row } from "../experiment";
import { perOperation } from "../measurement";
import { onlyWindow, runSystem } from "../run-system";

async function measure(
  mode: string,
  harts: number,
  { quick, quantum, progress }: ExperimentSettings,
): Promise<Row> {
  progress(`${mode}`);
  const run = await runSystem({
    description: {
      machine: { harts },
      programs: {
        client: { source: "./ipc/sync-client.ts" },
        server: { source: "./ipc/sync-server.ts", hart: harts - 1, background: true },
      },
      channels: [{ from: "client", to: "server", kind: "endpoint" }],
    },
    arguments: {
      client: [`warm-up=512`, `operations=${quick ? 1024 : 4096}`, "work=0"],
      server: ["work=0"],
    },
    quantum,
    onProgress: (step) => progress(`${mode}: ${step}`),
  });
  return {
    experiment: "ipc",
    mode,
    harts,
    concurrency: 1,
    ...perOperation(onlyWindow(run)),
    published: null,
  };
}

async function run(settings: ExperimentSettings): Promise<ExperimentResult> {
  const rows = [await measure("sync-fastpath", 1, settings), await measure("sync-smp", 2, settings)];
  return {
    rows,
    tables: [
      {
        title: "IPC",
        head: ["mode", "harts", "instructions", "cycles", "traps"],
        textColumns: 1,
        rows: rows.map((row) => [
          row.mode,
          String(row.harts),
          String(row.instructionsPerOp),
          String(row.cyclesPerOp),
          String(row.trapsPerOp),
        ]),
      },
    ],
    goals: [],
    figure: {
      title: "Synchronous and asynchronous IPC",
      width: 900,
      height: 420,
      option: {
        xAxis: { type: "category", data: rows.map(({ mode }) => mode) },
        yAxis: { type: "value", name: "cycles per IPC" },
        series: [{ type: "bar", data: rows.map(({ cyclesPerOp }) => cyclesPerOp) }],
      },
    },
    method: ["Round trips between two isolated processes."],
  };
}

export const ipc: Experiment = {
  name: "ipc",
  summary: "synchronous and asynchronous calls between two isolated processes, by concurrency",
  help: "Calls between a client and a server.",
  run,
};

/** The ways of calling that are compared, and how one point of one of them is measured. */
import { SYS_CALL } from "@rel4/abi";
import type { SystemDescription } from "@rel4/image";
import { type ExperimentSettings, type Row, rounded } from "../../experiment";
import { ownNotificationsPerOperation, perOperation } from "../../measurement";
import { PUBLISHED_IPC_CYCLES, publishedValue } from "../../published/platform-a";
import { onlyWindow, runSystem } from "../../run-system";

export interface IpcMode {
  name: string;
  harts: 1 | 2;
  /** Synchronous calls: always one in flight. */
  synchronous: boolean;
  /** Every call goes through the ring, instead of the way the runtime chooses by load. */
  ringOnly?: boolean;
  /** Neither side polls: who has nothing to do waits for a user interrupt at once. */
  armed?: boolean;
  kernel?: { fastpath: boolean };
}

export const IPC_MODES: readonly IpcMode[] = [
  { name: "sync-fastpath", harts: 1, synchronous: true },
  { name: "sync-slowpath", harts: 1, synchronous: true, kernel: { fastpath: false } },
  { name: "sync-smp", harts: 2, synchronous: true },
  { name: "async-up", harts: 1, synchronous: false },
  { name: "async-up-ring", harts: 1, synchronous: false, ringOnly: true },
  { name: "async-smp", harts: 2, synchronous: false },
  { name: "async-smp-armed", harts: 2, synchronous: false, armed: true },
];

/** One measurement: a mode, calls in flight, and the server's work. */
export interface IpcPoint {
  mode: IpcMode;
  concurrency: number;
  /** The server multiplies n × n matrices for each call; 0: it only answers. */
  work: number;
}

export const IPC_CLIENT_HART = 0;

const WARM_UP = 512;
/** Items of the smallest ring, one call more than it can hold. */
const LEAST_REQUESTS = 64;

/** Calls in the window: a multiple of every concurrency, fewer where each takes long. */
function operations(work: number, quick: boolean): number {
  if (work >= 20) return 512;
  return work > 0 || quick ? 1024 : 4096;
}

/** The system of a client and a server, each a process of its own. */
function ipcSystem({ mode: { harts, synchronous, kernel }, concurrency }: IpcPoint): SystemDescription {
  const coroutines = synchronous ? {} : { coroutines: concurrency };
  const form = synchronous ? "sync" : "async";
  return {
    machine: { harts },
    ...(kernel && { kernel }),
    programs: {
      client: { source: `./ipc/${form}-client.ts`, hart: IPC_CLIENT_HART, ...coroutines },
      server: { source: `./ipc/${form}-server.ts`, hart: harts - 1, background: true },
    },
    channels: [
      synchronous
        ? { from: "client", to: "server", kind: "endpoint" }
        : { from: "client", to: "server", kind: "async", requests: 2 * LEAST_REQUESTS },
    ],
  };
}

/** Measures one point on a machine of its own. */
export async function measureIpc(point: IpcPoint, settings: ExperimentSettings): Promise<Row> {
  const { mode, concurrency, work } = point;
  const what = `${mode.name}, ${concurrency} in flight${work > 0 ? `, ${work} × ${work} matrices` : ""}`;
  settings.progress(what);
  const polling = `polling=${mode.armed ? 0 : 1}`;
  const run = await runSystem({
    description: ipcSystem(point),
    arguments: {
      client: [
        `warm-up=${WARM_UP}`,
        `operations=${operations(work, settings.quick)}`,
        `concurrency=${concurrency}`,
        `ring-only=${mode.ringOnly ? 1 : 0}`,
        `work=${work}`,
        polling,
      ],
      server: [`work=${work}`, polling],
    },
    quantum: settings.quantum,
    onProgress: (step) => settings.progress(`${what}: ${step}`),
  });
  const window = onlyWindow(run);
  return {
    experiment: "ipc",
    mode: mode.name,
    harts: mode.harts,
    concurrency,
    ...perOperation(window),
    published: work === 0 ? publishedValue(PUBLISHED_IPC_CYCLES, mode.name, concurrency) : null,
    work,
    notificationsPerOp: ownNotificationsPerOperation(window, IPC_CLIENT_HART),
    kernelCallsPerOp: rounded((window.systemCalls.byNumber.get(SYS_CALL) ?? 0) / window.operations, 5),
    userInstructionsPerOp: rounded(window.total.userInstructions / window.operations),
    kernelInstructionsPerOp: rounded(window.total.kernelInstructions / window.operations),
  };
}

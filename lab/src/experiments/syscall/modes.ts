/** The ways of making system calls that are compared, and how one point of one of them is measured. */
import { type ExperimentSettings, type Row, rounded } from "../../experiment";
import { markTlbFlushes, TLB_FLUSH } from "../../instructions";
import { perOperation } from "../../measurement";
import {
  PUBLISHED_SYSCALL_CYCLES,
  PUBLISHED_SYSCALL_TRAPS,
  publishedValue,
} from "../../published/platform-a";
import { onlyWindow, runSystem } from "../../run-system";

export interface SystemCallMode {
  name: string;
  harts: 1 | 2;
  synchronous: boolean;
  /** The program makes ordinary system calls, which the runtime turns into asynchronous ones. */
  hook?: boolean;
}

export const SYSTEM_CALL_MODES: readonly SystemCallMode[] = [
  { name: "sync", harts: 1, synchronous: true },
  { name: "sync-smp", harts: 2, synchronous: true },
  { name: "async-up", harts: 1, synchronous: false },
  { name: "async-up-hook", harts: 1, synchronous: false, hook: true },
  { name: "async-smp", harts: 2, synchronous: false },
];

/** 512 frames, a page table, and slots for them. */
export const RESOURCES = { untyped: "4M", slots: 1024 };
/** Items of the ring of system calls: one call fewer can be under way. */
const RING_ITEMS = 1024;
/** 512 pages are mapped and unmapped. */
const CALLS_PER_EPOCH = 1024;
/** As published: map and unmap 512 pages, ten times. */
const EPOCHS = 10;
const QUICK_EPOCHS = 2;

/** Measures a mode on a machine of its own. @param concurrency calls in flight, 1 for synchronous ones */
export async function measureSystemCalls(
  mode: SystemCallMode,
  concurrency: number,
  settings: ExperimentSettings,
): Promise<Row> {
  const { name, harts, synchronous, hook } = mode;
  const what = `${name}, ${concurrency} in flight`;
  settings.progress(what);
  const program = synchronous
    ? { source: "./syscall/sync.ts", resources: RESOURCES }
    : {
        source: "./syscall/async.ts",
        resources: RESOURCES,
        coroutines: concurrency,
        coroutineStack: "4K",
        systemCalls: RING_ITEMS,
      };
  const run = await runSystem({
    description: { machine: { harts }, programs: { client: program } },
    arguments: {
      client: [
        `warm-up=${CALLS_PER_EPOCH}`,
        `operations=${CALLS_PER_EPOCH * (settings.quick ? QUICK_EPOCHS : EPOCHS)}`,
        `concurrency=${concurrency}`,
        `hook=${hook ? 1 : 0}`,
      ],
    },
    quantum: settings.quantum,
    onMachine: (machine, { image }) => markTlbFlushes(machine, image),
    onProgress: (step) => settings.progress(`${what}: ${step}`),
  });
  const window = onlyWindow(run);
  const publishedMode = synchronous ? "sync" : name;
  return {
    experiment: "syscall",
    mode: name,
    harts,
    concurrency,
    ...perOperation(window),
    published: publishedValue(PUBLISHED_SYSCALL_CYCLES, publishedMode, concurrency),
    publishedTraps: publishedValue(PUBLISHED_SYSCALL_TRAPS, publishedMode, concurrency),
    tlbFlushesPerOp: rounded((window.marks.get(TLB_FLUSH) ?? 0) / window.operations, 5),
    userInstructionsPerOp: rounded(window.total.userInstructions / window.operations),
    kernelInstructionsPerOp: rounded(window.total.kernelInstructions / window.operations),
  };
}

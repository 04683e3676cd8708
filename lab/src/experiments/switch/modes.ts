/** What switches to what, and how one point of one of these is measured. */
import type { SystemDescription } from "@rel4/image";
import { LabError } from "../../errors";
import { type ExperimentSettings, type Row, rounded } from "../../experiment";
import {
  layoutName,
  PUBLISHED_SWITCH,
  publishedSwitchRatio,
  type SwitchLayout,
} from "../../published/switch";
import { runSystem } from "../../run-system";
import type { Window } from "../../windows";

export interface SwitchMode {
  name: string;
  /** What the published system calls it, if it is there. */
  published?: keyof typeof PUBLISHED_SWITCH;
  description(layout: SwitchLayout): SystemDescription;
  /** All entities can run at any time, so that the work alone must be measured without the others. */
  hasRivals?: boolean;
  /** Whether the token is passed in one system call. */
  combined?: boolean;
}

/** All entities in one program, called p0. */
function oneProgram(source: string, program: object): SwitchMode["description"] {
  return ({ entities }) => ({
    programs: {
      p0: { source: `./switch/${source}.ts`, memory: "4M", ...programFor(program, entities) },
    },
  });
}

const programFor = (program: object, entities: number) =>
  "coroutines" in program ? { ...program, coroutines: entities } : program;

/** Each entity a process of its own, p0, p1, …; all have one priority. */
function manyPrograms(source: string, inRing: boolean): SwitchMode["description"] {
  return ({ entities }) => {
    const names = Array.from({ length: entities }, (_, index) => `p${index}`);
    return {
      programs: Object.fromEntries(
        names.map((name, index) => [name, { source: `./switch/${source}.ts`, background: index > 0 }]),
      ),
      channels: inRing
        ? names.map((from, index) => ({
            from,
            to: names[(index + 1) % entities]!,
            kind: "notification" as const,
          }))
        : [],
    };
  };
}

export const COROUTINE = "coroutine, yield";
export const PROCESS = "process, yield";
/** What lat_ctx does with pipes. */
export const TOKEN_PROCESS = "process, Signal and Wait";

export const SWITCH_MODES: readonly SwitchMode[] = [
  { name: COROUTINE, published: "coroutine", description: oneProgram("coroutines", { coroutines: 1 }) },
  {
    name: "thread, yield",
    description: oneProgram("threads", { resources: { untyped: "64K" } }),
    hasRivals: true,
  },
  { name: PROCESS, published: "process", description: manyPrograms("processes", false), hasRivals: true },
  { name: TOKEN_PROCESS, description: manyPrograms("token-processes", true) },
  {
    name: "process, SignalWait",
    description: manyPrograms("token-processes", true),
    combined: true,
  },
];

/** Windows of lab/guests/switch/rounds.ts. */
const WITH_SWITCHES = 1;
const WORK_ALONE = 2;

/**
 * Rounds to warm up and rounds in a window. A thread whose rivals can run is interrupted in its work when its time slice of
 * 10 ms is over, and the ring is none any more: all rounds must be over before.
 */
function roundsOf(
  mode: SwitchMode,
  { entities, workingSet }: SwitchLayout,
  quick: boolean,
): { warmUp: number; count: number } {
  if (workingSet === 0) return { warmUp: 20, count: quick ? 33 : 198 };
  if (!mode.hasRivals) return { warmUp: 4, count: quick ? 6 : 33 };
  const all = Math.floor(SLICE / (entities * workingSet * CYCLES_OF_KIB));
  return all > 4 ? { warmUp: 2, count: Math.min(all - 2, 33) } : { warmUp: 1, count: 2 };
}

/** Cycles that pass at the least before a slice is over, and what it takes to sum a KiB. */
const SLICE = 800_000;
const CYCLES_OF_KIB = 1024;

/** Measures one mode in one layout. */
export async function measureSwitch(
  mode: SwitchMode,
  layout: SwitchLayout,
  settings: ExperimentSettings,
): Promise<Row> {
  const windows = await runRing(mode, layout, layout.entities, settings);
  const alone = mode.hasRivals ? await runRing(mode, layout, 1, settings) : windows;
  const what = `${mode.name}, ${layoutName(layout)}`;
  return row(mode, layout, windowOf(windows, WITH_SWITCHES, what), windowOf(alone, WORK_ALONE, what));
}

/** Runs a ring of `entities` with the working sets and rounds of `layout`. */
async function runRing(
  mode: SwitchMode,
  layout: SwitchLayout,
  entities: number,
  settings: ExperimentSettings,
): Promise<Window[]> {
  const what = `${mode.name}, ${layoutName(layout)}`;
  settings.progress(what);
  const description = mode.description({ ...layout, entities });
  const { warmUp, count } = roundsOf(mode, layout, settings.quick);
  const common = [
    `entities=${entities}`,
    `working-set=${layout.workingSet * 1024}`,
    `warm-up=${warmUp}`,
    `rounds=${count}`,
    `combined=${mode.combined ? 1 : 0}`,
  ];
  const run = await runSystem({
    description,
    arguments: Object.fromEntries(
      Object.keys(description.programs).map((name, index) => [name, [...common, `index=${index}`]]),
    ),
    quantum: settings.quantum,
    onProgress: (step) => settings.progress(`${what}: ${step}`),
  });
  return run.windows;
}

function windowOf(windows: readonly Window[], id: number, what: string): Window {
  const found = windows.find((window) => window.id === id);
  if (!found) throw new LabError(`${what}: nothing was measured`);
  return found;
}

/** A switch is what a turn costs beyond its work, which was measured alone. */
function row(mode: SwitchMode, layout: SwitchLayout, turns: Window, work: Window): Row {
  const per = (window: Window, count: number) => count / window.operations;
  const name = layoutName(layout);
  return {
    experiment: "switch",
    mode: mode.name,
    layout: name,
    harts: 1,
    concurrency: layout.entities,
    workingSet: layout.workingSet,
    instructionsPerOp: rounded(per(turns, turns.total.instructions) - per(work, work.total.instructions), 2),
    cyclesPerOp: rounded(per(turns, turns.elapsed) - per(work, work.elapsed), 2),
    trapsPerOp: rounded(per(turns, turns.total.traps) - per(work, work.total.traps), 4),
    userInterruptsPerOp: rounded(per(turns, turns.total.userInterrupts), 4),
    workInstructionsPerOp: rounded(per(work, work.total.instructions), 2),
    published: mode.published ? (PUBLISHED_SWITCH[mode.published][name] ?? null) : null,
    publishedUnit: mode.published ? "µs" : null,
    publishedRatio: mode.published
      ? publishedSwitchRatio(layout) && rounded(publishedSwitchRatio(layout)!, 2)
      : null,
  };
}

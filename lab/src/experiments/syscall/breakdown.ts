/** Where the instructions of one synchronous system call go: executed step by step, and sorted by function into stages. */
import {
  FEW,
  FEW_MAPS,
  FEW_UNMAPS,
  MANY,
  MANY_MAPS,
  MANY_UNMAPS,
} from "../../../guests/syscall/breakdown-protocol";
import type { ResultTable, Row } from "../../experiment";
import { type FunctionShare, profileDifference, profileWindows } from "../../profile";
import { RESOURCES } from "./modes";

const PROGRAM = "client";
const STAGES = ["program", "entry", "decode", "work", "exit"] as const;
type Stage = (typeof STAGES)[number];

const MEANING: Record<Stage, string> = {
  program: "the caller: making the message, the stub, looking at the result",
  entry: "trap entry, the kernel lock, the fast path that does not apply, dispatch",
  decode: "looking up capabilities, checking rights and arguments, the answer's message",
  work: "the page table entry, the mapping's bookkeeping, the flush of the translation cache",
  exit: "choosing the next thread, the timer, restoring registers",
};

/** Kernel functions by what they are for; the first pattern that fits decides, anything else is decoding. */
const KERNEL_STAGES: [RegExp, Stage][] = [
  [/^(trap|fastpath)|handleSyscall/, "entry"],
  [/^resume|\/finish$|[Ss]cheduler|timer\//, "exit"],
  [/mappings\/|translations\/|page-table\/|vspace\/|VSpace/, "work"],
];

/** The stage an instruction of this function belongs to. */
export function stageOf({ place, name }: Pick<FunctionShare, "place" | "name">): Stage {
  if (place !== "kernel") return "program";
  return KERNEL_STAGES.find(([pattern]) => pattern.test(name))?.[1] ?? "decode";
}

export interface CallBreakdown {
  call: "map" | "unmap";
  /** Instructions of one call by function. */
  functions: FunctionShare[];
}

/** Profiles one map and one unmap. */
export async function measureBreakdown(onProgress: (step: string) => void): Promise<CallBreakdown[]> {
  const profiles = await profileWindows(
    {
      description: {
        machine: { harts: 1 },
        programs: { [PROGRAM]: { source: "./syscall/breakdown.ts", resources: RESOURCES } },
      },
      onProgress,
    },
    [PROGRAM],
    MANY_UNMAPS,
  );
  const functions = (many: number, few: number) =>
    profileDifference(profiles.get(many)!, profiles.get(few)!, MANY - FEW);
  return [
    { call: "map", functions: functions(MANY_MAPS, FEW_MAPS) },
    { call: "unmap", functions: functions(MANY_UNMAPS, FEW_UNMAPS) },
  ];
}

function inStage({ functions }: CallBreakdown, stage: Stage): FunctionShare[] {
  return functions.filter((share) => stageOf(share) === stage);
}

const total = (shares: FunctionShare[]) => shares.reduce((sum, { instructions }) => sum + instructions, 0);

/** A row a call and stage. */
export function breakdownRows(breakdowns: CallBreakdown[]): Row[] {
  return breakdowns.flatMap((breakdown) =>
    STAGES.map((stage) => ({
      experiment: "syscall",
      mode: `sync ${breakdown.call}`,
      harts: 1,
      concurrency: 1,
      instructionsPerOp: total(inStage(breakdown, stage)),
      cyclesPerOp: null,
      trapsPerOp: null,
      userInterruptsPerOp: null,
      published: null,
      stage,
    })),
  );
}

export function breakdownTable(breakdowns: CallBreakdown[]): ResultTable {
  const stages = STAGES.map((stage) => [
    stage,
    ...breakdowns.map((breakdown) => String(total(inStage(breakdown, stage)))),
    MEANING[stage],
  ]);
  const sums = breakdowns.map(({ functions }) => String(total(functions)));
  return {
    title: "Where the instructions of one synchronous call go",
    head: ["stage", ...breakdowns.map(({ call }) => call), "what that is"],
    textColumns: 1,
    rows: [...stages, ["all", ...sums, ""]],
    notes: breakdowns.map(({ call, functions }) => `${call}: ${functions.map(describe).join(", ")}.`),
  };
}

function describe({ name, instructions }: FunctionShare): string {
  return `${name.split("/").at(-1)} ${instructions}`;
}

/** Where the instructions of one synchronous system call go: executed step by step, and sorted by function into stages. */

import type { SystemDescription } from "@rel4/image";
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
const STAGES = ["program", "entry", "decode", "work", "answer", "exit"] as const;
type Stage = (typeof STAGES)[number];

const MEANING: Record<Stage, string> = {
  program: "the caller: making the message, the stub, looking at the result",
  entry: "trap entry, the kernel lock, the fast path that does not apply, dispatch",
  decode: "looking up capabilities, checking rights and arguments: nothing has changed yet",
  work: "the page table entry, the mapping's bookkeeping, the flush of the translation cache",
  answer: "the result into the caller's registers",
  exit: "choosing the next thread, the timer, restoring registers",
};

/** Kernel functions of the ways in and out; all others belong to the invocation. */
const ENTRY = /^(trap[A-Z]|fastpath)/;
const EXIT = /^resume|\/finish$|\/Scheduler\.|\/Timer\./;

/** The stage instructions belong to. */
export function stageOf({ place, name, phase }: Omit<FunctionShare, "instructions">): Stage {
  if (place !== "kernel") return "program";
  if (ENTRY.test(name)) return "entry";
  if (EXIT.test(name)) return "exit";
  if (phase === "during") return "work";
  return phase === "after" ? "answer" : "decode";
}

export interface CallBreakdown {
  call: "map" | "unmap";
  /** Instructions of one call by function. */
  functions: FunctionShare[];
}

/** The system that is profiled: windows with few and with many calls. */
export const BREAKDOWN_SYSTEM: SystemDescription = {
  machine: { harts: 1 },
  programs: { [PROGRAM]: { source: "./syscall/breakdown.ts", resources: RESOURCES } },
};

/** Profiles one map and one unmap. */
export async function measureBreakdown(onProgress?: (step: string) => void): Promise<CallBreakdown[]> {
  const request = { description: BREAKDOWN_SYSTEM, onProgress };
  const profiles = await profileWindows(request, [PROGRAM], MANY_UNMAPS);
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
    MEANING[stage],
    ...breakdowns.map((breakdown) => String(total(inStage(breakdown, stage)))),
  ]);
  const sums = breakdowns.map(({ functions }) => String(total(functions)));
  return {
    title: "Where the instructions of one synchronous call go",
    head: ["stage", "what that is", ...breakdowns.map(({ call }) => call)],
    textColumns: 2,
    rows: [...stages, ["all", "", ...sums]],
    notes: breakdowns.map(({ call, functions }) => `${call}: ${byFunction(functions)}.`),
  };
}

/** Functions and their instructions, whatever the stage, most first. */
function byFunction(shares: FunctionShare[]): string {
  const sums = new Map<string, number>();
  for (const { name, instructions } of shares) {
    const short = name.split("/").at(-1)!;
    sums.set(short, (sums.get(short) ?? 0) + instructions);
  }
  const sorted = [...sums].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, instructions]) => `${name} ${instructions}`).join(", ");
}

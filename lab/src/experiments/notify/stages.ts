/** From the moments of an operation to what each of its stages cost. */
import { LabError } from "../../errors";
import type { Moment } from "./moments";
import { WAIT_FOR_HART } from "./stage-names";

/** A part of an operation: from the end of the step before to the first moment `until` accepts. */
export interface Step {
  /** What it is called; of a step `byFunction`, what is in none of the known functions. */
  stage: string;
  until(moment: Moment): boolean;
  /** Divide it by the functions that run (regions.ts). */
  byFunction?: boolean;
  /** Other names than the regions' own. */
  renamed?: Readonly<Record<string, string>>;
}

/** What a stage cost. Of a stage that leads from one hart to another only the time counts: both do other things meanwhile. */
export interface StageCost {
  stage: string;
  instructions: number;
  cycles: number;
  traps: number;
  userInterrupts: number;
  /** Cycles a hart waited in wfi, or that passed until another hart noticed. */
  waited: number;
}

/**
 * The stages of an operation in their order; parts with one name are one stage.
 * @throws LabError when the operation did not go the way `steps` says
 */
export function stagesOf(operation: readonly Moment[], steps: readonly Step[]): StageCost[] {
  const stages = new Map<string, StageCost>();
  let at = 0;
  if (steps[0] && operation[0]) add(stages, steps[0].stage, entries(operation[0]));
  for (const step of steps) {
    const next = operation.findIndex((moment, index) => index > at && step.until(moment));
    if (next < 0) throw new LabError(`an operation never came to the end of its stage "${step.stage}"`);
    addStep(stages, step, operation.slice(at, next + 1));
    at = next;
  }
  if (at !== operation.length - 1) throw new LabError("an operation went on after its last stage");
  return [...stages.values()].filter(
    (cost) => cost.instructions + cost.cycles + cost.traps + cost.userInterrupts > 0,
  );
}

function addStep(stages: Map<string, StageCost>, step: Step, moments: readonly Moment[]): void {
  const first = moments[0]!;
  const last = moments.at(-1)!;
  if (first.hart !== last.hart) {
    const passed = last.clock - first.clock;
    add(stages, step.stage, { cycles: passed, waited: passed, ...entries(last) });
    return;
  }
  const own = moments.filter(({ hart }) => hart === first.hart);
  for (let i = 1; i < own.length; i++) addPart(stages, step, own[i - 1]!, own[i]!);
}

/** What a hart did between two moments that follow each other; a trap belongs to what it ends. */
function addPart(stages: Map<string, StageCost>, step: Step, from: Moment, to: Moment): void {
  if (step.stage === WAIT_FOR_HART) {
    // what somebody else does meanwhile is no part of it
    const passed = to.clock - from.clock;
    add(stages, step.stage, { cycles: passed, waited: passed, ...entries(to) });
    return;
  }
  const stage = stageAt(step, from);
  // the marker of the beginning is no part of what begins
  const marker = from.kind === "mark" && from.name === "begin" ? 1 : 0;
  add(stages, stage, {
    instructions: to.instructions - from.instructions - marker,
    cycles: to.clock - from.clock - marker,
    waited: to.waited,
    ...entries(to),
  });
}

function stageAt({ stage, byFunction, renamed }: Step, { region }: Moment): string {
  if (!byFunction || region === undefined) return stage;
  return renamed?.[region] ?? region;
}

function entries({ kind }: Moment): { traps: number; userInterrupts: number } {
  return { traps: kind === "trap" ? 1 : 0, userInterrupts: kind === "userInterrupt" ? 1 : 0 };
}

function add(stages: Map<string, StageCost>, stage: string, cost: Partial<StageCost>): void {
  const sum = stages.get(stage) ?? emptyStage(stage);
  sum.instructions += cost.instructions ?? 0;
  sum.cycles += cost.cycles ?? 0;
  sum.traps += cost.traps ?? 0;
  sum.userInterrupts += cost.userInterrupts ?? 0;
  sum.waited += cost.waited ?? 0;
  stages.set(stage, sum);
}

function emptyStage(stage: string): StageCost {
  return { stage, instructions: 0, cycles: 0, traps: 0, userInterrupts: 0, waited: 0 };
}

/** All stages together. */
export function total(stages: readonly StageCost[]): StageCost {
  const sums = new Map<string, StageCost>();
  for (const cost of stages) add(sums, "total", cost);
  return sums.get("total") ?? emptyStage("total");
}

/** What each of `count` operations costs that were done together. */
export function shared(stages: readonly StageCost[], count: number): StageCost[] {
  const share = (value: number) => value / count;
  return stages.map((cost) => ({
    stage: cost.stage,
    instructions: share(cost.instructions),
    cycles: share(cost.cycles),
    traps: share(cost.traps),
    userInterrupts: share(cost.userInterrupts),
    waited: share(cost.waited),
  }));
}

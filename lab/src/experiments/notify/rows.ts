/** A row for each stage of a way, and one for the whole. */
import { type Row, rounded } from "../../experiment";
import type { Measurement } from "./measure";
import type { StageCost } from "./stages";

export const TOTAL = "total";

export function notifyRows({ path, stages, sum }: Measurement): Row[] {
  return [...stages, sum].map((cost) => row(path, cost));
}

function row(
  { group, name, receiver, description, together, published }: Measurement["path"],
  cost: StageCost,
): Row {
  const known = published?.[cost.stage];
  return {
    experiment: "notify",
    mode: group,
    path: name,
    receiver,
    stage: cost.stage,
    harts: description.machine?.harts ?? 1,
    concurrency: together ?? null,
    instructionsPerOp: rounded(cost.instructions, 4),
    cyclesPerOp: rounded(cost.cycles, 4),
    trapsPerOp: rounded(cost.traps, 4),
    userInterruptsPerOp: rounded(cost.userInterrupts, 4),
    published: known?.value ?? null,
    publishedUnit: known?.unit ?? null,
    publishedSource: known?.source ?? null,
  };
}

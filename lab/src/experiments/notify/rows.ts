/** A row for each stage of a way, and one for the whole. */
import type { Row } from "../../experiment";
import type { Measurement } from "./measure";
import type { StageCost } from "./stages";

export const TOTAL = "total";

export function notifyRows({ path, stages, sum }: Measurement): Row[] {
  return [...stages, sum].map((cost) => row(path, cost));
}

function row({ group, name, receiver, description, published }: Measurement["path"], cost: StageCost): Row {
  const known = published?.[cost.stage];
  return {
    experiment: "notify",
    mode: group,
    path: name,
    receiver,
    stage: cost.stage,
    harts: description.machine?.harts ?? 1,
    concurrency: null,
    instructionsPerOp: cost.instructions,
    cyclesPerOp: cost.cycles,
    trapsPerOp: cost.traps,
    userInterruptsPerOp: cost.userInterrupts,
    published: known?.value ?? null,
    publishedUnit: known?.unit ?? null,
    publishedSource: known?.source ?? null,
  };
}

/** The passes in the order they run. Each is a function on the IR; `dumpIR` shows the function after any of them. */
import type { IRFunction } from "../ir/ir";
import { removeTrivialPhis } from "../ir/ssa-builder";
import { removeDeadCode } from "./dead-code";
import { removeDeadStores } from "./dead-stores";
import { delayUpdates } from "./delay-updates";
import { forwardMemory } from "./forward-memory";
import { hoistInvariants } from "./hoist-invariants";
import { lowerSelects } from "./lower-select";
import { lowerSwitches } from "./lower-switch";
import { narrow } from "./narrow";
import { insertPreheaders } from "./preheaders";
import { reduceStrength } from "./reduce-strength";
import { simplifyControlFlow } from "./simplify-control-flow";
import { sinkValues } from "./sink";
import { splitConditions } from "./split-conditions";
import { splitCriticalEdges } from "./split-critical-edges";
import { duplicateReturns, threadBranches } from "./thread-branches";
import { numberValues } from "./value-numbering";

/** What passes may want to know about the target. */
export interface PassOptions {
  /** Zba, Zbb and Zbs. */
  bitmanip: boolean;
}

/** One step of the pipeline. */
export interface Pass {
  name: string;
  run(fn: IRFunction, options: PassOptions): void;
  /** Needed for code generation even when not optimising. */
  required: boolean;
}

const optional = (name: string, run: Pass["run"]): Pass => ({ name, run, required: false });
const required = (name: string, run: Pass["run"]): Pass => ({ name, run, required: true });

/** Simplification, sharing and memory forwarding feed each other; two rounds find nearly everything. */
const round = (number: number): Pass[] => [
  optional(`number-values-${number}`, numberValues),
  optional(`forward-memory-${number}`, forwardMemory),
  optional(`simplify-control-flow-${number}`, simplifyControlFlow),
  optional(`dead-code-${number}`, removeDeadCode),
];

/** All passes, in order. */
export const PIPELINE: readonly Pass[] = [
  ...round(1),
  ...round(2),
  optional("dead-stores", removeDeadStores),
  required("lower-select", lowerSelects),
  optional("thread-branches", threadBranches),
  optional("duplicate-returns", duplicateReturns),
  optional("trivial-phis", removeTrivialPhis),
  ...round(3),
  optional("narrow", narrow),
  optional("split-conditions", splitConditions),
  required("lower-switch", lowerSwitches),
  optional("sink", sinkValues),
  optional("thread-branches-again", threadBranches),
  optional("preheaders", insertPreheaders),
  optional("hoist-invariants", hoistInvariants),
  optional("reduce-strength", reduceStrength),
  optional("dead-code", removeDeadCode),
  optional("delay-updates", delayUpdates),
  required("split-critical-edges", splitCriticalEdges),
];

/**
 * Runs the pipeline on a function, in place.
 * @param observe called after each pass
 */
export function runPipeline(
  fn: IRFunction,
  options: PassOptions & { optimize: boolean },
  observe?: (pass: string) => void,
): void {
  for (const pass of PIPELINE) {
    if (!options.optimize && !pass.required) continue;
    pass.run(fn, options);
    observe?.(pass.name);
  }
}

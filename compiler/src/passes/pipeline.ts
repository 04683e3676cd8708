/** The passes in the order they run. Each is a function on the IR; `dumpIR` shows the function after any of them. */
import type { IRFunction } from "../ir/ir";
import { lowerSelects } from "./lower-select";
import { lowerSwitches } from "./lower-switch";
import { splitCriticalEdges } from "./split-critical-edges";

/** One step of the pipeline. */
export interface Pass {
  name: string;
  run(fn: IRFunction): void;
  /** Needed for code generation even when not optimising. */
  required: boolean;
}

/** All passes, in order. */
export const PIPELINE: readonly Pass[] = [
  { name: "lower-select", run: lowerSelects, required: true },
  { name: "lower-switch", run: lowerSwitches, required: true },
  { name: "split-critical-edges", run: splitCriticalEdges, required: true },
];

/**
 * Runs the pipeline on a function, in place.
 * @param observe called after each pass
 */
export function runPipeline(fn: IRFunction, optimize: boolean, observe?: (pass: string) => void): void {
  for (const pass of PIPELINE) {
    if (!optimize && !pass.required) continue;
    pass.run(fn);
    observe?.(pass.name);
  }
}

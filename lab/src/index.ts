/** `@rel4/lab`: experiments measured on the deterministic machine, beside published results. */

export { drawFigure } from "./draw-figure";
export { LabError } from "./errors";
export {
  type Experiment,
  type ExperimentResult,
  type ExperimentSettings,
  type Goal,
  isMet,
  type ResultTable,
  type Row,
} from "./experiment";
export { EXPERIMENTS } from "./experiments/index";
export type { Figure } from "./figure";
export { goalTable } from "./goals";
export { prepareFolder, toJson, writeResult } from "./result-files";

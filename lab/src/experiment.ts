/** What an experiment is: a function from settings to rows, tables, goals and a figure. Everything else is shared. */
import { LabError } from "./errors";
import type { Figure } from "./figure";

/** One measurement; an experiment may add fields of its own. Numbers are rounded, so that files compare equal. */
export interface Row {
  experiment: string;
  mode: string;
  /** Harts of the machine it was measured on. */
  harts: number;
  /** Operations in flight at once, where that means something. */
  concurrency: number | null;
  /** Retired instructions of all harts, kernel included, for one operation. */
  instructionsPerOp: number | null;
  /** Cycles that pass for one operation. */
  cyclesPerOp: number | null;
  /** Traps into the kernel, on all harts. */
  trapsPerOp: number | null;
  /** Interrupts taken in user mode, on all harts. */
  userInterruptsPerOp: number | null;
  /** The published value this row stands beside, or null. */
  published: number | null;
  [extra: string]: string | number | boolean | null;
}

/** A table for people; cells are texts. */
export interface ResultTable {
  title: string;
  head: string[];
  rows: string[][];
  /** How many columns from the left are text and stay left-aligned. */
  textColumns?: number;
  /** Remarks printed below. */
  notes?: string[];
}

/** A number the project wants to reach. */
export interface Goal {
  name: string;
  value: number;
  /** Reached when the value is at most (or at least) this. */
  target: number;
  direction: "at most" | "at least";
  unit: string;
  /** What the published systems reach, in the same unit. */
  published?: number;
}

export interface ExperimentResult {
  rows: Row[];
  tables: ResultTable[];
  goals: Goal[];
  figure: Figure;
  /** How it was measured, a paragraph each; for the page beside the figure. */
  method: string[];
}

export interface ExperimentSettings {
  /** Fewer operations and fewer points: seconds instead of minutes. */
  quick: boolean;
  /** Only what runs on this many harts. */
  harts?: number;
  /** Cycles a hart may run ahead of another; the machine's default when absent. */
  quantum?: number;
  /** Told what is being done. */
  progress(step: string): void;
}

export interface Experiment {
  /** The word after `rel4 lab`. */
  name: string;
  /** One line for the list. */
  summary: string;
  /** What it does and how to read it: the text of `--help`. */
  help: string;
  run(settings: ExperimentSettings): Promise<ExperimentResult>;
}

/** Refuses a number of harts that no mode is for, instead of measuring nothing. @throws LabError */
export function checkHarts(harts: number | undefined, modes: readonly { harts: number }[]): void {
  if (harts === undefined || modes.some((mode) => mode.harts === harts)) return;
  const known = [...new Set(modes.map((mode) => mode.harts))].sort();
  throw new LabError(
    `nothing here is measured on ${harts} harts`,
    `give --harts ${known.join(" or ")}, or leave it out`,
  );
}

/** Whether a goal is reached. */
export function isMet({ value, target, direction }: Goal): boolean {
  return direction === "at most" ? value <= target : value >= target;
}

/** Rounded to `decimals`, without the noise of binary fractions. */
export function rounded(value: number, decimals = 3): number {
  return Number(value.toFixed(decimals));
}

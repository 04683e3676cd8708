/** The files an experiment leaves: rows as CSV and JSON, the figure as SVG, everything together as an HTML page. */
import { accessSync, constants, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toCsv } from "./csv";
import { drawFigure } from "./draw-figure";
import { LabError } from "./errors";
import type { Experiment, ExperimentResult, Row } from "./experiment";
import { resultPage } from "./page";

/**
 * Makes `folder` and finds out whether it can be written, before anything is measured for minutes.
 * @throws LabError that says why not
 */
export function prepareFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new LabError(
      `${folder}: cannot write there (${reason(error, folder)})`,
      "give another folder with --out",
    );
  }
}

/** Level by level: where a file system refuses with "no such file", Node's recursive form tries for ever. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

function reason(error: unknown, folder: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTDIR") return "a file is in the way";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EROFS") return "the disk is read-only";
  return statSync(folder, { throwIfNoEntry: false }) ? (code ?? String(error)) : "it cannot be made";
}

/** Rows as they are printed by --json and written: an array, a row a line. */
export function toJson(rows: readonly Row[]): string {
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`;
}

/** Writes the files into `folder` and returns their paths. Each is complete or absent. */
export async function writeResult(
  experiment: Experiment,
  result: ExperimentResult,
  folder: string,
): Promise<string[]> {
  const svg = await drawFigure(result.figure);
  const files: [string, string][] = [
    [`${experiment.name}.csv`, toCsv(result.rows)],
    [`${experiment.name}.json`, toJson(result.rows)],
    [`${experiment.name}.svg`, svg],
    [`${experiment.name}.html`, resultPage(experiment, result, svg)],
  ];
  return files.map(([name, text]) => {
    const path = join(folder, name);
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
    return path;
  });
}

// Vitest's second global set-up: at the end of a test command, prints how long the kernel kept interrupts waiting in all the
// runs that the command's tests made. Runs of earlier commands, and of earlier rounds of a watch, do not count.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { type LatencyRecord, type LoggedStretch, readLatencyLog } from "./latency-log";

const CACHE = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules", ".cache", "rel4");
/** Causes that are listed after the longest. */
const NEXT = 4;

export default function setup(project: TestProject): () => void {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "latency-"));
  const file = join(folder, "runs");
  const clear = () => writeFileSync(file, "");
  clear();
  project.provide("latencyLog", file);
  project.onTestsRerun(clear);
  return () => {
    const records = readLatencyLog(file);
    rmSync(folder, { recursive: true });
    if (records.length > 0) console.log(`\n${latencyReport(records)}`);
  };
}

type Found = LoggedStretch & { test: string; harts: number };

/** The longest stretch of each cause, longest first. */
function longestByCause(
  records: readonly LatencyRecord[],
  of: (record: LatencyRecord) => readonly LoggedStretch[],
): Found[] {
  const longest = new Map<string, Found>();
  for (const record of records) {
    for (const stretch of of(record)) {
      const known = longest.get(stretch.cause);
      if (known && known.instructions >= stretch.instructions) continue;
      longest.set(stretch.cause, { ...stretch, test: record.test, harts: record.harts });
    }
  }
  return [...longest.values()].sort((a, b) => b.instructions - a.instructions);
}

const hartsInWords = (harts: number) => (harts === 1 ? "1 hart" : `${harts} harts`);
const inWords = ({ instructions, cause, test, harts }: Found) =>
  `${instructions} instructions, ${cause}, in ${test} (${hartsInWords(harts)})`;

/** The lines that sum up the records of a test command. There must be at least one. */
export function latencyReport(records: readonly LatencyRecord[]): string {
  const [first, ...others] = longestByCause(records, ({ own }) => own);
  const lines = [
    `longest stretch with interrupts off over all tests (${records.length === 1 ? "1 run" : `${records.length} runs`}): ${first ? inWords(first) : "none"}`,
    ...others.slice(0, NEXT).map((found) => `  then ${inWords(found)}`),
  ];
  const [unbounded] = longestByCause(records, (record) => record.unbounded);
  if (unbounded) lines.push(`  without a bound: ${inWords(unbounded)}`);
  const harts = [...new Set(records.map((record) => record.harts))].sort((a, b) => a - b);
  for (const count of harts) {
    const those = records.filter((record) => record.harts === count);
    const [whole] = longestByCause(those, (record) => (record.whole ? [record.whole] : []));
    if (whole) lines.push(`  with the wait for the kernel lock: ${inWords(whole)}`);
  }
  const stalls = records.flatMap(({ stall, test, harts: count }) =>
    stall ? [{ instructions: stall, cause: "", test, harts: count }] : [],
  );
  const [stall] = stalls.sort((a, b) => b.instructions - a.instructions);
  if (stall)
    lines.push(
      `  longest wait for another hart to give up a thread: ${stall.instructions} instructions, in ${stall.test} (${hartsInWords(stall.harts)})`,
    );
  return lines.join("\n");
}

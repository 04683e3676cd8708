/**
 * What runs of the kernel in tests say about interrupts that wait: a line of JSON a run, in a file that all processes of one
 * test command append to. tools/latency-report.ts makes the file, names it to the tests, and sums it up.
 */
import { appendFileSync, readFileSync } from "node:fs";
import type {} from "vitest";

/** A stretch with interrupts off, in instructions, and what the hart entered the kernel for. */
export interface LoggedStretch {
  instructions: number;
  cause: string;
}

/** What one run of the kernel on the machine measured. */
export interface LatencyRecord {
  test: string;
  harts: number;
  /** The longest stretches by cause, without the wait for the kernel lock. */
  own: LoggedStretch[];
  /** Those of operations that are documented to have no bound. */
  unbounded: LoggedStretch[];
  /** With several harts: the longest stretch with the wait for the kernel lock, of an operation with a bound. */
  whole?: LoggedStretch;
  /** With several harts: the longest wait for another hart to give up a thread or floating-point registers, in instructions. */
  stall?: number;
}

declare module "vitest" {
  interface ProvidedContext {
    /** The file. */
    latencyLog: string;
  }
}

/** Appends a record. One write a line: lines of several processes do not mix. */
export function logLatency(file: string, record: LatencyRecord): void {
  appendFileSync(file, `${JSON.stringify(record)}\n`);
}

/** All records of a file. */
export function readLatencyLog(file: string): LatencyRecord[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LatencyRecord);
}

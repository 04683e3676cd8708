/** Running passes on textual IR, for tests. */
import type { IRFunction } from "./ir";
import { parseFunction } from "./parser";
import { printFunction } from "./printer";
import { assertValid } from "./verifier";

/** Makes lines comparable: no indentation, no empty lines. */
const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** The body of a function as lines, without header and closing brace. */
export function bodyOf(fn: IRFunction): string[] {
  return lines(printFunction(fn)).slice(1, -1);
}

/** Parses a function given as its body, checking that it is well formed. */
export function parseBody(body: string, signature = "(i32,i32)->i32"): IRFunction {
  const fn = parseFunction(`function test${signature} {\n${body}\n}`);
  assertValid(fn);
  return fn;
}

/**
 * Applies passes to a function given as its body and returns the result's lines. The function must be well formed before
 * and after.
 */
export function transform(
  body: string,
  signature: string,
  ...passes: ((fn: IRFunction) => void)[]
): string[] {
  const fn = parseBody(body, signature);
  for (const pass of passes) pass(fn);
  assertValid(fn);
  return bodyOf(fn);
}

/** Text as trimmed lines, for comparison with `transform`. */
export const expected = lines;

/** Everything that other code, harts or devices may take as an occasion to change memory. */
export const BARRIERS = {
  "a call": 'call [symbol="f"]',
  "an indirect call": "callIndirect [signature=->] 0:i32",
  "a call that suspends": 'call [symbol="f" suspends=1]',
  "a switch of stacks": "switchStack 8192:i32, 12288:i32",
  "a wait for a change": "waitWhileEqual 8192:i32, 0:i32",
  "an ecall": "v9: i64 = ecall 0:i64, 0:i64, 0:i64, 0:i64, 0:i64, 0:i64, 0:i64, 0:i64",
  "a fence": "fence [index=51]",
  "an atomic load": "v9: i32 = atomicLoad [offset=0 size=4 signed=1 order=2] 8192:i32",
  "an atomic store": "atomicStore [offset=0 size=4 order=1] 8192:i32, 0:i32",
  "an atomic update": 'v9: i32 = atomicUpdate [symbol="add" offset=0 size=4 order=0] 8192:i32, 1:i32',
  "a compare-exchange": "v9: i32 = atomicCompareExchange [offset=0 size=4 order=3] 8192:i32, 0:i32, 1:i32",
  "a volatile load": "v9: i32 = volatileLoad [offset=0 size=4 signed=1] 8192:i64",
  "a volatile store": "volatileStore [offset=0 size=4] 8192:i64, 0:i32",
  "a CSR write": 'csrUpdate [symbol="csrrw" index=384] 0:i64',
  "sfence.vma": 'machine [symbol="sfence.vma"]',
  "a change of tp": "setThreadPointer 0:i64",
};

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

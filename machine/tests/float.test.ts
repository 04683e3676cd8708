// Every computing instruction of F and D on random operands, against exact arithmetic: results and flags, in all rounding modes.
// SEED and CASES (of each instruction) ask for others: SEED=7 CASES=20000 npx vitest run machine/tests/float.test.ts
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../src/test-support/random";
import { type Case, CaseRunner, type Outcome } from "./float/case-runner";
import { OPERATIONS, type Operation, withRounding } from "./float/operations";
import { MODES, type Mode } from "./float/oracle";
import { randomOperands } from "./float/random-operands";

const SEED = Number(process.env.SEED ?? 1);
const CASES = Number(process.env.CASES ?? 250);
const BATCH = 4096;
const DYNAMIC = 7;
const FRM_SHIFT = 5;
const INEXACT = 1;

/** Half of the cases find the inexact flag set, as programs do that have computed for a while. */
function randomCases(random: Random, operation: Operation, count: number, mode: Mode): Case[] {
  return Array.from({ length: count }, () => ({
    ...randomOperands(random, operation),
    fcsr: (MODES.indexOf(mode) << FRM_SHIFT) | (random.chance(2) ? INEXACT : random.below(32)),
  }));
}

const hex = (value: bigint): string => `0x${value.toString(16).padStart(16, "0")}`;

/** The first case that is not as the oracle says, in words. */
function firstDifference(
  operation: Operation,
  mode: Mode,
  cases: readonly Case[],
  outcomes: readonly Outcome[],
): string | null {
  for (const [index, given] of cases.entries()) {
    const expected = operation.expected(given, mode);
    const outcome = outcomes[index]!;
    const fcsr = given.fcsr | expected.flags;
    if (outcome[operation.writes] === expected.bits && outcome.fcsr === fcsr) continue;
    const operands = `f1 ${hex(given.a)} f2 ${hex(given.b)} f3 ${hex(given.c)} x5 ${hex(given.x)}`;
    const got = `${hex(outcome[operation.writes])}, fcsr ${outcome.fcsr.toString(16)}`;
    return `${operation.name} ${mode} of ${operands}, fcsr ${given.fcsr.toString(16)}: got ${got}; must be ${hex(expected.bits)}, fcsr ${fcsr.toString(16)}`;
  }
  return null;
}

describe(`floating-point instructions on random operands, seed ${SEED}`, () => {
  let runner: CaseRunner;
  beforeAll(async () => {
    runner = await CaseRunner.create();
  });

  it.each(OPERATIONS)("$name gives the exact result, rounded once, and its flags", (operation) => {
    const random = new Random(SEED + OPERATIONS.indexOf(operation));
    for (let done = 0; done < CASES; done += BATCH) {
      for (const mode of operation.isRounding ? MODES : [MODES[0]]) {
        const count = Math.ceil(Math.min(CASES - done, BATCH) / (operation.isRounding ? MODES.length : 1));
        const cases = randomCases(random, operation, count, mode);
        const dynamic = operation.isRounding ? withRounding(operation.word, DYNAMIC) : operation.word;
        expect(firstDifference(operation, mode, cases, runner.run(dynamic, cases))).toBeNull();
        if (!operation.isRounding) continue;
        // The mode in the instruction counts, whatever frm holds.
        const own = MODES[random.below(MODES.length)]!;
        const some = cases.slice(0, Math.ceil(count / 4));
        const word = withRounding(operation.word, MODES.indexOf(own));
        expect(firstDifference(operation, own, some, runner.run(word, some))).toBeNull();
      }
    }
  });
});

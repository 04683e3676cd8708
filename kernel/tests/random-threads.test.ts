/**
 * Random system calls of threads that share endpoints and notifications, on one to three harts, mixed with what their
 * creator does to them. After every kernel entry the invariants are checked (harness/invariants.ts); every sequence is
 * then repeated without the fast paths, and must leave the same state after every step.
 * REL4_RANDOM_OPERATIONS sets how many operations are made, REL4_RANDOM_SEED where they start.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel } from "./harness/world";
import { ThreadsRun } from "./model/threads-run";

const OPERATIONS = Number(process.env.REL4_RANDOM_OPERATIONS ?? 600);
const OPERATIONS_A_RUN = 200;
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);
const MOST_HARTS = 3;

beforeAll(prepareKernel);

describe("threads", () => {
  let fastpathsTaken = 0;

  for (let run = 0; run * OPERATIONS_A_RUN < OPERATIONS; run++) {
    const seed = FIRST_SEED + run;
    const harts = 1 + (run % MOST_HARTS);
    const operations = Math.min(OPERATIONS_A_RUN, OPERATIONS - run * OPERATIONS_A_RUN);
    it(`end in the same state with and without the fast paths (seed ${seed}, ${harts} harts)`, () => {
      const fast = new ThreadsRun(seed, harts, true).perform(operations);
      const slow = new ThreadsRun(seed, harts, false).perform(operations);
      const first = fast.steps.findIndex((step, index) => step.state !== slow.steps[index]!.state);
      expect(first === -1 ? undefined : { step: first, did: fast.steps[first]!.name }).toBeUndefined();
      expect(slow.fastpathsTaken).toBe(0);
      fastpathsTaken += fast.fastpathsTaken;
    });
  }

  it("meet often enough for the fast paths to have been taken", () => {
    expect(fastpathsTaken).toBeGreaterThan(0);
  });
});

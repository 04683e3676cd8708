/**
 * Random timers of threads that wait, are suspended and move, half of them receivers of user interrupts: every deadline is
 * told to its thread exactly once. REL4_RANDOM_OPERATIONS sets how many operations are made, REL4_RANDOM_SEED where they
 * start.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel } from "./harness/world";
import { TimersRun } from "./model/timers-run";

const OPERATIONS = Number(process.env.REL4_RANDOM_OPERATIONS ?? 450);
const OPERATIONS_A_RUN = 150;
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);
const MOST_HARTS = 3;

beforeAll(prepareKernel);

describe("random timers", () => {
  let came = 0;

  for (let run = 0; run * OPERATIONS_A_RUN < OPERATIONS; run++) {
    const seed = FIRST_SEED + run;
    const harts = 1 + (run % MOST_HARTS);
    it(`come once each (seed ${seed}, ${harts} harts)`, () => {
      came += new TimersRun(seed, harts).perform(OPERATIONS_A_RUN).came;
    });
  }

  it("came often enough to mean something", () => {
    expect(came).toBeGreaterThan(OPERATIONS / 20);
  });
});

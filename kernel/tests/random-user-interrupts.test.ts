/**
 * Random use of U-notifications, compared step by step with a model: no vector is lost, none reaches anybody else, and
 * nobody is left waiting for one.
 * REL4_RANDOM_OPERATIONS sets how many operations are made, REL4_RANDOM_SEED where they start.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel } from "./harness/world";
import { UserInterruptsRun } from "./model/user-interrupts-run";

const OPERATIONS = Number(process.env.REL4_RANDOM_OPERATIONS ?? 1200);
const OPERATIONS_A_RUN = 200;
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);
const MOST_HARTS = 3;

beforeAll(prepareKernel);

describe("user interrupts", () => {
  let sent = 0;
  let read = 0;

  for (let run = 0; run * OPERATIONS_A_RUN < OPERATIONS; run++) {
    const seed = FIRST_SEED + run;
    const harts = 1 + (run % MOST_HARTS);
    const operations = Math.min(OPERATIONS_A_RUN, OPERATIONS - run * OPERATIONS_A_RUN);
    it(`arrive, at their receiver only (seed ${seed}, ${harts} harts)`, () => {
      const done = new UserInterruptsRun(seed, harts).perform(operations);
      sent += done.sent;
      read += done.read;
    });
  }

  it("were sent and read often enough to mean something", () => {
    expect(sent).toBeGreaterThan(OPERATIONS / 50);
    expect(read).toBeGreaterThan(OPERATIONS / 100);
  });
});

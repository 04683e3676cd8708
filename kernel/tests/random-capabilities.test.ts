/**
 * Random sequences of capability operations, compared step by step with the model: results, slots and derivation tree.
 * REL4_RANDOM_OPERATIONS sets how many operations are made, REL4_RANDOM_SEED where they start.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel } from "./harness/world";
import { CapabilityRun } from "./model/capability-run";

const OPERATIONS = Number(process.env.REL4_RANDOM_OPERATIONS ?? 2000);
const OPERATIONS_A_RUN = 400;
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);

beforeAll(prepareKernel);

describe("the capability system", () => {
  for (let run = 0; run * OPERATIONS_A_RUN < OPERATIONS; run++) {
    const seed = FIRST_SEED + run;
    const operations = Math.min(OPERATIONS_A_RUN, OPERATIONS - run * OPERATIONS_A_RUN);
    it(`does what the model does (seed ${seed})`, () => {
      new CapabilityRun(seed).perform(operations);
    });
  }

  it("does the same when it is interrupted at every preemption point", () => {
    const run = new CapabilityRun(FIRST_SEED, { preempt: true });
    run.perform(Math.ceil(OPERATIONS / 10));
    expect(run.preemptions).toBeGreaterThan(0);
  });

  it.each([false, true])("does the same by asynchronous requests (interrupted: %s)", (preempt) => {
    const run = new CapabilityRun(FIRST_SEED, { asynchronous: true, preempt });
    run.perform(Math.ceil(OPERATIONS / 8));
    expect(run.preemptions > 0).toBe(preempt);
  });
});

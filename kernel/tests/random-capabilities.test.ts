/**
 * Random sequences of capability operations, compared step by step with the model: results, slots and the whole derivation
 * tree. A sequence that shows a difference is cut down to the operations that are needed for it.
 * REL4_RANDOM_OPERATIONS sets how many operations are made, REL4_RANDOM_SEED where they start, and REL4_RANDOM_STEPS makes
 * a sequence that failed again.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel } from "./harness/world";
import { CapabilityModel } from "./model/capability-model";
import { CapabilityRun, type CapabilityRunOptions } from "./model/capability-run";
import type { ModelSlot } from "./model/derivation";
import { performOrShrink } from "./model/shrink";

const OPERATIONS = Number(process.env.REL4_RANDOM_OPERATIONS ?? 2000);
const OPERATIONS_A_RUN = 400;
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);
const STEPS = process.env.REL4_RANDOM_STEPS?.split(",").map(Number);
/** A long run of operations has the time it needs. */
const PATIENCE = 120_000 + OPERATIONS * 10;

beforeAll(prepareKernel);

const perform = (seed: number, operations: number, options: CapabilityRunOptions = {}) =>
  performOrShrink(() => new CapabilityRun(options), seed, operations);

describe("the capability system", () => {
  it.runIf(STEPS)("does what the model does (REL4_RANDOM_STEPS)", () => {
    new CapabilityRun().perform(STEPS!);
  });

  for (let run = 0; run * OPERATIONS_A_RUN < OPERATIONS; run++) {
    const seed = FIRST_SEED + run;
    const operations = Math.min(OPERATIONS_A_RUN, OPERATIONS - run * OPERATIONS_A_RUN);
    it(`does what the model does (seed ${seed})`, { timeout: PATIENCE }, () => {
      perform(seed, operations);
    });
  }

  it("does the same when it is interrupted at every preemption point", { timeout: PATIENCE }, () => {
    const run = perform(FIRST_SEED, Math.ceil(OPERATIONS / 10), { preempt: true });
    expect(run.preemptions).toBeGreaterThan(0);
  });

  it.each([false, true])(
    "does the same by asynchronous requests (interrupted: %s)",
    { timeout: PATIENCE },
    (preempt) => {
      const run = perform(FIRST_SEED, Math.ceil(OPERATIONS / 8), { asynchronous: true, preempt });
      expect(run.preemptions > 0).toBe(preempt);
    },
  );
});

/** A specification that says a revocation leaves the last child alone. */
class LazyModel extends CapabilityModel {
  override revoke(slot: ModelSlot): number {
    while (slot.node !== undefined && slot.node.children.length > 1) this.delete(slot.node.children[0]!.slot);
    return 0;
  }
}

describe("a difference", () => {
  it("is told with the fewest operations that show it: making a child, and revoking", () => {
    const fail = () => perform(1, 400, { Model: LazyModel });
    expect(fail).toThrow(
      /The same goes wrong with 2 \(REL4_RANDOM_STEPS=\d+,\d+\): .*should .*\nretype .* → 0\nrevoke .* → 0$/,
    );
  });
});

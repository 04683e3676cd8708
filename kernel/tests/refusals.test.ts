/**
 * Every invocation, with every error, in the order in which seL4 checks them; and every object with every label that is not
 * its own.
 */
import * as abi from "@rel4/abi";
import { DOMAIN_SET_SET, ILLEGAL_OPERATION, NO_ERROR, OBJECT_PAGE_TABLE, OBJECT_UNTYPED } from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import { prepareKernel, prepareOtherKernel, World } from "./harness/world";
import { ALL_REFUSALS, DOMAIN_REFUSALS, DOMAINS, INVOCATION_LABELS } from "./refusals";
import type { Call, Defect, Refusals } from "./refusals/refusal-table";

/** Makes a copy of `call` and calls. */
function invoke(world: World, call: Call) {
  return world.invoke(call.pointer, call.label, call.words, call.caps);
}

function spoiled(call: Call, spoils: ((call: Call) => void)[]): Call {
  const copy = { ...call, words: [...call.words], caps: [...call.caps] };
  for (const spoil of spoils) spoil(copy);
  return copy;
}

/** Uses up what a call needs. That may take long, so the kernel's memory is checked only when it is done. */
function exhaust(world: World, { exhaust }: Defect): void {
  const { afterEntry } = world.kernel;
  world.kernel.afterEntry = () => {};
  exhaust!(world);
  world.kernel.afterEntry = afterEntry;
  afterEntry();
}

/** The call is refused for defect number `index` alone, and for that and all later ones. */
function expectRefusedFor(world: World, call: Call, defects: Defect[], index: number): void {
  const { what, error, details, spoil } = defects[index]!;
  try {
    expectRefusal(world, () => invoke(world, spoiled(call, [spoil])), error, details);
    // The latest first, so that the earlier ones prevail where two spoil the same word.
    const several = defects.slice(index).map((each) => each.spoil);
    const { error: first } = invoke(world, spoiled(call, several.reverse()));
    expect(first, "with all defects that are checked later").toBe(error);
  } catch (problem) {
    throw new Error(`refused for ${what}: ${problem instanceof Error ? problem.message : problem}`);
  }
}

function testRefusals({ name, label, prepare, never = NO_ERROR }: Refusals): void {
  const made = () => {
    const world = new World();
    const { call, defects } = prepare(world);
    return { world, call: { ...call, label }, defects };
  };

  it(`${name} changes nothing when it is refused, names the first defect of several, and succeeds without`, () => {
    const { world, call, defects } = made();
    defects.forEach((defect, index) => {
      if (!defect.exhaust) expectRefusedFor(world, call, defects, index);
    });
    expect(invoke(world, call).error).toBe(never);
    // There is one memory, so one world after the other.
    defects.forEach((defect, index) => {
      if (!defect.exhaust) return;
      const other = made();
      exhaust(other.world, other.defects[index]!);
      expectRefusedFor(other.world, other.call, other.defects, index);
    });
  });
}

describe("a kernel with one domain", () => {
  beforeAll(prepareKernel);
  ALL_REFUSALS.forEach(testRefusals);

  it("refuses every label of another object, or of none, and changes nothing", () => {
    const world = new World();
    const slot = world.slot();
    world.must(abi.ROOT_SLOT_IRQ_CONTROL, abi.IRQ_ISSUE_HANDLER, [12, slot, 64], [abi.ROOT_SLOT_CNODE]);
    const objects: Record<string, number> = {
      UNTYPED: world.retype(OBJECT_UNTYPED, 8),
      TCB: world.thread({ start: false }).cap,
      CNODE: world.cnode(2),
      IRQ_CONTROL: abi.ROOT_SLOT_IRQ_CONTROL,
      IRQ_HANDLER: slot,
      DOMAIN: abi.ROOT_SLOT_DOMAIN,
      PAGE_TABLE: world.retype(OBJECT_PAGE_TABLE),
      PAGE: world.frame(),
      ASID_CONTROL: abi.ROOT_SLOT_ASID_CONTROL,
      ASID_POOL: abi.ROOT_SLOT_ASID_POOL,
    };
    const refused = Object.entries(objects).map(([object, pointer]) => {
      const foreign = [...INVOCATION_LABELS].filter(([name]) => objectOf(name) !== object);
      const numbers = [0, ...foreign.map(([, label]) => label), 200, 2 ** 32 + DOMAIN_SET_SET];
      const errors = numbers.map((label) => world.invoke(pointer, label).error);
      expect(errors, `errors of labels that ${object} lacks`).toEqual(numbers.map(() => ILLEGAL_OPERATION));
      return foreign.length;
    });
    expect(refused.every((count) => count > 20)).toBe(true);
  });
});

/** The object a label belongs to, by the label's name. */
function objectOf(name: string): string {
  if (name.startsWith("IRQ_")) return name.startsWith("IRQ_ISSUE") ? "IRQ_CONTROL" : "IRQ_HANDLER";
  return /^(PAGE_TABLE|ASID_CONTROL|ASID_POOL|[A-Z]+)/.exec(name)![0];
}

describe(`a kernel with ${DOMAINS} domains`, () => {
  beforeAll(() => prepareOtherKernel({ domains: DOMAINS }));
  DOMAIN_REFUSALS.forEach(testRefusals);
});

describe("the tables of refusals", () => {
  it("have every invocation once", () => {
    const tested = [...ALL_REFUSALS, ...DOMAIN_REFUSALS].map(({ label }) => label).sort((a, b) => a - b);
    expect(tested).toEqual([...INVOCATION_LABELS.values()].sort((a, b) => a - b));
  });
});

/**
 * Every interleaving of the protocol of rings and wake-ups, with store buffers and loads that are performed early or late: no
 * wake-up is lost, every call is answered once and with its own answer, a full ring only delays. Then the same
 * with one part left out at a time: each time the search finds how it goes wrong.
 *
 * REL4_MODEL_HISTORIES=1 prints the histories it finds; REL4_MODEL_LARGE=1 also searches the larger systems.
 */
import { describe, expect, it } from "vitest";
import { explore, type Outcome } from "./checker";
import { Machine, type MachineOptions } from "./machine";
import { buildSystem, FENCES, fenceName, PROTOCOL, type Variant } from "./protocol";

const LARGEST = 4_000_000;

function search(change: Partial<Variant>, options: Partial<MachineOptions> = {}): Outcome {
  const system = buildSystem({ ...PROTOCOL, ...change });
  return explore(new Machine(system, { memory: "weak", kernelWatches: false, ...options }), LARGEST);
}

function expectSound(name: string, outcome: Outcome): void {
  const { counterExample } = outcome;
  if (counterExample) expect.fail([counterExample.problem, ...counterExample.history].join("\n"));
  console.log(`${outcome.states} states: ${name}`);
}

function expectBroken(name: string, outcome: Outcome): void {
  const { counterExample } = outcome;
  expect(counterExample, name).toBeDefined();
  const { problem, history } = counterExample!;
  expect(history.length).toBeGreaterThan(0);
  if (process.env.REL4_MODEL_HISTORIES) {
    console.log([`--- ${name}: after ${outcome.states} states, ${problem}`, ...history].join("\n"));
  }
}

const KERNEL_ONLY: Partial<Variant> = { userInterrupts: false, polls: false };
const ARMED: Partial<Variant> = { armedForEver: true, polls: false };
const ARMED_THEN_BLOCKED: Partial<Variant> = { polls: false };

describe("no wake-up is lost and every call is answered", () => {
  const systems: [string, Partial<Variant>][] = [
    ["one hart, rings of one item", { remote: false, calls: 3 }],
    ["one hart, rings of three items", { remote: false, places: 4, calls: 4 }],
    ["one hart, two clients", { remote: false, clients: 2, calls: 1 }],
    ["two harts, kernel notifications", { ...KERNEL_ONLY, calls: 3 }],
    ["two harts, kernel notifications, polling", { userInterrupts: false }],
    ["two harts, rings of two items", { ...KERNEL_ONLY, places: 3 }],
    ["two harts, user interrupts, without ever blocking", { armedForEver: true }],
    ["two harts, user interrupts, then blocking", { calls: 1 }],
  ];
  const large: [string, Partial<Variant>][] = [
    ["two harts, user interrupts, then blocking, two calls", ARMED_THEN_BLOCKED],
    ["two harts, rings of three items", { ...KERNEL_ONLY, places: 4, calls: 3 }],
    ["two harts, two clients", { ...KERNEL_ONLY, clients: 2, calls: 1 }],
    ["two harts, rings of two items, user interrupts", { ...ARMED, places: 3 }],
    ["two harts, three calls, user interrupts", { ...ARMED, calls: 3 }],
  ];
  for (const [name, change] of process.env.REL4_MODEL_LARGE ? [...systems, ...large] : systems) {
    it(name, () => expectSound(name, search(change)));
  }

  it("nor does it need the kernel to wake waiting programs at user interrupts, though that does no harm", () => {
    expectSound("the kernel watches", search({ ...ARMED_THEN_BLOCKED, calls: 1 }, { kernelWatches: true }));
  });
});

describe("without one of its fences the protocol fails", () => {
  for (const role of ["client", "server"] as const) {
    const without = (fence: string): Partial<Variant> => ({ without: [fenceName(role, fence)] });
    const cases: [string, Partial<Variant>][] = [
      [FENCES.publish, KERNEL_ONLY],
      [FENCES.look, KERNEL_ONLY],
      [FENCES.settlePublished, ARMED],
      [FENCES.settleArmed, ARMED],
      [FENCES.settleBlocked, KERNEL_ONLY],
    ];
    for (const [fence, change] of cases) {
      const name = fenceName(role, fence);
      it(name, () => expectBroken(`without ${name}`, search({ ...change, ...without(fence) })));
    }
  }

  it("but passes without any on a machine without store buffers, which hides all that", () => {
    const without = Object.values(FENCES).flatMap((each) => [
      fenceName("client", each),
      fenceName("server", each),
    ]);
    expectSound("no fences, in order", search({ ...KERNEL_ONLY, without }, { memory: "sequential" }));
  });

  it("release stores and acquire loads do not replace the full fences", () => {
    expectBroken("acquire and release", search({ ...KERNEL_ONLY, ordering: "acquire and release" }));
  });
});

describe("other forms of the protocol fail", () => {
  it("without the re-check, even on a machine without store buffers", () => {
    expectBroken(
      "no re-check, in order",
      search({ ...KERNEL_ONLY, recheck: false }, { memory: "sequential" }),
    );
    expectBroken("no re-check, kernel", search({ ...KERNEL_ONLY, recheck: false }));
    expectBroken("no re-check, user interrupts", search({ ...ARMED, recheck: false }));
  });

  it("with two states: a program blocked in the kernel that still says armed is never woken", () => {
    expectBroken("two states", search({ ...ARMED_THEN_BLOCKED, showsBlocked: false }));
  });

  it("with a load and a store instead of the swap: the store destroys what the other shows by then", () => {
    expectBroken("no swap", search({ ...ARMED, wakesBy: "store" }, { kernelWatches: true }));
  });

  it("and that store, where it does no harm by itself, needs the fence before the user interrupt", () => {
    const change: Partial<Variant> = {
      ...ARMED_THEN_BLOCKED,
      wakesBy: "store",
      without: [fenceName("client", FENCES.wake)],
    };
    expectBroken("no fence before the interrupt", search(change, { kernelWatches: true }));
  });
});

/**
 * The language in which the protocol is written down (protocol.ts): one program a process, a list of atomic steps.
 *
 * Steps that touch shared words, other processes or the kernel are interleaved with everybody else's; local ones only
 * change the process's own registers and happen together with the step before them.
 */

/** Number of a shared word. */
export type Word = number;
/** Number of a register of a process. */
export type Register = number;

/** What a fence orders: earlier accesses of the first kinds before later accesses of the second (o: device output). */
export type FenceKinds = "rw,rw" | "rw,w" | "w,w" | "r,rw" | "r,w" | "rw,o";

export interface Registers {
  get(register: Register): number;
  set(register: Register, value: number): void;
}

type Value = (r: Registers) => number;

export type Step =
  // Shared memory
  | { kind: "load"; word: Value; into: Register; says: string }
  | { kind: "store"; word: Value; value: Value; says: string }
  /** amoswap: the only access that reads and writes at once; it orders nothing else. */
  | { kind: "swap"; word: Value; value: Value; into: Register; says: string }
  /** A load whose value nobody needs for now, so that it may happen as late as fences let it. */
  | { kind: "loadLate"; word: Value; expected: Value; says: string }
  | { kind: "fence"; name: string; orders: FenceKinds }
  // Other processes
  | { kind: "interrupt"; process: number; says: string }
  /** Signals the process whose number + 1 is `slot` (0: nobody). */
  | { kind: "signal"; slot: Value; badge: Value; says: string }
  /** Signals, then waits for signals of its own, which come into a register. */
  | { kind: "signalAndWait"; slot: Value; badge: Value; into: Register; says: string }
  // User interrupts of this process
  | { kind: "takeArrivals"; into: Register; says: string }
  /** Waits until something has arrived; with `orTo` only as long as it likes, then goes on there. */
  | { kind: "awaitArrivals"; orTo?: string; says: string }
  | { kind: "mask"; masked: boolean; says: string }
  // Local
  | { kind: "local"; run: (r: Registers) => void }
  | { kind: "branch"; when: (r: Registers) => boolean; to: string }
  /** Goes on with the next step or with `to`: whatever the code would decide by, both are looked at. */
  | { kind: "choose"; to: string; says: string }
  | { kind: "check"; holds: (r: Registers) => boolean; says: string }
  | { kind: "label"; name: string }
  | { kind: "finish" };

const constant =
  (word: Word): Value =>
  () =>
    word;
const value = (each: Value | number): Value => (typeof each === "number" ? constant(each) : each);

export const load = (says: string, word: Value | Word, into: Register): Step => ({
  kind: "load",
  word: value(word),
  into,
  says,
});
export const store = (says: string, word: Value | Word, what: Value | number): Step => ({
  kind: "store",
  word: value(word),
  value: value(what),
  says,
});
export const swap = (says: string, word: Word, what: number, into: Register): Step => ({
  kind: "swap",
  word: value(word),
  value: value(what),
  into,
  says,
});
export const loadLate = (says: string, word: Value, expected: Value): Step => ({
  kind: "loadLate",
  word,
  expected,
  says,
});
export const fence = (name: string, orders: FenceKinds): Step => ({ kind: "fence", name, orders });
export const interrupt = (says: string, process: number): Step => ({ kind: "interrupt", process, says });
export const signal = (says: string, slot: Value, badge: Value): Step => ({
  kind: "signal",
  slot,
  badge,
  says,
});
export const signalAndWait = (says: string, slot: Value, badge: Value, into: Register): Step => ({
  kind: "signalAndWait",
  slot,
  badge,
  into,
  says,
});
export const local = (run: (r: Registers) => void): Step => ({ kind: "local", run });
export const branch = (to: string, when: (r: Registers) => boolean): Step => ({ kind: "branch", when, to });
export const goTo = (to: string): Step => branch(to, () => true);
export const choose = (says: string, to: string): Step => ({ kind: "choose", to, says });
export const check = (says: string, holds: (r: Registers) => boolean): Step => ({
  kind: "check",
  holds,
  says,
});
export const label = (name: string): Step => ({ kind: "label", name });

/** Steps in which every jump has become the number of a step. */
export interface Program {
  readonly steps: readonly Step[];
  /** Where each label stands. */
  readonly targets: ReadonlyMap<string, number>;
}

/** @throws Error for a jump to a label that does not exist, or one that exists twice */
export function assemble(steps: readonly Step[]): Program {
  const targets = new Map<string, number>();
  steps.forEach((step, at) => {
    if (step.kind !== "label") return;
    if (targets.has(step.name)) throw new Error(`label "${step.name}" stands twice in the program`);
    targets.set(step.name, at);
  });
  for (const step of steps) {
    const to = step.kind === "awaitArrivals" ? step.orTo : "to" in step ? step.to : undefined;
    if (to !== undefined && !targets.has(to)) throw new Error(`no label "${to}" in the program`);
  }
  return { steps, targets };
}

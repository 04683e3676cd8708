/**
 * Random runs that fail small: a run is a list of numbers, one for each operation, from which the operation draws everything
 * it decides. So any part of a list is a run too, and a list that fails can be cut down to one in which every operation
 * matters (delta debugging: A. Zeller, R. Hildebrandt, “Simplifying and isolating failure-inducing input”, 2002).
 */
import { Random } from "./random";

const LARGEST_STEP = 2 ** 31;

/** A run that can be made anew. */
export interface Run {
  /** Makes the operations that the numbers stand for. @throws Error when one of them shows a difference */
  perform(steps: readonly number[]): void;
  /** What the operations made so far were, in words. */
  readonly history: readonly string[];
}

/** The numbers of the operations of a seed. */
export function stepsOf(seed: number, count: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.below(LARGEST_STEP));
}

/** In lists up to this long, any two items are tried without each other. */
const MOST_FOR_PAIRS = 16;

/**
 * The shortest list that cutting pieces out of `items`, which fails, leads to. It still fails; without any one of its items
 * (or any two, as one may undo another, when it is short) it does not.
 */
export function shrink<T>(items: readonly T[], fails: (items: readonly T[]) => boolean): T[] {
  let left = [...items];
  for (let size = Math.ceil(left.length / 2); size > 1; size = Math.ceil(size / 2)) {
    for (let end = left.length; end > 0; end -= size) {
      const without = [...left.slice(0, Math.max(0, end - size)), ...left.slice(end)];
      if (fails(without)) left = without;
    }
  }
  for (;;) {
    const shorter = smaller(left).find(fails);
    if (shorter === undefined) return left;
    left = shorter;
  }
}

/** The lists without one of the items, then those without two, later items first. */
function smaller<T>(items: readonly T[]): T[][] {
  const indices = items.map((_, index) => index).reverse();
  const without = (...left: number[]) => items.filter((_, index) => !left.includes(index));
  const singles = indices.map((index) => without(index));
  if (items.length > MOST_FOR_PAIRS) return singles;
  return [...singles, ...indices.flatMap((a) => indices.filter((b) => b < a).map((b) => without(a, b)))];
}

/**
 * Makes a seed's run.
 * @throws Error with the smallest run found that fails too, and how to make it again, when it fails
 */
export function performOrShrink<R extends Run>(make: () => R, seed: number, operations: number): R {
  const steps = stepsOf(seed, operations);
  const run = make();
  const problem = problemOf(run, steps);
  if (problem === undefined) return run;
  const made = run.history.length;
  const fails = (some: readonly number[]) => problemOf(make(), some) !== undefined;
  const smallest = shrink(steps, fails);
  const last = make();
  const small = problemOf(last, smallest);
  throw new Error(
    [
      `seed ${seed}, after ${made} operations: ${problem}`,
      `The same goes wrong with ${smallest.length} (REL4_RANDOM_STEPS=${smallest.join(",")}): ${small}`,
      ...last.history,
    ].join("\n"),
  );
}

function problemOf(run: Run, steps: readonly number[]): string | undefined {
  try {
    run.perform(steps);
    return undefined;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

import { describe, expect, it } from "vitest";
import { performOrShrink, type Run, shrink, stepsOf } from "./shrink";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("shrink", () => {
  it("leaves only the items that are needed, in their order", () => {
    const needed = [3, 41, 57, 99];
    const fails = (items: readonly number[]) => needed.every((each) => items.includes(each));
    expect(shrink(numbers(100), fails)).toEqual(needed);
  });

  it("leaves a list without any superfluous item when several lists would do", () => {
    // Any five numbers in a row.
    const fails = (items: readonly number[]) =>
      items.some((each) => numbers(5).every((index) => items.includes(each + index)));
    expect(shrink(numbers(64), fails)).toHaveLength(5);
  });

  it("tries items again that became superfluous when others went", () => {
    // 3 is needed as long as 2 is there.
    const fails = (items: readonly number[]) =>
      items.includes(1) && (items.includes(3) || !items.includes(2));
    expect(shrink(numbers(8), fails)).toEqual([1]);
  });

  it("leaves out two items of which each is needed with the other", () => {
    const fails = (items: readonly number[]) => items.includes(4) && items.includes(1) === items.includes(6);
    expect(shrink(numbers(8), fails)).toEqual([4]);
  });

  it("finds that nothing at all fails", () => {
    expect(shrink(numbers(9), () => true)).toEqual([]);
  });
});

/** Fails when a step that ends in 7 is followed, sometime, by one that ends in 1. */
class TwoStepRun implements Run {
  readonly history: string[] = [];
  private armed = false;

  perform(steps: readonly number[]): void {
    for (const step of steps) {
      this.history.push(`step ${step}`);
      if (this.armed && step % 10 === 1) throw new Error("went off");
      if (step % 10 === 7) this.armed = true;
    }
  }
}

describe("a run that fails", () => {
  it("is told with its seed and the fewest operations that fail, in words and as numbers", () => {
    const fail = () => performOrShrink(() => new TwoStepRun(), 5, 500);
    const [arm, fire] = (/REL4_RANDOM_STEPS=(\d+),(\d+)\)/.exec(messageOf(fail)) ?? []).slice(1);
    expect([arm, fire].map((step) => Number(step) % 10)).toEqual([7, 1]);
    expect(messageOf(fail)).toMatch(/^seed 5, after \d+ operations: went off\nThe same goes wrong with 2 /);
    expect(messageOf(fail)).toMatch(new RegExp(`\\nstep ${arm}\\nstep ${fire}$`));
  });

  it("and one that does not is left as it is", () => {
    expect(performOrShrink(() => new TwoStepRun(), 5, 1).history).toHaveLength(1);
    expect(stepsOf(5, 3)).toEqual(stepsOf(5, 4).slice(0, 3));
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing failed");
}

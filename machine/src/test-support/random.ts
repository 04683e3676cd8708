// A seeded generator (xorshift32), so that a random test fails the same way twice.
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 0x9e37_79b9) >>> 0 || 1;
  }

  /** 32 random bits. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  /** A number from 0 to `limit` − 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True once in `oneIn` times. */
  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** One of the choices, each as often as its weight says. */
  pickWeighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let rest = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (rest < weight) return choice;
      rest -= weight;
    }
    throw new Error("unreachable: the weights add up to the total");
  }

  /** 64 random bits; small, large and boundary values are more frequent than chance would make them. */
  bits64(): bigint {
    const whole = (BigInt(this.next()) << 32n) | BigInt(this.next());
    const shape = this.below(8);
    if (shape === 0)
      return this.pick([
        0n,
        1n,
        0x7fff_ffffn,
        0x8000_0000n,
        0xffff_ffffn,
        (1n << 63n) - 1n,
        1n << 63n,
        (1n << 64n) - 1n,
      ]);
    if (shape === 1) return whole & 0xfffn;
    if (shape === 2) return BigInt.asUintN(64, BigInt.asIntN(32, whole));
    if (shape === 3) return BigInt.asUintN(64, ~(whole & 0xffn));
    return whole;
  }
}

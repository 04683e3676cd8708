/** A small seeded generator of random numbers (Marsaglia's xorshift32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
    for (let index = 0; index < 8; index++) this.next();
  }

  private next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** A 64-bit pattern that likes edges: small numbers, powers of two and their neighbours, sign bits. */
  interesting(): bigint {
    const random64 = () => (BigInt(this.next()) << 32n) | BigInt(this.next());
    switch (this.below(7)) {
      case 0:
        return BigInt(this.below(5)) - 2n;
      case 1:
        return BigInt(this.below(64));
      case 2:
        return (1n << BigInt(this.below(64))) + BigInt(this.below(3)) - 1n;
      case 3:
        return -(1n << BigInt(this.below(64))) + BigInt(this.below(3)) - 1n;
      case 4:
        return BigInt(this.below(8192)) - 4096n;
      case 5:
        return BigInt(this.next());
      default:
        return random64();
    }
  }
}

/** What the server does for a call besides answering: the product of two n × n matrices of 64-bit words. */

export class Work {
  private readonly a: StaticArray<u64>;
  private readonly b: StaticArray<u64>;
  private readonly product: StaticArray<u64>;

  /** @param dimension n; 0 for no work */
  constructor(private readonly dimension: u32) {
    const size = dimension * dimension;
    this.a = new StaticArray<u64>(size);
    this.b = new StaticArray<u64>(size);
    this.product = new StaticArray<u64>(size);
    for (let i: u32 = 0; i < size; i++) {
      this.a[i] = i + 1;
      this.b[i] = 2 * i + 3;
    }
  }

  /** Multiplies; returns the last element of the product, which the client checks. */
  run(): u64 {
    const n = this.dimension;
    if (n == 0) return 0;
    for (let row: u32 = 0; row < n; row++) {
      for (let column: u32 = 0; column < n; column++) {
        let sum: u64 = 0;
        for (let k: u32 = 0; k < n; k++)
          sum += unchecked(this.a[row * n + k]) * unchecked(this.b[k * n + column]);
        this.product[row * n + column] = sum;
      }
    }
    return unchecked(this.product[n * n - 1]);
  }
}

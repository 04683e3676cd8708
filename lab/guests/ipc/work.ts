/** What the server does for a call besides answering: the product of two n × n matrices of 64-bit words. */

/** n; 0 for no work. */
let dimension: u32 = 0;
/** Addresses of the factors and of the product, row by row. */
let left: usize = 0;
let right: usize = 0;
let product: usize = 0;

export class Work {
  /** Fills the factors. @param n 0 for no work */
  static prepare(n: u32): void {
    const words = n * n;
    dimension = n;
    left = heap.alloc(words << 3);
    right = heap.alloc(words << 3);
    product = heap.alloc(words << 3);
    for (let i: u32 = 0; i < words; i++) {
      store<u64>(left + (i << 3), i + 1);
      store<u64>(right + (i << 3), 2 * i + 3);
    }
  }

  /** Multiplies; returns the last element of the product, which the client checks. */
  @inline static run(): u64 {
    return dimension == 0 ? 0 : multiply();
  }
}

function multiply(): u64 {
  const n = dimension;
  for (let row: u32 = 0; row < n; row++) {
    for (let column: u32 = 0; column < n; column++) {
      let sum: u64 = 0;
      for (let k: u32 = 0; k < n; k++)
        sum += load<u64>(left + ((row * n + k) << 3)) * load<u64>(right + ((k * n + column) << 3));
      store<u64>(product + ((row * n + column) << 3), sum);
    }
  }
  return load<u64>(product + ((n * n - 1) << 3));
}

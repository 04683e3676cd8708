// Floating-point kernels: sums, matrices, polynomials, bodies, fractals, f32 samples, and calls with numbers as arguments.

/** Fills `count` f64 with numbers between −1 and 1 (xorshift32). */
export function fillFloats(address: u32, count: u32, seed: u32): void {
  let x = seed;
  for (let i: u32 = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    store<f64>(address + (i << 3), <f64>(<i32>x) * (1.0 / 2147483648.0));
  }
}

/** The bits of the sum of products. */
export function dotProduct(a: u32, b: u32, count: u32): u64 {
  let sum: f64 = 0;
  for (let i: u32 = 0; i < count; i++) sum += load<f64>(a + (i << 3)) * load<f64>(b + (i << 3));
  return reinterpret<u64>(sum);
}

/** product = left × right, square matrices of f64. */
export function multiplyFloats(product: u32, left: u32, right: u32, size: u32): void {
  for (let row: u32 = 0; row < size; row++) {
    for (let column: u32 = 0; column < size; column++) {
      let sum: f64 = 0;
      for (let k: u32 = 0; k < size; k++) {
        sum += load<f64>(left + ((row * size + k) << 3)) * load<f64>(right + ((k * size + column) << 3));
      }
      store<f64>(product + ((row * size + column) << 3), sum);
    }
  }
}

/** The sine's Taylor polynomial of degree 11, of each number. */
export function polynomial(results: u32, values: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f64>(values + (i << 3));
    const y = x * x;
    let sum = y * (-1.0 / 39916800.0) + 1.0 / 362880.0;
    sum = sum * y - 1.0 / 5040.0;
    sum = sum * y + 1.0 / 120.0;
    sum = sum * y - 1.0 / 6.0;
    store<f64>(results + (i << 3), (sum * y + 1.0) * x);
  }
}

@unmanaged
class Body {
  x: f64;
  y: f64;
  z: f64;
  vx: f64;
  vy: f64;
  vz: f64;
  mass: f64;
  unused: f64;
}

const BODY_SHIFT: u32 = 6;

function attract(a: Body, b: Body, time: f64): void {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  const dz = a.z - b.z;
  const square = dx * dx + dy * dy + dz * dz + 0.01;
  const pull = time / (square * sqrt<f64>(square));
  a.vx -= dx * b.mass * pull;
  a.vy -= dy * b.mass * pull;
  a.vz -= dz * b.mass * pull;
  b.vx += dx * a.mass * pull;
  b.vy += dy * a.mass * pull;
  b.vz += dz * a.mass * pull;
}

/** Moves bodies (8 numbers each) by their gravity. */
export function moveBodies(bodies: u32, count: u32, steps: u32): void {
  const time: f64 = 0.01;
  for (let step: u32 = 0; step < steps; step++) {
    for (let i: u32 = 0; i < count; i++) {
      for (let j: u32 = i + 1; j < count; j++)
        attract(
          changetype<Body>(bodies + (i << BODY_SHIFT)),
          changetype<Body>(bodies + (j << BODY_SHIFT)),
          time,
        );
    }
    for (let i: u32 = 0; i < count; i++) {
      const body = changetype<Body>(bodies + (i << BODY_SHIFT));
      body.x += time * body.vx;
      body.y += time * body.vy;
      body.z += time * body.vz;
    }
  }
}

/** Iterations of the Mandelbrot set's points on a square grid. */
export function mandelbrot(size: u32, limit: u32): u32 {
  let total: u32 = 0;
  for (let row: u32 = 0; row < size; row++) {
    for (let column: u32 = 0; column < size; column++) {
      const cx = (<f64>column * 3.0) / <f64>size - 2.0;
      const cy = (<f64>row * 2.0) / <f64>size - 1.0;
      let x: f64 = 0;
      let y: f64 = 0;
      let n: u32 = 0;
      while (n < limit) {
        const xx = x * x;
        const yy = y * y;
        if (xx + yy > 4.0) break;
        y = x * y * 2.0 + cy;
        x = xx - yy + cx;
        n++;
      }
      total += n;
    }
  }
  return total;
}

/** f64 samples, smoothed in f32, as 16-bit integers. */
export function samples(results: u32, values: u32, count: u32): void {
  let level: f32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    level += (<f32>load<f64>(values + (i << 3)) - level) * 0.25;
    store<i16>(results + (i << 1), <i32>(level * 32767));
  }
}

function curve(x: f64): f64 {
  return 1.0 / (1.0 + x * x * 25.0);
}

function simpson(low: f64, high: f64, atLow: f64, atMiddle: f64, atHigh: f64): f64 {
  return ((high - low) / 6.0) * (atLow + atMiddle * 4.0 + atHigh);
}

/** Adaptive quadrature: halves an interval until both halves agree with the whole. */
function integrate(low: f64, high: f64, atLow: f64, atMiddle: f64, atHigh: f64, whole: f64, error: f64): f64 {
  const middle = (low + high) * 0.5;
  const atLeft = curve((low + middle) * 0.5);
  const atRight = curve((middle + high) * 0.5);
  const left = simpson(low, middle, atLow, atLeft, atMiddle);
  const right = simpson(middle, high, atMiddle, atRight, atHigh);
  const difference = left + right - whole;
  if (abs<f64>(difference) <= error) return left + right;
  return (
    integrate(low, middle, atLow, atLeft, atMiddle, left, error * 0.5) +
    integrate(middle, high, atMiddle, atRight, atHigh, right, error * 0.5)
  );
}

/** The bits of an integral. @param parts 1 / the error allowed */
export function quadrature(parts: u32): u64 {
  const low: f64 = -1;
  const high: f64 = 1;
  const atLow = curve(low);
  const atMiddle = curve(0);
  const atHigh = curve(high);
  const whole = simpson(low, high, atLow, atMiddle, atHigh);
  return reinterpret<u64>(integrate(low, high, atLow, atMiddle, atHigh, whole, 1.0 / <f64>parts));
}

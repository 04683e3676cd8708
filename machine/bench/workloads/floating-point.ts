// Numeric kernels: a matrix product and bodies that attract each other in doubles, points of the Mandelbrot set in singles.

/** Placed behind the program. */
const ARENA: usize = 0x81000000;
const SIZE = 16;
const MATRIX_A = ARENA;
const MATRIX_B = ARENA + 0x1000;
const MATRIX_C = ARENA + 0x2000;
const BODIES = ARENA + 0x3000;
const BODY_COUNT = 5;
const BODY_SIZE = 56; // position, velocity (three doubles each), mass
const VELOCITY = 24;
const MASS = 48;
const STEP = 0.001;

function element(matrix: usize, row: i32, column: i32): usize {
  return matrix + ((<usize>(row * SIZE + column)) << 3);
}

function fillMatrices(): void {
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      store<f64>(element(MATRIX_A, row, column), <f64>(row - column) * 0.37 + 1.0);
      store<f64>(element(MATRIX_B, row, column), 1.0 / <f64>(row + column + 1));
    }
  }
}

/** C = A · B; returns the sum of C's diagonal. */
function multiplyMatrices(): f64 {
  let trace = 0.0;
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = 0.0;
      for (let k = 0; k < SIZE; k++)
        sum += load<f64>(element(MATRIX_A, row, k)) * load<f64>(element(MATRIX_B, k, column));
      store<f64>(element(MATRIX_C, row, column), sum);
    }
    trace += load<f64>(element(MATRIX_C, row, row));
  }
  return trace;
}

function body(index: i32): usize {
  return BODIES + <usize>(index * BODY_SIZE);
}

function placeBodies(): void {
  for (let i = 0; i < BODY_COUNT; i++) {
    for (let axis = 0; axis < 3; axis++) {
      const at = body(i) + ((<usize>axis) << 3);
      store<f64>(at, <f64>((i * 7 + axis * 3) % 11) - 4.5);
      store<f64>(at, <f64>((i * 5 + axis) % 7) * 0.1 - 0.3, VELOCITY);
    }
    store<f64>(body(i), 1.0 + <f64>i * 0.25, MASS);
  }
}

function attract(first: usize, second: usize): void {
  const x = load<f64>(first) - load<f64>(second);
  const y = load<f64>(first, 8) - load<f64>(second, 8);
  const z = load<f64>(first, 16) - load<f64>(second, 16);
  const square = x * x + y * y + z * z + 0.01;
  const strength = STEP / (square * sqrt<f64>(square));
  const pull = load<f64>(second, MASS) * strength;
  const push = load<f64>(first, MASS) * strength;
  store<f64>(first, load<f64>(first, VELOCITY) - x * pull, VELOCITY);
  store<f64>(first, load<f64>(first, VELOCITY + 8) - y * pull, VELOCITY + 8);
  store<f64>(first, load<f64>(first, VELOCITY + 16) - z * pull, VELOCITY + 16);
  store<f64>(second, load<f64>(second, VELOCITY) + x * push, VELOCITY);
  store<f64>(second, load<f64>(second, VELOCITY + 8) + y * push, VELOCITY + 8);
  store<f64>(second, load<f64>(second, VELOCITY + 16) + z * push, VELOCITY + 16);
}

/** One time step; returns the kinetic energy. */
function moveBodies(): f64 {
  for (let i = 0; i < BODY_COUNT; i++) for (let j = i + 1; j < BODY_COUNT; j++) attract(body(i), body(j));
  let energy = 0.0;
  for (let i = 0; i < BODY_COUNT; i++) {
    for (let axis = 0; axis < 3; axis++) {
      const at = body(i) + ((<usize>axis) << 3);
      const velocity = load<f64>(at, VELOCITY);
      store<f64>(at, load<f64>(at) + velocity * STEP);
      energy += load<f64>(body(i), MASS) * velocity * velocity;
    }
  }
  return energy;
}

/** Points of a row that stay bounded for 40 steps. */
function mandelbrotRow(y: f32): i32 {
  let inside = 0;
  for (let column = 0; column < 32; column++) {
    const x: f32 = <f32>column * 0.09 - 2.1;
    let real: f32 = 0;
    let imaginary: f32 = 0;
    let steps = 0;
    while (steps < 40) {
      const square = real * real - imaginary * imaginary + x;
      imaginary = 2 * real * imaginary + y;
      real = square;
      if (real * real + imaginary * imaginary > 4) break;
      steps++;
    }
    if (steps === 40) inside++;
  }
  return inside;
}

export function run(rounds: i32): u32 {
  fillMatrices();
  placeBodies();
  let sum = 0.0;
  let inside = 0;
  for (let round = 0; round < rounds; round++) {
    sum += multiplyMatrices();
    for (let step = 0; step < 8; step++) sum += moveBodies();
    inside += mandelbrotRow(<f32>(round & 15) * 0.1 - 0.8);
  }
  const bits = reinterpret<u64>(sum);
  return <u32>bits ^ <u32>(bits >> 32) ^ <u32>inside;
}

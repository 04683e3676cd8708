/** Computes with floating point for a while, on each of its coroutines, and says whether everything came out right. */
import { Coroutine, Process } from "rel4";

let wrong: u32 = 0;

/** Many numbers at once, so that they fill the registers; yields in the middle. */
function compute(seed: u32): void {
  const x: f64 = 1 + <f64>seed / 8;
  let a = x;
  let b: f32 = <f32>x;
  for (let i = 0; i < 200; i++) {
    const c = Math.sqrt(a * a + 1);
    const d = <f64>b * 0.5;
    if (i % 16 == 0) Coroutine.yield();
    a = c - d / c + d / c;
    b = <f32>(<f64>b + d / <f64>b - 0.5);
  }
  // a² grows by 1 a round, b stays
  if (Math.abs(a * a - x * x - 200) > 1e-9 || Math.abs(<f64>b - x) > 1e-4) wrong++;
}

export function main(): i32 {
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < 6; i++) all.push(Coroutine.spawnWith(compute, i, "compute"));
  for (let i = 0; i < 6; i++) all[i].join();
  const random = Math.random();
  if (!(random >= 0 && random < 1) || random == Math.random()) wrong++;
  console.log(`${Process.name}: ${wrong} wrong, ${Math.sin(1)} ${<f32>0.1} ${1.0 / 3} ${NaN} ${-Infinity}`);
  return wrong;
}

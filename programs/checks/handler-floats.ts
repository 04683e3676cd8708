/** Computes with floating point, interrupted by a handler that does so too, and answers whether both came out right. */
import { Arrivals, AsyncChannel, UserInterrupts } from "rel4";
import { csrRead, csrWrite, load32, store32 } from "rv";

const FFLAGS: u32 = 1;
const DIVIDED_BY_ZERO: u64 = 8;

const interrupts: u32 = <u32>memory.data(4, 4);
let sum: f64 = 0;

/** Leaves flags and values of its own everywhere. */
function addUp(pending: u64): u64 {
  const count = load32(interrupts) + 1;
  store32(interrupts, count);
  sum += Math.sqrt(<f64>(<u64>count * count)) / 3;
  Arrivals.add(pending);
  return 0;
}

export function main(): i32 {
  const channel = AsyncChannel.with("storm");
  if (!UserInterrupts.enable(addUp)) return 1;
  channel.wait();
  let rounds: u32 = 0;
  while (load32(channel.data) == 0) {
    csrWrite(FFLAGS, DIVIDED_BY_ZERO);
    let a: f64 = 1;
    let b: f32 = 1;
    // exact, so that no flag changes
    for (let i = 0; i < 20; i++) {
      a = a * 2 + 1;
      b = b + <f32>i;
    }
    if (csrRead(FFLAGS) != DIVIDED_BY_ZERO) return 2;
    if (a != 2097151 || b != 191) return 3;
    rounds++;
  }
  const count = <f64>load32(interrupts);
  const expected = (count * (count + 1)) / 6;
  if (Math.abs(sum - expected) > expected * 1e-9) return 4;
  console.log(`handler-floats: counted ${load32(interrupts) > 100 ? "many" : "too few"} interrupts`);
  return 0;
}

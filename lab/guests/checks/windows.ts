/**
 * Windows of known size: an empty one, one around a loop that the program also counts itself, one with as many system
 * calls as it says, and two around the same work of one and of two portions.
 */
import { Counters, Features } from "rel4";
import { ecall, rdinstret } from "rv";
import { SYS_GET_FEATURES } from "../../../abi/src/syscalls";
import { Window } from "../marks";

const PORTION: u32 = 5000;
const SYSTEM_CALLS: u32 = 10;

function spin(portions: u32): u32 {
  let x: u32 = 1;
  for (let i: u32 = 0; i < portions * PORTION; i++) x = x * 1664525 + 1013904223;
  return x;
}

export function main(): void {
  Window.open(0);
  Window.close(1);

  Window.open(1);
  const instructions = rdinstret();
  const cycles = Counters.cycles();
  const first = spin(1);
  const cyclesSpent = Counters.cycles() - cycles;
  const retired = rdinstret() - instructions;
  Window.close(1);

  Window.open(2);
  for (let i: u32 = 0; i < SYSTEM_CALLS; i++) ecall(0, 0, 0, 0, 0, 0, 0, SYS_GET_FEATURES);
  Window.close(SYSTEM_CALLS);

  Window.open(3);
  const second = spin(1);
  Window.close(1);
  Window.open(4);
  const third = spin(2);
  Window.close(2);

  console.log(`${retired.toString()} ${cyclesSpent.toString()}`);
  assert(first == second && second != third && Features.hartsRunning > 0);
}

/** Turns at random (turn-order.ts) of coroutines that sometimes hold managed values while others run. */
import { Coroutine, Process } from "rel4";
import { checkTurns } from "./turn-order";

function yieldHolding(number: u32): void {
  const text = number.toString();
  const list: string[] = [text];
  Coroutine.yield();
  if (list[0] != number.toString()) throw new Error("a string was lost");
}

export function main(): void {
  checkTurns(U32.parseInt(Process.arguments[0]), yieldHolding);
}

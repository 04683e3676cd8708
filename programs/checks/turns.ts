/** Turns at random (turn-order.ts) of coroutines that hold no managed values while others run. */
import { Coroutine, Process } from "rel4";
import { checkTurns } from "./turn-order";

function justYield(_number: u32): void {
  Coroutine.yield();
}

export function main(): void {
  checkTurns(U32.parseInt(Process.arguments[0]), justYield);
}

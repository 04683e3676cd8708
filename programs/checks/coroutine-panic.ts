/** A coroutine with a name fails. */
import { Coroutine } from "rel4";

function fail(number: u32): void {
  Coroutine.yield();
  throw new Error(`number ${number.toString()} gives up`);
}

export function main(): void {
  Coroutine.spawnWith(fail, 7, "seventh").join();
}

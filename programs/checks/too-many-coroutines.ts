/** Spawns one coroutine more than the program was given. */
import { Coroutine } from "rel4";

function wait(): void {
  Coroutine.sleep(1000);
}

export function main(): void {
  for (;;) Coroutine.spawn(wait, "one more");
}

/** A ring of coroutines of one program that yield to each other. */
import { Coroutine } from "rel4";
import { Rounds } from "./rounds";
import { WorkingSet } from "./working-set";

let isOver: bool = false;

/** What an entity does with the token. */
class Token {
  @inline static use(array: u32): void {
    WorkingSet.use(array);
    Coroutine.yield();
  }
}

function first(array: u32): void {
  for (let i: u32 = 0; i < Rounds.warmUp; i++) Token.use(array);
  Rounds.open();
  for (let i: u32 = 0; i < Rounds.count; i++) Token.use(array);
  Rounds.close(array);
  isOver = true;
}

function other(array: u32): void {
  while (!isOver) Token.use(array);
}

export function main(): void {
  WorkingSet.begin();
  Rounds.begin();
  const last = Coroutine.spawnWith(first, WorkingSet.make(), "first");
  for (let i: u32 = 1; i < Rounds.entities; i++) Coroutine.spawnWith(other, WorkingSet.make(), "other");
  last.join();
}

/** A process of a ring of processes of one priority that yield to each other. Who is first counts the rounds. */
import { yieldHart } from "rel4";
import { numberArgument } from "../arguments";
import { Rounds } from "./rounds";
import { WorkingSet } from "./working-set";

/** What an entity does with the token. */
class Token {
  @inline static use(array: u32): void {
    WorkingSet.use(array);
    yieldHart();
  }
}

export function main(): void {
  WorkingSet.begin();
  Rounds.begin();
  const array = WorkingSet.make();
  const rounds = Rounds.count;
  if (numberArgument("index") != 0) for (;;) Token.use(array);
  for (let i: u32 = 0; i < Rounds.warmUp; i++) Token.use(array);
  Rounds.open();
  for (let i: u32 = 0; i < rounds; i++) Token.use(array);
  Rounds.close(array);
}

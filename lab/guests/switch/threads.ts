/** A ring of threads of one program that yield to each other. */
import { yieldHart } from "rel4";
import { SlotAllocator } from "rel4/slots";
import { Thread } from "rel4/thread";
import { Rounds } from "./rounds";
import { WorkingSet } from "./working-set";

const STACK_BYTES: u32 = 4096;

/** What an entity does with the token. */
class Token {
  @inline static use(array: u32): void {
    WorkingSet.use(array);
    yieldHart();
  }
}

function other(array: u32): void {
  for (;;) Token.use(array);
}

export function main(): void {
  WorkingSet.begin();
  Rounds.begin();
  const slots = SlotAllocator.own();
  for (let i: u32 = 1; i < Rounds.entities; i++) Thread.start(other, WorkingSet.make(), STACK_BYTES, slots);
  const array = WorkingSet.make();
  const rounds = Rounds.count;
  for (let i: u32 = 0; i < Rounds.warmUp; i++) Token.use(array);
  Rounds.open();
  for (let i: u32 = 0; i < rounds; i++) Token.use(array);
  Rounds.close(array);
}

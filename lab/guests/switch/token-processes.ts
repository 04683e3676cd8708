/**
 * A process of a ring of processes that pass a token by notifications: each waits for its own and signals the next one's,
 * in two system calls or (combined=1) in one.
 */
import { Signals, SignalTo } from "rel4";
import { signalAndWait } from "rel4/system-calls";
import { SLOT_NOTIFICATION } from "../../../abi/src/program-layout";
import { numberArgument } from "../arguments";
import { Rounds } from "./rounds";
import { WorkingSet } from "./working-set";

/** With the token: works, passes it on, and waits until it comes round. */
class Token {
  @inline static use(array: u32, next: SignalTo, combined: bool): void {
    WorkingSet.use(array);
    if (combined) {
      signalAndWait(changetype<u32>(next), SLOT_NOTIFICATION);
    } else {
      next.signal();
      Signals.wait();
    }
  }
}

export function main(): void {
  WorkingSet.begin();
  Rounds.begin();
  const array = WorkingSet.make();
  const index = numberArgument("index");
  const next = SignalTo.named(`p${((index + 1) % Rounds.entities).toString()}`);
  const combined = numberArgument("combined") != 0;
  if (index == 0) count(array, next, combined);
  else follow(array, next, combined);
}

function count(array: u32, next: SignalTo, combined: bool): void {
  for (let i: u32 = 0; i < Rounds.warmUp; i++) Token.use(array, next, combined);
  Rounds.open();
  for (let i: u32 = 0; i < Rounds.count; i++) Token.use(array, next, combined);
  Rounds.close(array);
}

function follow(array: u32, next: SignalTo, combined: bool): void {
  Signals.wait();
  for (;;) Token.use(array, next, combined);
}

/** Keeps concurrency=… calls in flight over a ring to the receiver, operations=… in all. */
import { AsyncClient, CallChoice, Coroutine } from "rel4";
import { numberArgument } from "../arguments";
import { PROGRAM_SENDER } from "./stage-protocol";
import { Stages } from "./stages";

let left: u32 = 0;

function callRepeatedly(caller: u32): void {
  const server = AsyncClient.to("receiver");
  for (let word = <u64>caller; left != 0; word++) {
    left--;
    const response = server.call(0, word, 1, 2, 3);
    if (response.word0 != word + 1) unreachable();
  }
}

export function main(): void {
  Stages.announce(PROGRAM_SENDER);
  CallChoice.disable();
  const concurrency = numberArgument("concurrency");
  left = numberArgument("operations");
  const callers = new StaticArray<Coroutine>(concurrency);
  for (let i: u32 = 0; i < concurrency; i++) callers[i] = Coroutine.spawnWith(callRepeatedly, i, "caller");
  for (let i: u32 = 0; i < concurrency; i++) callers[i].join();
}

/** Calls the receiver over a ring, one call at a time; an operation is a call and its response. */
import { AsyncClient, CallChoice } from "rel4";
import { Rounds } from "./sending";
import { Stages } from "./stages";

export function main(): void {
  CallChoice.disable();
  const server = AsyncClient.to("receiver");
  const rounds = new Rounds();
  for (let word: u64 = 0; rounds.next(); word++) {
    Stages.begin();
    const response = server.call(0, word, 1, 2, 3);
    Stages.end();
    if (response.word0 != word + 1) unreachable();
  }
}

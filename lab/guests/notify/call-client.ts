/** Calls the receiver over its endpoint; an operation is a call and its answer. */
import { Message, Server } from "rel4";
import { Rounds } from "./sending";
import { Stages } from "./stages";

export function main(): void {
  const server = Server.named("receiver");
  const rounds = new Rounds();
  for (let word: u64 = 0; rounds.next(); word++) {
    Stages.begin();
    server.call(0, 4, word, 1, 2, 3);
    Stages.end();
    if (Message.word0 != word + 1) throw new Error("wrong answer");
  }
}

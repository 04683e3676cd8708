/** Calls the server over an endpoint, one call at a time, and checks each answer. */
import { Message, Server } from "rel4";
import { numberArgument } from "../arguments";
import { Schedule } from "../schedule";
import { Answer, Request, refuse } from "./request";
import { Work } from "./work";

export function main(): void {
  const server = Server.named("server");
  Work.prepare(numberArgument("work"));
  const work = Work.run();
  Schedule.begin();
  let i: u64 = 0;
  do {
    i++;
    server.call(0, 4, i, Request.word1(i), Request.word2(i), Request.word3(i));
    if (!Answer.isRight(i, Message.word0, Message.word1, Message.word2, Message.word3, work)) refuse(i);
  } while (Schedule.goesOn());
}

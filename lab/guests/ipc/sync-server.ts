/** Answers calls over its endpoint. */
import { Message, Service } from "rel4";
import { numberArgument } from "../arguments";
import { Answer } from "./request";
import { Work } from "./work";

export function main(): void {
  Work.prepare(numberArgument("work"));
  Service.receive();
  for (;;) {
    Service.replyAndReceive(
      0,
      4,
      Answer.word0(Message.word0),
      Answer.word1(Message.word1),
      Answer.word2(Message.word2),
      Answer.word3(Message.word3, Work.run()),
    );
  }
}

/** Answers calls over its endpoint. */
import { Message, Service } from "rel4";
import { numberArgument } from "../arguments";
import { Answer } from "./request";
import { Work } from "./work";

class Calls {
  /** Answers the call in `Message`, and waits for the next. @param work result of the server's work */
  @inline static answer(work: u64): void {
    Service.replyAndReceive(
      0,
      4,
      Answer.word0(Message.word0),
      Answer.word1(Message.word1),
      Answer.word2(Message.word2),
      Answer.word3(Message.word3, work),
    );
  }
}

export function main(): void {
  const work = numberArgument("work");
  Work.prepare(work);
  Service.receive();
  if (work == 0) for (;;) Calls.answer(0);
  for (;;) Calls.answer(Work.run());
}

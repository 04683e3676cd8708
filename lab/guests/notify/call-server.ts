/** Answers calls over its endpoint; marks when a call has arrived, and when it begins to answer. */
import { Message, Service } from "rel4";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  Service.receive();
  for (;;) {
    Stages.end();
    const word0 = Message.word0 + 1;
    Stages.begin();
    Service.replyAndReceive(0, 4, word0, Message.word1, Message.word2, Message.word3);
  }
}

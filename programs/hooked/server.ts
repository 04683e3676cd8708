/** Answers its clients one after the other, as any server written with seL4's calls does. */
import { IpcBuffer, Message, MessageText, Service } from "rel4";
import { DONE, LENGTH, SQUARE, SUM } from "./protocol";

export function main(): void {
  let answered: u64 = 0;
  let badge = Service.receive();
  for (;;) {
    answered++;
    if (Message.label == SQUARE) {
      badge = Service.replyAndReceive(DONE, 2, Message.word0 * Message.word0, answered);
    } else if (Message.label == SUM) {
      const sum = Message.word0 + Message.word1 + Message.word2 + Message.word3;
      badge = Service.replyAndReceive(DONE, 1, sum + IpcBuffer.word(4) + IpcBuffer.word(5));
    } else if (Message.label == LENGTH) {
      const text = MessageText.read();
      badge = Service.replyAndReceive(DONE, 1, <u64>text.length);
    } else {
      console.log(`server: ${Service.client(badge)} asks for something unknown`);
      badge = Service.replyAndReceive(Message.label);
    }
  }
}

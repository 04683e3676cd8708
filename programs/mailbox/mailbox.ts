/** Keeps letters for the reader, and tells it when there is one. */
import { Message, MessageText, Service, SignalTo } from "rel4";
import { DONE, EMPTY, FETCH, FULL, POST } from "./protocol";

const letters: string[] = [];

export function main(): void {
  const reader = SignalTo.named("reader");
  let badge = Service.receive();
  for (;;) {
    if (Message.label == POST) {
      letters.push(MessageText.read());
      console.log(`mailbox: a letter from ${Service.client(badge)}`);
      reader.signal();
      badge = Service.replyAndReceive(DONE);
    } else if (Message.label == FETCH && letters.length > 0) {
      const bytes = MessageText.write(letters.shift());
      badge = Service.replyAndReceive(FULL, MessageText.registers(bytes), bytes);
    } else {
      badge = Service.replyAndReceive(EMPTY);
    }
  }
}

/** Sleeps until there is mail, reads it, and confirms every letter to the writer. */
import { AsyncChannel, Message, MessageText, Server, Signals } from "rel4";
import { store32 } from "rv";
import { FETCH, FULL } from "./protocol";

/** Letters this reader expects before it goes home. */
const EXPECTED = 3;

export function main(): void {
  const mailbox = Server.named("mailbox");
  const receipts = AsyncChannel.with("writer");
  let read = 0;
  while (read < EXPECTED) {
    Signals.wait();
    for (;;) {
      mailbox.call(FETCH);
      if (Message.label != FULL) break;
      console.log(`reader: "${MessageText.read()}"`);
      read++;
      store32(receipts.data, read);
      receipts.notify();
    }
  }
}

/** Posts a letter to each name it is given, then waits until the reader has confirmed them all. */
import { AsyncChannel, MessageText, Process, Server } from "rel4";
import { load32 } from "rv";
import { POST } from "./protocol";

export function main(): void {
  const mailbox = Server.named("mailbox");
  const receipts = AsyncChannel.with("reader");
  const names = Process.arguments;
  for (let i = 0; i < names.length; i++) {
    const bytes = MessageText.write(`Dear ${names[i]}`);
    mailbox.call(POST, MessageText.registers(bytes), bytes);
  }
  // the reader counts in the shared page and notifies
  while (<i32>load32(receipts.data) < names.length) receipts.wait();
  console.log(`writer: all ${names.length.toString()} letters were read`);
}

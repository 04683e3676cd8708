/** Like adder.ts, but written against synchronous calls: three coroutines receive; label 2 is answered after others have run. */
import { Coroutine, Message, Service } from "rel4";

function receive(): void {
  Service.receive();
  for (;;) {
    const sum = Message.word0 + Message.word1;
    if (Message.label == 2) Coroutine.yield();
    Service.replyAndReceive(0, 1, sum);
  }
}

export function main(): void {
  Coroutine.spawn(receive, "receiver");
  Coroutine.spawn(receive, "receiver");
  receive();
}

/** Like sums.ts, but written against synchronous calls: coroutines ask the program they are told for sums. */
import { Coroutine, Message, Process, Server } from "rel4";

let server: Server = changetype<Server>(0);
let calls: u32 = 0;
let right: u32 = 0;

function ask(number: u32): void {
  for (let i: u32 = 0; i < calls; i++) {
    server.call(1 + (i & 1), 2, number, i);
    if (Message.label == 0 && Message.word0 == <u64>number + i) right++;
  }
}

export function main(): void {
  server = Server.named(Process.arguments[0]);
  const coroutines = U32.parseInt(Process.arguments[1]);
  calls = U32.parseInt(Process.arguments[2]);
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < coroutines; i++) all.push(Coroutine.spawnWith(ask, i, "asker"));
  for (let i = 0; i < all.length; i++) all[i].join();
  console.log(`sums: ${right.toString()} of ${(coroutines * calls).toString()} are right`);
}

/** Has as many coroutines as it is told ask a program for sums, as often as it is told, and prints how many were right. */
import { AsyncClient, Coroutine, Process } from "rel4";

let server: AsyncClient = changetype<AsyncClient>(0);
let calls: u32 = 0;
let right: u32 = 0;

function ask(number: u32): void {
  for (let i: u32 = 0; i < calls; i++) {
    const response = server.call(1 + (i & 1), number, i);
    if (response.code == 0 && response.word0 == number + i) right++;
  }
}

export function main(): void {
  server = AsyncClient.to(Process.arguments[0]);
  const coroutines = U32.parseInt(Process.arguments[1]);
  calls = U32.parseInt(Process.arguments[2]);
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < coroutines; i++) all.push(Coroutine.spawnWith(ask, i, "asker"));
  for (let i = 0; i < all.length; i++) all[i].join();
  console.log(`sums: ${right.toString()} of ${(coroutines * calls).toString()} are right`);
}

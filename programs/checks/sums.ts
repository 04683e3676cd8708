/** Has many coroutines ask the program it is told for sums, and prints how many answers were right. */
import { AsyncClient, Coroutine, Process } from "rel4";

const COROUTINES: u32 = 40;
const CALLS: u32 = 25;

let server: AsyncClient = changetype<AsyncClient>(0);
let right: u32 = 0;

function ask(number: u32): void {
  for (let i: u32 = 0; i < CALLS; i++) {
    const response = server.call(1 + (i & 1), number, i);
    if (response.code == 0 && response.word0 == number + i) right++;
  }
}

export function main(): void {
  server = AsyncClient.to(Process.arguments[0]);
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < COROUTINES; i++) all.push(Coroutine.spawnWith(ask, i, "asker"));
  for (let i = 0; i < all.length; i++) all[i].join();
  console.log(`sums: ${right.toString()} of ${(COROUTINES * CALLS).toString()} are right`);
}

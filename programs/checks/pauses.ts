/**
 * Calls an async service as often as it is told, and keeps its hart busy before each call: every other time for the longest pause
 * it is told, else for one that grows from the shortest to the longest. So calls meet a server on another hart at every point
 * of its way to sleep, though it learns how long to look for calls before it sleeps.
 */
import { AsyncClient, Coroutine, Counters, Process } from "rel4";

let server: AsyncClient = changetype<AsyncClient>(0);
let right: u32 = 0;

function ask(calls: u32): void {
  const shortest = U64.parseInt(Process.arguments[2]);
  const longest = U64.parseInt(Process.arguments[3]);
  for (let i: u32 = 0; i < calls; i++) {
    const pause = (i & 1) != 0 ? longest : shortest + ((longest - shortest) * i) / calls;
    const end = Counters.cycles() + pause;
    while (Counters.cycles() < end) {}
    const response = server.call(1, i, 1);
    if (response.code == 0 && response.word0 == i + 1) right++;
  }
}

export function main(): void {
  server = AsyncClient.to(Process.arguments[0]);
  const calls = U32.parseInt(Process.arguments[1]);
  Coroutine.spawnWith(ask, calls, "asker").join();
  console.log(`pauses: ${right.toString()} of ${calls.toString()} are right`);
}

/**
 * Calls a server that takes its time, with and without a limit: a call that is given up does not get the response that comes
 * later, nor does the coroutine's next call.
 */
import { AsyncClient, CALL_TIMED_OUT, Coroutine } from "rel4";

/** Ticks of `time`. */
const SHORT: u64 = 1_000;
const LONG: u64 = 1_000_000;

let server: AsyncClient = changetype<AsyncClient>(0);
let timedOut: u32 = 0;
let right: u32 = 0;

function callTwice(number: u32): void {
  // label 2 answers after as many ticks as word 1 says
  const late = server.callWithin(SHORT, 2, number, 4 * SHORT);
  if (late.code == CALL_TIMED_OUT) timedOut++;
  const next = server.call(2, 1000 + number, 2 * SHORT);
  if (next.code == 0 && next.word0 == 1000 + number) right++;
  const soon = server.callWithin(LONG, 1, 2000 + number);
  if (soon.code == 0 && soon.word0 == 2000 + number) right++;
}

export function main(): void {
  server = AsyncClient.to("slow-echo");
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < 10; i++) all.push(Coroutine.spawnWith(callTwice, i, "caller"));
  for (let i = 0; i < all.length; i++) all[i].join();
  console.log(`timeouts: ${timedOut.toString()} given up, ${right.toString()} right`);
}

/**
 * Ends programs at random moments, and now and then has everybody pause to look whether the kernel has lost or kept anything.
 */
import { AsyncChannel, AsyncClient, Coroutine, Process, peerIsRunning } from "rel4";
import { KernelCounts } from "rel4/kernel-counts";
import { load32, rdtime, store32 } from "rv";
import { COUNT_COROUTINES, numberArgument, ORDER_AT, PAGES, PAUSE, RESTING_AT, RUN, STOP } from "./protocol";
import { Random } from "./random";

/** Ticks of `time`: 10,000 are a millisecond. */
const LONGEST_PEACE: u32 = 200_000;
const LOOK: u64 = 2_000;
/** Ends of programs between two pauses. */
const ROUND: u32 = 6;

const MORTAL: string[] = ["near", "far", "victim", "pages"];
/** Who takes orders: two that live as long as the soak, and two that do not. */
const ORDERED: string[] = ["steady", "other", "victim", "pages"];

let coroutines: u32 = 0;

/** How many of the kernel's counts must stay the same, and the limits of the others: programs, programs, ends of channels. */
const EXACT = 5;
const MOST: u64[] = [7, 7, 28];

/**
 * In words: what has become more or less; "" when nothing has. Programs get receiver entries, sender tables and entries in them
 * only when they need them, so these may differ, but never exceed what the programs that live now can have.
 */
function leaked(before: u64[], after: u64[]): string {
  let changes = "";
  for (let i = 0; i < before.length; i++) {
    if (i < EXACT ? before[i] != after[i] : after[i] > MOST[i - EXACT])
      changes += `${KernelCounts.nameOf(i)} ${before[i].toString()} → ${after[i].toString()}, `;
  }
  return changes;
}

function order(what: u32): void {
  for (let i = 0; i < ORDERED.length; i++) store32(AsyncChannel.with(ORDERED[i]).data + ORDER_AT, what);
}

/** Everybody rests, and the servers have no request left. */
function pause(): void {
  order(PAUSE);
  for (let i = 0; i < ORDERED.length; i++) {
    const page = AsyncChannel.with(ORDERED[i]).data;
    const all = ORDERED[i] == "pages" ? PAGES : coroutines;
    while (load32(page + RESTING_AT) != all) Coroutine.sleep(LOOK);
  }
  for (let i = 0; i < 2; i++) {
    const server = AsyncClient.to(MORTAL[i]);
    let response = server.call(COUNT_COROUTINES);
    while (response.code != 0 || response.word0 != 0) {
      Coroutine.sleep(LOOK);
      response = server.call(COUNT_COROUTINES);
    }
  }
}

export function main(): void {
  coroutines = numberArgument("coroutines");
  const random = new Random(numberArgument("seed"));
  const deadline = rdtime() + <u64>numberArgument("milliseconds") * 10_000;
  const first: u64[] = [];
  let ends: u32 = 0;
  let pauses: u32 = 0;
  while (rdtime() < deadline || pauses < 3) {
    for (let i: u32 = 0; i < ROUND; i++) {
      Coroutine.sleep(random.below(LONGEST_PEACE));
      const name = MORTAL[random.below(MORTAL.length)];
      if (ORDERED.includes(name)) store32(AsyncChannel.with(name).data + RESTING_AT, 0);
      if (!Process.endPeer(name)) throw new Error(`${name} cannot be ended`);
      ends++;
    }
    pause();
    pauses++;
    const counts = KernelCounts.read();
    if (first.length == 0) for (let i = 0; i < counts.length; i++) first.push(counts[i]);
    const leak = leaked(first, counts);
    if (leak != "") throw new Error(`after ${ends.toString()} ends: ${leak}`);
    order(RUN);
  }
  order(STOP);
  for (let i = 0; i < 2; i++) while (peerIsRunning(ORDERED[i])) Coroutine.sleep(LOOK);
  console.log(
    `chaos: ${ends.toString()} programs ended and started again; ${pauses.toString()} times nothing had leaked`,
  );
}

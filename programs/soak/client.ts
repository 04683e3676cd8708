/**
 * Many coroutines of random priorities call the two servers in random ways, more at a time than a ring has room for. Every call
 * must be answered rightly or fail with an error; a client that is told to stop says how many did which.
 */
import {
  AsyncChannel,
  AsyncClient,
  CALL_TIMED_OUT,
  Coroutine,
  PEER_HAS_ENDED,
  Process,
  Response,
} from "rel4";
import { CoroutineTable } from "rel4/async/coroutine-table";
import { load32, store32 } from "rv";
import {
  ADD,
  ADD_ELSEWHERE,
  ADD_LATER,
  numberArgument,
  ORDER_AT,
  REST,
  RESTING_AT,
  RUN,
  STOP,
} from "./protocol";
import { Random } from "./random";

/** Ticks of `time`. */
const LONGEST_DELAY: u32 = 2_000;

let near: AsyncClient = changetype<AsyncClient>(0);
let far: AsyncClient = changetype<AsyncClient>(0);
let orders: usize = 0;
let seed: u32 = 0;
let resting: u32 = 0;

let made: u64 = 0;
let right: u64 = 0;
let gone: u64 = 0;
let timedOut: u64 = 0;
/** The server was there, but the one it asked was not. */
let refused: u64 = 0;

function judge(response: Response, sum: u64): bool {
  made++;
  const code = response.code;
  if (code == 0) {
    if (response.word0 != sum) throw new Error(`${response.word0.toString()} instead of ${sum.toString()}`);
    right++;
    return true;
  }
  if (code == PEER_HAS_ENDED) gone++;
  else if (code == CALL_TIMED_OUT) timedOut++;
  else if ((code & 0x100) != 0) refused++;
  else throw new Error(`code 0x${code.toString(16)}`);
  return false;
}

function callOnce(random: Random): void {
  const server = random.below(2) == 0 ? near : far;
  const left = random.below(1000);
  const term = random.below(1000);
  const way = random.below(20);
  let ok: bool = true;
  if (way < 14) ok = judge(server.call(ADD, left, term), left + term);
  else if (way < 16) ok = judge(server.call(ADD_LATER, left, term, random.below(LONGEST_DELAY)), left + term);
  else if (way < 17)
    ok = judge(
      server.callWithin(random.below(LONGEST_DELAY), ADD_LATER, left, term, random.below(LONGEST_DELAY)),
      left + term,
    );
  else if (way < 18) ok = judge(server.call(ADD_ELSEWHERE, left, term), left + term);
  else if (way < 19) Coroutine.yield();
  else Coroutine.sleep(random.below(LONGEST_DELAY));
  // a server that is not there fails calls at once: let others run
  if (!ok) Coroutine.sleep(REST);
}

function rest(): void {
  resting++;
  store32(orders + RESTING_AT, resting);
  while (load32(orders + ORDER_AT) != RUN && load32(orders + ORDER_AT) != STOP) Coroutine.sleep(REST);
  resting--;
  store32(orders + RESTING_AT, resting);
}

function call(number: u32): void {
  const random = new Random(seed + number);
  for (;;) {
    const order = load32(orders + ORDER_AT);
    if (order == STOP) return;
    if (order == RUN) callOnce(random);
    else rest();
  }
}

export function main(): void {
  seed = numberArgument("seed") + Process.generation * 1000;
  const coroutines = numberArgument("coroutines");
  near = AsyncClient.to("near");
  far = AsyncClient.to("far");
  orders = AsyncChannel.with("chaos").data;
  store32(orders + RESTING_AT, 0);
  const random = new Random(seed);
  const all: Coroutine[] = [];
  for (let i: u32 = 1; i <= coroutines; i++)
    all.push(Coroutine.spawnWith(call, i, "caller", random.below(8)));
  for (let i = 0; i < all.length; i++) all[i].join();
  if (CoroutineTable.count != 0) throw new Error(`${CoroutineTable.count.toString()} coroutines are left`);
  if (made != right + gone + timedOut + refused) throw new Error("calls were lost");
  console.log(
    `${Process.name}: ${made.toString()} calls: ${right.toString()} right, ${gone.toString()} failed with their server, ` +
      `${refused.toString()} with another's, ${timedOut.toString()} timed out`,
  );
}

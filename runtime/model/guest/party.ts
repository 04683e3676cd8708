/**
 * A program for tests of the real ring code in Node: its coroutines are played by the test (code/program.ts), which calls
 * these functions wherever a coroutine would.
 */
import { AsyncClient } from "../../src/async/async-client";
import { AsyncService } from "../../src/async/async-service";
import { Coroutine, OUTCOME_TIMED_OUT } from "../../src/async/coroutine";
import { executorLoop } from "../../src/async/executor";
import { Request } from "../../src/async/request";
import { Response } from "../../src/async/response";
import { Timers } from "../../src/async/timers";
import { Turns } from "../../src/async/turns";

/** Labels the service knows; both give the same answers, the second from a coroutine of its own. */
const ANSWER: u32 = 1;
const ANSWER_LATER: u32 = 2;
/** Label that is refused with the first word as code. */
const REFUSE: u32 = 3;

let handled: u32 = 0;

function answer(request: Request, _label: u32, word0: u64, word1: u64, word2: u64, word3: u64): void {
  handled += 1;
  request.reply(word0 + 1, word1 ^ word0, ~word2, word3 - word1);
}

function refuse(request: Request, _label: u32, word0: u64, _word1: u64, _word2: u64, _word3: u64): void {
  handled += 1;
  request.fail(<u32>word0);
}

/** How many requests the service's own handlers have handled. */
export function handledRequests(): u32 {
  return handled;
}

export function startService(): void {
  AsyncService.handle(ANSWER, answer);
  AsyncService.handleBlocking(ANSWER_LATER, answer);
  AsyncService.handle(REFUSE, refuse);
  AsyncService.start();
}

/** The client's end of the channel to server number `number`. */
export function openClient(number: u32): u32 {
  return changetype<u32>(AsyncClient.to(`server ${number.toString()}`));
}

function played(_argument: u32): void {}

/** Makes a coroutine that the test plays; returns its record. */
export function spawnPlayed(priority: u32): u32 {
  return changetype<u32>(Coroutine.spawnWith(played, 0, "played", priority));
}

/** Function index of what `spawnPlayed` runs. */
export function playedIndex(): u32 {
  return (<(argument: u32) => void>played).index;
}

/** The running coroutine calls. What is returned when it is continued is in its record. */
export function callServer(client: u32, label: u32, word0: u64, word1: u64, word2: u64, word3: u64): u32 {
  return changetype<u32>(changetype<AsyncClient>(client).call(label, word0, word1, word2, word3));
}

/** The running coroutine calls, and gives up after `ticks`; whoever continues it must call `endTimer`. */
export function callServerWithin(
  ticks: u64,
  client: u32,
  label: u32,
  word0: u64,
  word1: u64,
  word2: u64,
  word3: u64,
): u32 {
  return changetype<u32>(
    changetype<AsyncClient>(client).callWithin(ticks, label, word0, word1, word2, word3),
  );
}

/** What `callWithin` does when a coroutine goes on. */
export function endTimer(coroutine: u32): void {
  Timers.take(changetype<Coroutine>(coroutine));
}

/** Why a coroutine goes on that waited for room in a ring. */
export function hasTimedOut(coroutine: u32): bool {
  return changetype<Coroutine>(coroutine).outcome == OUTCOME_TIMED_OUT;
}

/** Lets the running coroutine wait for ever. */
export function suspend(): void {
  Turns.suspend();
}

export function yieldTurn(): void {
  Turns.yield();
}

export function runExecutor(): void {
  executorLoop();
}

export function executor(): u32 {
  return changetype<u32>(Turns.executor);
}

export function current(): u32 {
  return changetype<u32>(Turns.current);
}

/** What the coroutine waits for: the end of a channel, or 0. */
export function waitsFor(coroutine: u32): u32 {
  return changetype<Coroutine>(coroutine).waiting;
}

export function idOf(coroutine: u32): u32 {
  return changetype<Coroutine>(coroutine).id;
}

/** Where the response to the call of a continued coroutine is. */
export function responseOf(coroutine: u32): u32 {
  return changetype<Coroutine>(coroutine).response;
}

export function codeOf(response: u32): u32 {
  return changetype<Response>(response).code;
}

export function wordOf(response: u32, index: u32): u64 {
  return changetype<Response>(response).word(index);
}

/** A server whose handlers do what handlers seldom do: say nothing, change their mind, answer with all seven words. */
import { AsyncService, Coroutine, Request } from "rel4";
import {
  END_EARLY,
  FAIL_THEN_REPLY,
  FAIL_WITH,
  REPLY_THEN_FAIL,
  SAY_NOTHING,
  SAY_NOTHING_LATE,
  SEVEN_WORDS,
  SEVEN_WORDS_LATE,
} from "./odd-protocol";

function sayNothing(_request: Request, label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  if (label == SAY_NOTHING_LATE) Coroutine.yield();
}

function replyThenFail(request: Request, _label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  request.reply(1, 2, 3, 4);
  request.fail(0xffff_feff);
}

function failThenReply(request: Request, _label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  request.fail(1);
  request.reply(5, 6, 7, 8);
  for (let i: u32 = 4; i < 7; i++) request.setWord(i, 0);
}

function sevenWords(request: Request, label: u32, first: u64, _1: u64, _2: u64, _3: u64): void {
  if (label == SEVEN_WORDS_LATE) Coroutine.yield();
  request.reply(first, first + 1, first + 2, first + 3);
  for (let i: u32 = 4; i < 7; i++) request.setWord(i, first + i);
}

function endEarly(_request: Request, _label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  Coroutine.current.cancel();
}

function failWith(request: Request, _label: u32, code: u64, _1: u64, _2: u64, _3: u64): void {
  request.fail(<u32>code);
}

export function main(): void {
  AsyncService.handle(SAY_NOTHING, sayNothing);
  AsyncService.handleBlocking(SAY_NOTHING_LATE, sayNothing);
  AsyncService.handle(REPLY_THEN_FAIL, replyThenFail);
  AsyncService.handle(FAIL_THEN_REPLY, failThenReply);
  AsyncService.handle(SEVEN_WORDS, sevenWords);
  AsyncService.handleBlocking(SEVEN_WORDS_LATE, sevenWords);
  AsyncService.handleBlocking(END_EARLY, endEarly);
  AsyncService.handle(FAIL_WITH, failWith);
  AsyncService.serve();
}

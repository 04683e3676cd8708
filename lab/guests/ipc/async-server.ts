/** Answers calls that come over rings, and those that a client with nothing else to do makes synchronously. */
import { AsyncService, Request as Pending, Polling } from "rel4";
import { numberArgument } from "../arguments";
import { Answer } from "./request";
import { Work } from "./work";

function answer(request: Pending, _label: u32, word0: u64, word1: u64, word2: u64, word3: u64): void {
  request.reply(Answer.word0(word0), Answer.word1(word1), Answer.word2(word2), Answer.word3(word3, 0));
}

function workAndAnswer(request: Pending, _label: u32, word0: u64, word1: u64, word2: u64, word3: u64): void {
  request.reply(
    Answer.word0(word0),
    Answer.word1(word1),
    Answer.word2(word2),
    Answer.word3(word3, Work.run()),
  );
}

export function main(): void {
  const work = numberArgument("work");
  if (numberArgument("polling") == 0) Polling.limit(0);
  Work.prepare(work);
  AsyncService.handle(0, work == 0 ? answer : workAndAnswer);
  AsyncService.serve();
}

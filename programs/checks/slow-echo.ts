/** Answers with word 0: label 1 at once, label 2 after as many ticks of `time` as word 1 says. */
import { AsyncService, Coroutine, Request } from "rel4";

function echo(request: Request, _label: u32, word: u64, _1: u64, _2: u64, _3: u64): void {
  request.reply(word);
}

function echoLater(request: Request, _label: u32, word: u64, ticks: u64, _2: u64, _3: u64): void {
  Coroutine.sleep(ticks);
  request.reply(word);
}

export function main(): void {
  AsyncService.handle(1, echo);
  AsyncService.handleBlocking(2, echoLater);
  AsyncService.serve();
}

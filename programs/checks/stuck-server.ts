/** Answers nothing in its first run, but has the program "killer" end it; in later runs it answers with its generation. */
import { AsyncService, Coroutine, Process, Request, SignalTo } from "rel4";

function answer(request: Request, _label: u32, _first: u64, _second: u64, _third: u64, _fourth: u64): void {
  if (Process.generation == 1) {
    SignalTo.named("killer").signal();
    for (;;) Coroutine.yield();
  }
  request.reply(Process.generation);
}

export function main(): void {
  AsyncService.handleBlocking(1, answer);
  AsyncService.serve();
}

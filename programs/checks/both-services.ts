/** Serves with Service and with AsyncService, in the order its argument says: that cannot be. */
import { AsyncService, Coroutine, Process, Request, Service } from "rel4";

function answer(request: Request, _label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  request.reply();
}

function receive(): void {
  Service.receive();
}

function serve(): void {
  AsyncService.handle(1, answer);
  AsyncService.start();
}

export function main(): void {
  if (Process.arguments[0] == "async-first") {
    serve();
    receive();
  } else {
    Coroutine.spawn(receive, "receiver");
    Coroutine.yield();
    serve();
  }
}

/** Adds: label 1 at once, label 2 after its coroutine has let others run. */
import { AsyncService, Coroutine, Request } from "rel4";

function add(request: Request, _label: u32, first: u64, second: u64, _third: u64, _fourth: u64): void {
  request.reply(first + second);
}

function addLater(request: Request, _label: u32, first: u64, second: u64, _third: u64, _fourth: u64): void {
  Coroutine.yield();
  request.reply(first + second);
}

export function main(): void {
  AsyncService.handle(1, add);
  AsyncService.handleBlocking(2, addLater);
  AsyncService.serve();
}

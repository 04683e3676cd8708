/** A server whose handler waits although it was registered as one that does not. */
import { AsyncService, Coroutine, Request } from "rel4";

function nap(_request: Request, _label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  Coroutine.yield();
  Coroutine.sleep(1000);
}

export function main(): void {
  AsyncService.handle(1, nap);
  AsyncService.serve();
}

/** A server that asks another one, named by its argument, for what it is asked. */
import { AsyncClient, AsyncService, Process, Request, UNKNOWN_REQUEST } from "rel4";

/** The other server did not answer, for a reason its runtime or this program's gave. */
const NO_ANSWER: u32 = 1;

let next: AsyncClient = changetype<AsyncClient>(0);

function ask(request: Request, label: u32, first: u64, second: u64, _third: u64, _fourth: u64): void {
  const response = next.call(label, first, second);
  if (response.code >= UNKNOWN_REQUEST) request.fail(NO_ANSWER);
  else if (response.code != 0) request.fail(response.code);
  else request.reply(response.word0);
}

export function main(): void {
  next = AsyncClient.to(Process.arguments[0]);
  AsyncService.handleBlocking(1, ask);
  AsyncService.handleBlocking(2, ask);
  AsyncService.serve();
}

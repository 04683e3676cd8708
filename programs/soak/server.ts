/** Adds in three ways: at once, after a while, and by asking the other server. */
import { AsyncClient, AsyncService, Coroutine, Process, Request } from "rel4";
import { CoroutineTable } from "rel4/async/coroutine-table";
import { ADD, ADD_ELSEWHERE, ADD_LATER, COUNT_COROUTINES } from "./protocol";

let other: AsyncClient = changetype<AsyncClient>(0);

function add(request: Request, _label: u32, left: u64, right: u64, _2: u64, _3: u64): void {
  request.reply(left + right);
}

function addLater(request: Request, _label: u32, left: u64, right: u64, ticks: u64, _3: u64): void {
  Coroutine.sleep(ticks);
  request.reply(left + right);
}

function addElsewhere(request: Request, _label: u32, left: u64, right: u64, _2: u64, _3: u64): void {
  const response = other.call(ADD, left, right);
  if (response.code != 0) request.fail((response.code & 0xff) | 0x100);
  else request.reply(response.word0);
}

function countCoroutines(request: Request, _label: u32, _0: u64, _1: u64, _2: u64, _3: u64): void {
  request.reply(CoroutineTable.count);
}

export function main(): void {
  other = AsyncClient.to(Process.arguments[0]);
  AsyncService.handle(ADD, add);
  AsyncService.handleBlocking(ADD_LATER, addLater);
  AsyncService.handleBlocking(ADD_ELSEWHERE, addElsewhere);
  AsyncService.handle(COUNT_COROUTINES, countCoroutines);
  AsyncService.serve();
}

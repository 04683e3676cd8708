/** Keeps a number of calls in flight, each made by a coroutine of its own, and checks each answer. */
import { AsyncClient, CallChoice, Coroutine, Polling } from "rel4";
import { numberArgument } from "../arguments";
import { Schedule } from "../schedule";
import { Answer, Request, refuse } from "./request";
import { Work } from "./work";

/** What the server's work must yield. */
let work: u64 = 0;

/** Calls until the measurement is over. @param caller tells the callers' requests apart */
function callRepeatedly(caller: u32): void {
  const server = AsyncClient.to("server");
  let i = ((<u64>caller) << 32) + 1;
  do {
    const response = server.call(0, i, Request.word1(i), Request.word2(i), Request.word3(i));
    if (!Answer.isRight(i, response.word0, response.word1, response.word2, response.word3, work)) refuse(i);
    i++;
  } while (Schedule.goesOn());
}

export function main(): void {
  if (numberArgument("ring-only") != 0) CallChoice.disable();
  if (numberArgument("polling") == 0) Polling.limit(0);
  Work.prepare(numberArgument("work"));
  work = Work.run();
  Schedule.begin();
  const concurrency = numberArgument("concurrency");
  const callers = new StaticArray<Coroutine>(concurrency);
  for (let caller: u32 = 0; caller < concurrency; caller++)
    callers[caller] = Coroutine.spawnWith(callRepeatedly, caller, "caller");
  for (let caller: u32 = 0; caller < concurrency; caller++) callers[caller].join();
}

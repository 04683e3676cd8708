/** Maps and unmaps pages by asynchronous system calls, each made by one of several coroutines that share the pages. */
import { Coroutine } from "rel4";
import { SystemCalls } from "rel4/async/system-calls";
import { numberArgument } from "../arguments";
import { Schedule } from "../schedule";
import { check, Pages } from "./pages";
import { Share } from "./share";

let shares: u32 = 0;

function work(share: u32): void {
  Share.work(share, shares);
}

export function main(): void {
  Pages.prepare();
  Schedule.begin();
  check(SystemCalls.start(), "registering the ring of system calls");
  shares = numberArgument("concurrency");
  const workers = new StaticArray<Coroutine>(shares);
  for (let share: u32 = 0; share < shares; share++)
    workers[share] = Coroutine.spawnWith(work, share, "worker");
  for (let share: u32 = 0; share < shares; share++) workers[share].join();
}

/**
 * Maps and unmaps pages by asynchronous system calls, each made by one of several coroutines that share the pages. With
 * hook=1 the calls are the same functions as in sync.ts, which the runtime makes asynchronous.
 */
import { Coroutine } from "rel4";
import { SystemCalls } from "rel4/async/system-calls";
import { PAGE_MAP, PAGE_UNMAP } from "../../../abi/src/labels";
import { numberArgument } from "../arguments";
import { Schedule } from "../schedule";
import { check, fail, mapPage, PAGE_ATTRIBUTES, PAGE_RIGHTS, Pages, unmapPage } from "./pages";
import { Share } from "./share";

let shares: u32 = 0;
/** The calls, by index. */
let map: u32 = 0;
let unmap: u32 = 0;

function mapOverRing(page: u32): void {
  const error = SystemCalls.invokeWith(
    Pages.frame(page).slot,
    PAGE_MAP,
    Pages.vspace.slot,
    3,
    Pages.address(page),
    PAGE_RIGHTS,
    PAGE_ATTRIBUTES,
  );
  if (error != 0) fail(error, "mapping a page");
}

function unmapOverRing(page: u32): void {
  const error = SystemCalls.invoke(Pages.frame(page).slot, PAGE_UNMAP, 0);
  if (error != 0) fail(error, "unmapping a page");
}

function work(share: u32): void {
  Share.work(share, shares, map, unmap);
}

function chooseCalls(): void {
  const byHook = numberArgument("hook") != 0;
  map = byHook ? mapPage.index : mapOverRing.index;
  unmap = byHook ? unmapPage.index : unmapOverRing.index;
}

export function main(): void {
  Pages.prepare();
  Schedule.begin();
  check(SystemCalls.start(), "registering the ring of system calls");
  shares = numberArgument("concurrency");
  chooseCalls();
  const workers = new StaticArray<Coroutine>(shares);
  for (let share: u32 = 0; share < shares; share++)
    workers[share] = Coroutine.spawnWith(work, share, "worker");
  for (let share: u32 = 0; share < shares; share++) workers[share].join();
}

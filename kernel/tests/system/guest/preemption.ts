// Threads of the same priority share their hart without yielding; one that is alone is not interrupted.

import { csrRead } from "rv";
import { Root, report, Shared } from "./support";

export { abort } from "./support";

const stacks = memory.data(3 * 4096, 4096);
const FIRST: u32 = 0;
const SECOND: u32 = 1;
const GOAL: u64 = 200_000;
const CSR_TRAPS = 0xc03;

function spinFirst(): void {
  while (true) Shared.add(FIRST, 1);
}

function spinSecond(): void {
  while (true) Shared.add(SECOND, 1);
}

export function runRoot(bootInfo: u32): void {
  Root.begin(bootInfo);
  const before = csrRead(CSR_TRAPS);
  // About 10 ms of running alone.
  for (let i: u32 = 0; i < 250_000; i++) Shared.get(FIRST);
  report("kernel entries while alone", csrRead(CSR_TRAPS) - before);
  Root.resume(Root.thread(spinFirst.index, <u32>stacks + 4096, 255));
  Root.resume(Root.thread(spinSecond.index, <u32>stacks + 8192, 255));
  Shared.await(FIRST, GOAL);
  Shared.await(SECOND, GOAL);
  report("both ran", 1);
  Root.exit(0);
}

/** Walking the kernel's queues of threads. */

import type { Kernel } from "./kernel";
import { hex, require } from "./require";

/** Walks a queue of threads linked both ways; returns their addresses. */
export function walk(
  kernel: Kernel,
  head: number,
  tail: number,
  nextField: string,
  previousField: string,
): number[] {
  const { memory, layout } = kernel;
  const threads: number[] = [];
  let previous = 0;
  for (let thread = head; thread !== 0; thread = memory.read32(thread + layout.field(nextField))) {
    require(!threads.includes(thread), `a queue has no cycle (${hex(thread)})`);
    const back = memory.read32(thread + layout.field(previousField));
    require(back === previous, `queue links of ${hex(thread)} agree`);
    threads.push(thread);
    previous = thread;
  }
  require(previous === tail, `a queue's tail is its last thread (${hex(tail)})`);
  return threads;
}

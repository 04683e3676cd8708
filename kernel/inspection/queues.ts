/** Walking the kernel's queues of threads. */
import type { LayoutName } from "./layout";
import { broken, hex } from "./require";
import type { KernelView } from "./view";

/**
 * Walks threads that are linked both ways; returns their addresses.
 * @throws InvariantError when the links do not agree or go round in a circle
 */
export function walkList(
  { memory, layout }: KernelView,
  head: number,
  nextField: LayoutName,
  previousField: LayoutName,
): number[] {
  const [next, back] = [layout.at[nextField], layout.at[previousField]];
  const threads = new Set<number>();
  let previous = 0;
  for (let thread = head; thread !== 0; thread = memory.read32(thread + next)) {
    if (threads.has(thread)) broken(`a queue has no cycle (${hex(thread)})`);
    if (memory.read32(thread + back) !== previous) broken(`queue links of ${hex(thread)} agree`);
    threads.add(thread);
    previous = thread;
  }
  return [...threads];
}

/** The same for a queue, which knows its last thread too. */
export function walkQueue(
  view: KernelView,
  head: number,
  tail: number,
  nextField: LayoutName,
  previousField: LayoutName,
): number[] {
  const threads = walkList(view, head, nextField, previousField);
  if ((threads.at(-1) ?? 0) !== tail) broken(`a queue's tail is its last thread (${hex(tail)})`);
  return threads;
}

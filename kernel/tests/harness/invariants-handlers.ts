/** What must hold about asynchronous handlers (kernel/src/async-handler.ts) whenever no hart is in the kernel. */
import { PRIORITIES } from "@rel4/abi";
import type { Kernel } from "./kernel";
import type { ObjectMap } from "./objects";
import { walk } from "./queues";
import { hex, require } from "./require";

/** @throws Error that says which invariant does not hold, and where */
export function checkHandlers(kernel: Kernel, objects: ObjectMap): void {
  const { memory, layout } = kernel;
  const field = (thread: number, name: string) => memory.read32(thread + layout.field(`Tcb_${name}`));
  const ready = readyHandlers(kernel);
  const registered = registeredThreads(kernel);
  for (const thread of [...registered, ...ready.keys()])
    require(objects.threads.has(thread), `a handler belongs to a thread that lives (${hex(thread)})`);
  for (const thread of objects.threads) {
    require((field(thread, "handlerLevel") !== 0) ===
      ready.has(thread), `the thread ${hex(thread)} says whether its handler is ready`);
    require((field(thread, "handlerNotification") !== 0) ===
      registered.includes(thread), `the thread ${hex(thread)} says whether it has a handler`);
    require(!ready.has(thread) ||
      registered.includes(thread), `the handler of ${hex(thread)} is ready only while there is one`);
  }
  checkSwitchLevels(kernel, Math.max(0, ...ready.values()));
}

/** The fast paths of every hart make way for ready threads and handlers. */
function checkSwitchLevels(kernel: Kernel, highest: number): void {
  const { memory, layout, hardware } = kernel;
  hardware.harts.forEach((_, index) => {
    const hart = layout.hart(index);
    const readyLevel = memory.read32(hart + layout.field("Hart_readyLevel"));
    const expected = highest !== 0 && highest >= readyLevel ? highest + 1 : readyLevel;
    const level = memory.read32(hart + layout.field("Hart_switchLevel"));
    require(level === expected, `hart ${index}'s fast paths make way for ready threads and handlers`);
  });
}

/** Threads with a handler, as the kernel's list has them. */
function registeredThreads(kernel: Kernel): number[] {
  const { memory, layout } = kernel;
  const head = layout.firstRegistered;
  let tail = head;
  const next = (thread: number) => memory.read32(thread + layout.field("Tcb_registeredNext"));
  while (tail !== 0 && next(tail) !== 0) tail = next(tail);
  return walk(kernel, head, tail, "Tcb_registeredNext", "Tcb_registeredPrevious");
}

/** Threads whose handlers are ready, with their levels. */
function readyHandlers(kernel: Kernel): Map<number, number> {
  const { memory, layout } = kernel;
  const found = new Map<number, number>();
  for (let priority = 0; priority < PRIORITIES; priority++) {
    const queue = layout.handlerQueue(priority);
    const [head, tail] = [memory.read32(queue), memory.read32(queue + 4)];
    for (const thread of walk(kernel, head, tail, "Tcb_handlerNext", "Tcb_handlerPrevious")) {
      const level = memory.read32(thread + layout.field("Tcb_handlerLevel"));
      require(level === priority + 1, `the ready handler of ${hex(thread)} is queued at its priority`);
      found.set(thread, level);
    }
  }
  return found;
}

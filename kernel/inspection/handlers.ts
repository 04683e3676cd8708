/** What must hold about asynchronous handlers (kernel/src/async-handler.ts). */
import type { ObjectMap } from "./objects";
import { walkList, walkQueue } from "./queues";
import { broken, hex, require } from "./require";
import { hasBegun, type KernelView } from "./view";

/** @throws InvariantError that says which invariant does not hold, and where */
export function checkHandlers(view: KernelView, objects: ObjectMap): void {
  const { memory, layout } = view;
  const { at } = layout;
  const ready = readyHandlers(view);
  const head = view.variable("firstRegistered");
  const registered = new Set(walkList(view, head, "Tcb_registeredNext", "Tcb_registeredPrevious"));
  for (const thread of [...registered, ...ready.keys()])
    if (!objects.threads.has(thread)) broken(`a handler belongs to a thread that lives (${hex(thread)})`);
  for (const thread of objects.threads) {
    if ((memory.read32(thread + at.Tcb_handlerLevel) !== 0) !== ready.has(thread))
      broken(`the thread ${hex(thread)} says whether its handler is ready`);
    if ((memory.read32(thread + at.Tcb_handlerNotification) !== 0) !== registered.has(thread))
      broken(`the thread ${hex(thread)} says whether it has a handler`);
    if (ready.has(thread) && !registered.has(thread))
      broken(`the handler of ${hex(thread)} is ready only while there is one`);
  }
  checkSwitchLevels(view, Math.max(0, ...ready.values()));
}

/** The fast paths of every hart make way for ready threads and handlers. */
function checkSwitchLevels(view: KernelView, highest: number): void {
  const { memory, layout, harts } = view;
  harts.forEach((_, index) => {
    if (!hasBegun(view, index)) return;
    const hart = layout.hart(index);
    const readyLevel = memory.read32(hart + layout.at.Hart_readyLevel);
    const expected = highest !== 0 && highest >= readyLevel ? highest + 1 : readyLevel;
    const level = memory.read32(hart + layout.at.Hart_switchLevel);
    require(level === expected, `hart ${index}'s fast paths make way for ready threads and handlers`);
  });
}

/** Threads whose handlers are ready, with their levels. */
function readyHandlers(view: KernelView): Map<number, number> {
  const { memory, layout } = view;
  const found = new Map<number, number>();
  const end = layout.handlerQueue(layout.at.Config_priorities);
  if (memory.isZero(layout.handlerQueue(0), end)) return found;
  for (let priority = 0; priority < layout.at.Config_priorities; priority++) {
    const queue = layout.handlerQueue(priority);
    const [head, tail] = [memory.read32(queue), memory.read32(queue + 4)];
    if (head === 0 && tail === 0) continue;
    for (const thread of walkQueue(view, head, tail, "Tcb_handlerNext", "Tcb_handlerPrevious")) {
      const level = memory.read32(thread + layout.at.Tcb_handlerLevel);
      if (level !== priority + 1) broken(`the ready handler of ${hex(thread)} is queued at its priority`);
      found.set(thread, level);
    }
  }
  return found;
}

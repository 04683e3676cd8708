/** What must hold about threads' deadlines (kernel/src/thread-timers.ts). */
import type { ObjectMap } from "./objects";
import { broken, hex, require } from "./require";
import { hasBegun, type KernelView } from "./view";

/** @throws InvariantError that says which invariant does not hold, and where */
export function checkTimers(view: KernelView, objects: ObjectMap): void {
  const { memory, layout, harts } = view;
  const { at } = layout;
  const listed = new Set<number>();
  harts.forEach((_, index) => {
    checkTimersOf(view, index, listed);
  });
  for (const thread of objects.threads)
    if (listed.has(thread) !== (memory.read64(thread + at.Tcb_timerDeadline) !== 0n))
      broken(`the thread ${hex(thread)} knows its timer`);
  for (const thread of listed)
    if (!objects.threads.has(thread)) broken(`the timer's thread ${hex(thread)} exists`);
}

/** The timers of hart number `index`; adds their threads to `listed`. */
function checkTimersOf(view: KernelView, index: number, listed: Set<number>): void {
  const { memory, layout, harts, servedTime } = view;
  const { at } = layout;
  const hart = harts[index]!;
  const record = layout.hart(index);
  const deadlineOf = (thread: number) => memory.read64(thread + at.Tcb_timerDeadline);
  const first = memory.read32(record + at.Hart_firstTimer);
  if (first !== 0 && hart.timerDeadline > deadlineOf(first)) {
    // A thread that has just come to this hart brought its deadline along: the hart is told to look.
    const willLook = hart.isCalled || !hart.isSettled || !hasBegun(view, index);
    require(willLook, `hart ${index} will be interrupted for its first timer`);
  }
  let previous = 0;
  for (let thread = first; thread !== 0; thread = memory.read32(thread + at.Tcb_timerNext)) {
    if (listed.has(thread)) broken(`the thread ${hex(thread)} has one timer`);
    listed.add(thread);
    if (memory.read32(thread + at.Tcb_hart) !== record)
      broken(`the timer of ${hex(thread)} is on its thread's hart`);
    if (memory.read32(thread + at.Tcb_timerPrevious) !== previous)
      broken(`the timers before ${hex(thread)} are linked both ways`);
    if (previous !== 0 && deadlineOf(previous) > deadlineOf(thread))
      broken(`the timers of hart ${index} are in order`);
    if (deadlineOf(thread) <= servedTime) broken(`the timer of ${hex(thread)} has not come yet`);
    previous = thread;
  }
}

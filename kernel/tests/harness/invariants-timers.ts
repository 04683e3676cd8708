/** What must hold about threads' deadlines (kernel/src/thread-timers.ts) whenever no hart is in the kernel. */

import type { Kernel } from "./kernel";
import type { ObjectMap } from "./objects";
import { hex, require } from "./require";

/** @throws Error that says which invariant does not hold, and where */
export function checkTimers(kernel: Kernel, objects: ObjectMap): void {
  const { memory, layout, hardware } = kernel;
  const deadlineOf = (thread: number) => memory.read64(thread + layout.field("Tcb_timerDeadline"));
  const field = (thread: number, name: string) => memory.read32(thread + layout.field(`Tcb_${name}`));
  const listed = new Set<number>();
  hardware.harts.forEach((hart, index) => {
    let previous = 0;
    let thread = memory.read32(layout.hart(index) + layout.field("Hart_firstTimer"));
    if (thread !== 0)
      require(hart.timerDeadline <=
        deadlineOf(thread), `hart ${index} will be interrupted for its first timer`);
    while (thread !== 0) {
      require(!listed.has(thread), `the thread ${hex(thread)} has one timer`);
      listed.add(thread);
      require(field(thread, "hart") ===
        layout.hart(index), `the timer of ${hex(thread)} is on its thread's hart`);
      require(field(thread, "timerPrevious") ===
        previous, `the timers before ${hex(thread)} are linked both ways`);
      if (previous !== 0)
        require(deadlineOf(previous) <= deadlineOf(thread), `the timers of hart ${index} are in order`);
      require(deadlineOf(thread) > hardware.time, `the timer of ${hex(thread)} has not come yet`);
      previous = thread;
      thread = field(thread, "timerNext");
    }
  });
  for (const thread of objects.threads)
    require(listed.has(thread) === (deadlineOf(thread) !== 0n), `the thread ${hex(thread)} knows its timer`);
  for (const thread of listed)
    require(objects.threads.has(thread), `the timer's thread ${hex(thread)} exists`);
}

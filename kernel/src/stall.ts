// Taking a running thread away from another hart.

import { Hart } from "./hart";
import { ReadyQueue } from "./ready-queue";
import { Threads } from "./riscv/threads";
import { Tcb } from "./tcb";

/**
 * Another thread is about to be changed: if it runs on another hart, that hart gives it up. It stays ready there, and
 * the hart chooses again when this kernel entry ends.
 */
export function stallThread(thread: Tcb): void {
  const hart = Hart.from(thread.hart);
  if (hart.address == Hart.current().address || hart.current != thread.address) return;
  Threads.stall(thread.address);
  if (thread.isRunnable()) ReadyQueue.prepend(thread);
}

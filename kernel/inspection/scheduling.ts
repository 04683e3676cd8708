/** Ready queues and their bitmaps say what threads' states say. */
import type { ObjectMap } from "./objects";
import { walkQueue } from "./queues";
import { broken, hex } from "./require";
import { currentThread, hasBegun, type KernelView } from "./view";

// Thread states (kernel/src/tcb.ts)
export const RUNNING = 1;
export const RESTART = 2;
export const BLOCKED_ON_RECEIVE = 3;
export const BLOCKED_ON_SEND = 4;
export const BLOCKED_ON_REPLY = 5;
export const BLOCKED_ON_NOTIFICATION = 6;
const REPLY_MASTER = 1;

const BITS = 32;
const WORD_BITS = 64;

/** @throws InvariantError that says which invariant does not hold, and where */
export function checkScheduling(view: KernelView, objects: ObjectMap): void {
  checkThreads(view, objects, checkReadyQueues(view));
}

/** The ready queues of all harts, and of the domains that wait for their turn; returns the threads in them. */
function checkReadyQueues(view: KernelView): Set<number> {
  const { memory, layout, harts } = view;
  const { at } = layout;
  const found = new Set<number>();
  for (let index = 0; index < harts.length; index++) {
    const hart = layout.hart(index);
    checkQueuesAt(view, hart, hart, `hart ${index}`, found);
    if (!hasBegun(view, index)) continue;
    if (memory.read32(hart + at.Hart_action) !== 0) broken(`hart ${index} has decided what to run`);
    if (memory.read32(hart + at.Hart_reschedulePending) !== 0) broken(`hart ${index} has told the others`);
    if (memory.read32(hart + at.Hart_giveUp) !== 0) broken(`hart ${index} has given up what others wanted`);
  }
  const turn = view.variable("currentDomain");
  for (let domain = 0; domain < at.Config_domains; domain++)
    if (domain !== turn)
      checkQueuesAt(view, layout.parkedQueues(domain), layout.hart(0), `domain ${domain}`, found);
  return found;
}

/** Where the ready queues of a thread are that belongs to a hart. */
function queuesOf(view: KernelView, thread: number, hart: number): number {
  const { memory, layout } = view;
  const domain = memory.read32(thread + layout.at.Tcb_domain);
  return domain === view.variable("currentDomain") ? hart : layout.parkedQueues(domain);
}

/** The ready queues in the record at `at`, of threads of `hart`; adds the threads to `found`. */
function checkQueuesAt(view: KernelView, at: number, hart: number, name: string, found: Set<number>): void {
  const { memory, layout } = view;
  const { Config_priorities: priorities, Hart_bitmapTop, Hart_readyLevel } = layout.at;
  let top = 0;
  let level = 0;
  for (let first = 0; first < priorities; first += BITS) {
    let bits = 0;
    const end = Math.min(first + BITS, priorities);
    const isEmpty = memory.isZero(layout.queue(at, first), layout.queue(at, end));
    for (let priority = isEmpty ? end : first; priority < end; priority++) {
      const queue = layout.queue(at, priority);
      const [head, tail] = [memory.read32(queue), memory.read32(queue + 4)];
      if (head === 0 && tail === 0) continue;
      bits += 2 ** (priority - first);
      level = priority + 1;
      for (const thread of walkQueue(view, head, tail, "Tcb_readyNext", "Tcb_readyPrevious")) {
        checkQueued(view, thread, hart, priority);
        if (queuesOf(view, thread, hart) !== at)
          broken(`the thread ${hex(thread)} is queued with its domain`);
        found.add(thread);
      }
    }
    if (memory.read32(layout.bitmapWord(at, 0) + first / 8) !== bits)
      broken(`${name}'s bitmap names its non-empty queues`);
    if (bits !== 0) top |= 1 << Math.floor(first / WORD_BITS);
  }
  if (memory.read32(at + Hart_bitmapTop) !== top) broken(`${name}'s bitmap summary is right`);
  if (memory.read32(at + Hart_readyLevel) !== level)
    broken(`${name}'s ready level is that of its queues (${level})`);
}

function checkQueued({ memory, layout }: KernelView, thread: number, hart: number, priority: number): void {
  const { at } = layout;
  const state = memory.read32(thread + at.Tcb_state);
  if (state !== RUNNING && state !== RESTART) broken(`the queued thread ${hex(thread)} can run`);
  if (memory.read32(thread + at.Tcb_queued) === 0)
    broken(`the thread ${hex(thread)} knows that it is queued`);
  if (memory.read32(thread + at.Tcb_hart) !== hart)
    broken(`the thread ${hex(thread)} is queued at its own hart`);
  if (memory.read32(thread + at.Tcb_priority) !== priority)
    broken(`the thread ${hex(thread)} is queued at its priority`);
}

function checkThreads(view: KernelView, objects: ObjectMap, inQueues: Set<number>): void {
  const { memory, layout, harts } = view;
  const { at } = layout;
  const current = new Set(harts.map((_, hart) => currentThread(view, hart)));
  for (const thread of objects.threads) {
    const queued = inQueues.has(thread);
    const runs = current.has(thread);
    if ((memory.read32(thread + at.Tcb_queued) !== 0) !== queued)
      broken(`the thread ${hex(thread)} says whether it is queued`);
    if (queued && runs) broken(`the running thread ${hex(thread)} is in no ready queue`);
    const state = memory.read32(thread + at.Tcb_state);
    if ((state === RUNNING || state === RESTART) !== (queued || runs))
      broken(`the thread ${hex(thread)} runs or is queued if it can run`);
    const bound = memory.read32(thread + at.Tcb_boundNotification);
    if (bound !== 0 && memory.read32(bound + at.Notification_boundTcb) !== thread)
      broken(`the thread ${hex(thread)} and its notification are bound to each other`);
  }
  for (const thread of inQueues)
    if (!objects.threads.has(thread)) broken(`the queued thread ${hex(thread)} exists`);
  for (const { address, extra, object } of objects.replies.values()) {
    if (extra === REPLY_MASTER) continue;
    if (memory.read32(object + at.Tcb_state) !== BLOCKED_ON_REPLY)
      broken(`the reply capability at ${hex(address)} names a thread that waits for it`);
  }
}

/** Endpoints and notifications queue exactly the threads that say they wait there. */
import type { LayoutName } from "./layout";
import type { ObjectMap } from "./objects";
import { walkQueue } from "./queues";
import { broken, hex } from "./require";
import { BLOCKED_ON_NOTIFICATION, BLOCKED_ON_RECEIVE, BLOCKED_ON_SEND } from "./scheduling";
import type { KernelView } from "./view";

const IDLE = 0;
const ENDPOINT_SENDING = 1;
const NOTIFICATION_WAITING = 1;

/** @throws InvariantError that says which invariant does not hold, and where */
export function checkWaiting(view: KernelView, objects: ObjectMap): void {
  const waiting = waitingThreads(view, objects);
  for (const endpoint of objects.endpoints) checkEndpoint(view, endpoint, waiting.get(endpoint) ?? new Set());
  for (const notification of objects.notifications)
    checkNotification(view, notification, waiting.get(notification) ?? new Set());
  for (const object of waiting.keys())
    if (!objects.endpoints.has(object) && !objects.notifications.has(object))
      broken(`the object ${hex(object)} at which threads wait exists`);
}

/** Threads by the object at which they say they wait. */
function waitingThreads({ memory, layout }: KernelView, { threads }: ObjectMap): Map<number, Set<number>> {
  const { at } = layout;
  const waiting = new Map<number, Set<number>>();
  for (const thread of threads) {
    const state = memory.read32(thread + at.Tcb_state);
    if (state !== BLOCKED_ON_RECEIVE && state !== BLOCKED_ON_SEND && state !== BLOCKED_ON_NOTIFICATION)
      continue;
    const object = memory.read32(thread + at.Tcb_blockingObject);
    const there = waiting.get(object);
    if (there) there.add(thread);
    else waiting.set(object, new Set([thread]));
  }
  return waiting;
}

function checkEndpoint(view: KernelView, endpoint: number, waiting: Set<number>): void {
  const { memory, layout } = view;
  const field = (name: LayoutName) => memory.read32(endpoint + layout.at[name]);
  const queue = queueOf(view, field("Endpoint_head"), field("Endpoint_tail"));
  const state = field("Endpoint_state");
  if ((state === IDLE) !== (queue.length === 0))
    broken(`the endpoint ${hex(endpoint)} is idle exactly when nobody waits`);
  const expected = state === ENDPOINT_SENDING ? BLOCKED_ON_SEND : BLOCKED_ON_RECEIVE;
  for (const thread of queue)
    if (memory.read32(thread + layout.at.Tcb_state) !== expected)
      broken(`the endpoint ${hex(endpoint)} queues only senders or only receivers`);
  if (!sameMembers(queue, waiting))
    broken(`the endpoint ${hex(endpoint)} queues exactly those who wait at it`);
}

function checkNotification(view: KernelView, notification: number, waiting: Set<number>): void {
  const { memory, layout } = view;
  const field = (name: LayoutName) => memory.read32(notification + layout.at[name]);
  const queue = queueOf(view, field("Notification_head"), field("Notification_tail"));
  if ((field("Notification_state") === NOTIFICATION_WAITING) !== queue.length > 0)
    broken(`the notification ${hex(notification)} knows that threads wait`);
  if (!sameMembers(queue, waiting))
    broken(`the notification ${hex(notification)} queues exactly those who wait at it`);
  const bound = field("Notification_boundTcb");
  if (bound !== 0 && memory.read32(bound + layout.at.Tcb_boundNotification) !== notification)
    broken(`the notification ${hex(notification)} and its thread are bound to each other`);
}

function queueOf(view: KernelView, head: number, tail: number): number[] {
  return head === 0 && tail === 0 ? [] : walkQueue(view, head, tail, "Tcb_queueNext", "Tcb_queuePrevious");
}

function sameMembers(queue: number[], waiting: Set<number>): boolean {
  return queue.length === waiting.size && queue.every((thread) => waiting.has(thread));
}

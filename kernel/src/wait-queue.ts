// The queue of threads blocked on an endpoint or a notification, first come first served. Both objects begin with
// the same fields: head, tail, state.

import { Endpoint } from "./endpoint-object";
import { Tcb } from "./tcb";

export class WaitQueue {
  /** Adds a thread at the end. The caller sets the object's and the thread's state. */
  @inline static append(object: Endpoint, thread: Tcb): void {
    const tail = object.tail;
    thread.queueNext = 0;
    thread.queuePrevious = tail;
    if (tail) Tcb.at(tail).queueNext = thread.address;
    else object.head = thread.address;
    object.tail = thread.address;
  }

  /** Takes a thread out; an object whose queue gets empty becomes idle (state 0). */
  @inline static remove(object: Endpoint, thread: Tcb): void {
    if (thread.queueLinks != 0) {
      const previous = thread.queuePrevious;
      const next = thread.queueNext;
      if (previous) Tcb.at(previous).queueNext = next;
      else object.head = next;
      if (next) Tcb.at(next).queuePrevious = previous;
      else object.tail = previous;
    } else {
      object.clearQueue();
      object.state = 0;
    }
  }

  /** Empties the queue and returns its former head; threads stay linked by queueNext. */
  @inline static takeAll(object: Endpoint): u32 {
    const head = object.head;
    object.head = 0;
    object.tail = 0;
    object.state = 0;
    return head;
  }
}

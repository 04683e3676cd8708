// Deadlines of threads: at most one a thread, which is then told (timer-delivery.ts).
//
// Each hart has a list of the threads that belong to it and have a deadline, the earliest first, linked through the
// threads: setting one takes as many steps as the hart has earlier deadlines, at most one a thread; the rest takes
// constant time. A thread keeps its deadline whatever happens to it, moves with it to another hart, and loses it when it
// is deleted.
//
// Invariant: a thread is in the list of its hart exactly while its deadline is not 0.

import { Hart } from "./hart";
import { Tcb } from "./tcb";

export class ThreadTimers {
  /** Sets a thread's deadline in ticks of `time`; 0: none. */
  static set(thread: Tcb, deadline: u64): void {
    ThreadTimers.cancel(thread);
    if (deadline == 0) return;
    thread.timerDeadline = deadline;
    insert(thread);
  }

  /** Takes a thread's deadline back. Its hart may still be interrupted for it. */
  static cancel(thread: Tcb): void {
    if (thread.timerDeadline == 0) return;
    remove(thread);
    thread.timerDeadline = 0;
  }

  /** A thread is about to leave its hart: `arrived` must follow when it belongs to another. */
  static depart(thread: Tcb): void {
    if (thread.timerDeadline != 0) remove(thread);
  }

  /** A thread belongs to another hart now, which learns of the deadline when this kernel entry ends. */
  static arrived(thread: Tcb): void {
    if (thread.timerDeadline == 0) return;
    insert(thread);
    const hart = Hart.from(thread.hart);
    if (hart.firstTimer == thread.address && hart.address != Hart.current().address)
      Hart.current().reschedulePending |= 1 << hart.index;
  }

  /** The earliest deadline of a hart's threads, or the end of time. */
  @inline static earliest(hart: Hart): u64 {
    const first = hart.firstTimer;
    return first == 0 ? ~0 : Tcb.at(first).timerDeadline;
  }

  /** A thread of this hart whose deadline has passed by `now`, and which has none any more; 0: there is none. */
  @inline static takeExpired(hart: Hart, now: u64): u32 {
    const first = hart.firstTimer;
    if (first == 0 || Tcb.at(first).timerDeadline > now) return 0;
    ThreadTimers.cancel(Tcb.at(first));
    return first;
  }
}

/** Puts a thread behind those of its hart that come no later. */
function insert(thread: Tcb): void {
  const hart = Hart.from(thread.hart);
  let previous: u32 = 0;
  let next = hart.firstTimer;
  while (next != 0 && Tcb.at(next).timerDeadline <= thread.timerDeadline) {
    previous = next;
    next = Tcb.at(next).timerNext;
  }
  thread.timerPrevious = previous;
  thread.timerNext = next;
  if (previous) Tcb.at(previous).timerNext = thread.address;
  else hart.firstTimer = thread.address;
  if (next) Tcb.at(next).timerPrevious = thread.address;
}

function remove(thread: Tcb): void {
  const previous = thread.timerPrevious;
  const next = thread.timerNext;
  if (previous) Tcb.at(previous).timerNext = next;
  else Hart.from(thread.hart).firstTimer = next;
  if (next) Tcb.at(next).timerPrevious = previous;
}

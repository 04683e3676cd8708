/**
 * Deadlines of coroutines: a binary heap, the earliest first. The kernel keeps one timer for the whole program, set to the
 * earliest deadline whenever the program goes to sleep; while it runs, the executor looks at the clock.
 */
import { rdtime } from "rv";
import { CallChoice } from "./call-choice";
import { Coroutine, OUTCOME_TIMED_OUT } from "./coroutine";
import { Turns } from "./turns";

/** Places 1 … size of the heap; a place holds the address of a coroutine. */
let places: u32 = 0;
let size: u32 = 0;

function at(place: u32): Coroutine {
  return changetype<Coroutine>(load<u32>(places + (place << 2)));
}

function put(place: u32, coroutine: Coroutine): void {
  store<u32>(places + (place << 2), changetype<u32>(coroutine));
  coroutine.timerPlace = place;
}

/** Moves the coroutine at `place` towards the front while it is earlier than its parent. */
function rise(place: u32): void {
  const coroutine = at(place);
  while (place > 1 && at(place >> 1).deadline > coroutine.deadline) {
    put(place, at(place >> 1));
    place >>= 1;
  }
  put(place, coroutine);
}

/** Moves the coroutine at `place` back while a child is earlier. */
function sink(place: u32): void {
  const coroutine = at(place);
  for (;;) {
    let child = place << 1;
    if (child > size) break;
    if (child < size && at(child + 1).deadline < at(child).deadline) child += 1;
    if (at(child).deadline >= coroutine.deadline) break;
    put(place, at(child));
    place = child;
  }
  put(place, coroutine);
}

export class Timers {
  /** @param capacity most coroutines there can be */
  static start(capacity: u32): void {
    places = <u32>heap.alloc((capacity + 1) << 2);
  }

  /** Is any deadline set? */
  @inline static get any(): bool {
    return size != 0;
  }

  /** The earliest deadline, in ticks of `time`. There is one. */
  static get earliest(): u64 {
    return at(1).deadline;
  }

  /** Has the earliest deadline come? There is one. */
  static get areDue(): bool {
    return at(1).deadline <= rdtime();
  }

  /** Sets the deadline of a coroutine that has none. */
  static set(coroutine: Coroutine, deadline: u64): void {
    coroutine.deadline = deadline;
    size += 1;
    CallChoice.duties += 1;
    put(size, coroutine);
    rise(size);
  }

  /** Takes back a coroutine's deadline; nothing when it has none. */
  static take(coroutine: Coroutine): void {
    const place = coroutine.timerPlace;
    if (place == 0) return;
    coroutine.timerPlace = 0;
    const last = at(size);
    size -= 1;
    CallChoice.duties -= 1;
    if (last == coroutine) return;
    put(place, last);
    rise(place);
    sink(last.timerPlace);
  }

  /** Ends the waits of all whose time has come. */
  static expire(): void {
    if (size == 0) return;
    const now = rdtime();
    while (size != 0 && at(1).deadline <= now) at(1).interrupt(OUTCOME_TIMED_OUT);
  }

  /** The running coroutine, which is about to wait, gives up after `ticks` of `time`. */
  static limit(ticks: u64): void {
    Timers.set(Turns.current, rdtime() + ticks);
  }

  /** The running coroutine waits for `ticks` of `time`. */
  static sleep(ticks: u64): void {
    Timers.set(Turns.current, rdtime() + ticks);
    Turns.suspend();
  }
}

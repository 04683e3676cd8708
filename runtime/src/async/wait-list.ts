/** Coroutines that wait for the same thing, in the order in which they came. */
import { Coroutine, OUTCOME_WOKEN } from "./coroutine";
import { Turns } from "./turns";

@unmanaged
export class WaitList {
  private first: Coroutine;
  private last: Coroutine;

  @inline get isEmpty(): bool {
    return changetype<u32>(this.first) == 0;
  }

  /** The running coroutine waits here until `wakeFirst`, or until its wait is interrupted; returns its outcome. */
  wait(): u32 {
    const me = Turns.current;
    me.nextWaiter = changetype<Coroutine>(0);
    me.waitList = this;
    if (this.isEmpty) this.first = me;
    else this.last.nextWaiter = me;
    this.last = me;
    return Turns.suspend();
  }

  /** Makes the one that has waited longest ready, and returns it. There is one. */
  wakeFirst(): Coroutine {
    const coroutine = this.first;
    this.first = coroutine.nextWaiter;
    coroutine.waitList = changetype<WaitList>(0);
    coroutine.outcome = OUTCOME_WOKEN;
    Turns.wake(coroutine);
    return coroutine;
  }

  /** Takes out a coroutine that waits here. */
  remove(coroutine: Coroutine): void {
    coroutine.waitList = changetype<WaitList>(0);
    const next = coroutine.nextWaiter;
    if (this.first == coroutine) {
      this.first = next;
      return;
    }
    let previous = this.first;
    while (previous.nextWaiter != coroutine) previous = previous.nextWaiter;
    previous.nextWaiter = next;
    if (this.last == coroutine) this.last = previous;
  }
}

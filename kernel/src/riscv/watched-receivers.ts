// Receivers that wait in the kernel: a vector sent to one of them must wake its thread, but the hardware tells nobody
// about vectors of an entry that is not active.
//
// The entries of all waiting receivers are therefore parked, active, on one hart that does not run a receiver itself
// (an idle hart if there is one). There user software interrupts are not delegated to user mode, so that the vector
// interrupts that hart into the kernel, which wakes the thread. While every hart runs a receiver nothing can be parked:
// pending words are then looked at on every kernel entry and tick, that is, within a tick (2 ms) of the sending.

import { USER_INTERRUPTS } from "../../../abi/src/config";
import { HartContext } from "./hart-context";
import { FLAG_IDLE, FLAG_RECEIVER } from "./layout";
import { ThreadContext } from "./thread-context";
import { Uintc } from "./uintc";

/** No hart can take the parked entries. */
const NOWHERE: i32 = -1;

/** First thread of the list. */
let first: u32 = 0;
/** Logical number of the hart on which the entries are parked. */
let parkingHart: i32 = NOWHERE;

export class WatchedReceivers {
  /** A receiver leaves its hart to wait in the kernel. */
  static watch(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    if (thread.watched != 0) return;
    thread.watched = 1;
    thread.watchPrevious = 0;
    thread.watchNext = first;
    if (first != 0) changetype<ThreadContext>(first).watchPrevious = tcb;
    first = tcb;
    if (parkingHart != NOWHERE) Uintc.activate(thread.receiverIndex, HartContext.at(parkingHart).hartId);
  }

  /** It waits no more. Harmless for a thread that is not watched. */
  static unwatch(tcb: u32): void {
    const thread = changetype<ThreadContext>(tcb);
    if (thread.watched == 0) return;
    thread.watched = 0;
    Uintc.deactivate(thread.receiverIndex);
    if (thread.watchNext != 0)
      changetype<ThreadContext>(thread.watchNext).watchPrevious = thread.watchPrevious;
    if (thread.watchPrevious != 0)
      changetype<ThreadContext>(thread.watchPrevious).watchNext = thread.watchNext;
    else first = thread.watchNext;
  }

  @inline static isAny(): bool {
    return USER_INTERRUPTS ? first != 0 : false;
  }

  /** A watched thread with pending vectors, which is watched no more; 0: there is none. */
  @inline static takePending(): u32 {
    return WatchedReceivers.isAny() ? WatchedReceivers.findPending() : 0;
  }

  /** Before a hart leaves the kernel: finds a hart to park entries on. */
  @inline static place(): void {
    if (WatchedReceivers.isAny()) WatchedReceivers.park(WatchedReceivers.bestHart());
  }

  /** This hart is about to run a receiver: entries parked here would interrupt it instead of the kernel. */
  @inline static makeWay(): void {
    if (WatchedReceivers.isAny() && parkingHart == <i32>HartContext.get().index) {
      WatchedReceivers.park(WatchedReceivers.bestHart());
    }
  }

  /** Must pending words be looked at from time to time, because nothing can be parked? */
  @inline static needPolling(): bool {
    return WatchedReceivers.isAny() && parkingHart == NOWHERE;
  }

  static findPending(): u32 {
    for (let tcb = first; tcb != 0; tcb = changetype<ThreadContext>(tcb).watchNext) {
      if (Uintc.pending(changetype<ThreadContext>(tcb).receiverIndex) != 0) {
        WatchedReceivers.unwatch(tcb);
        return tcb;
      }
    }
    return 0;
  }

  /** The hart that is disturbed least: an idle one, else one that runs no receiver, the present one before others. */
  static bestHart(): i32 {
    let best = NOWHERE;
    for (let i: u32 = 0; i < HartContext.count(); i++) {
      const hart = HartContext.at(i);
      const flags = changetype<ThreadContext>(hart.current).flags;
      if ((flags & FLAG_IDLE) != 0) return i;
      if ((flags & FLAG_RECEIVER) == 0 && (best == NOWHERE || <i32>i == parkingHart)) best = i;
    }
    return best;
  }

  static park(hart: i32): void {
    if (hart == parkingHart) return;
    parkingHart = hart;
    for (let tcb = first; tcb != 0; tcb = changetype<ThreadContext>(tcb).watchNext) {
      const index = changetype<ThreadContext>(tcb).receiverIndex;
      Uintc.deactivate(index);
      if (hart != NOWHERE) Uintc.activate(index, HartContext.at(hart).hartId);
    }
  }
}

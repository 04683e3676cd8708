// Asynchronous system calls: each registered thread has a handler, a record in its TCB, that serves the requests in the
// buffer it shares with the kernel (docs/kernel.md, “Asynchronous system calls”). Here is when a thread has a handler and
// when it is ready; async-service.ts runs it.
//
// Invariants: a thread is in the list of registered ones exactly when handlerNotification is not 0; only such a thread is in
// ReadyHandlers. A registration also ends when the frame in TCB_SLOT_CALLS goes, which is noticed when it is looked at.

import { CAP_NULL } from "../../abi/src/capability-tags";
import { AsyncRing } from "./async-ring";
import { DerivationTree } from "./derivation-tree";
import { Hart } from "./hart";
import { ReadyHandlers } from "./ready-handlers";
import { HartContext } from "./riscv/hart-context";
import { TCB_SLOT_CALLS, Tcb, THREAD_INACTIVE } from "./tcb";

export class AsyncHandlers {
  private static firstRegistered: u32 = 0;

  // Registration

  @inline static get registered(): u32 {
    return AsyncHandlers.firstRegistered;
  }

  /** Gives a thread a handler for rings of `ringBytes`, whose frame is in its slot already. */
  static register(thread: Tcb, notification: u32, badge: u64, ringBytes: u32): void {
    // A registration whose frame was taken away may still be in the list.
    AsyncHandlers.forget(thread);
    thread.handlerNotification = notification;
    thread.handlerBadge = badge;
    thread.handlerRingMask = ringBytes - 1;
    AsyncRing.initialise(thread);
    const next = AsyncHandlers.firstRegistered;
    thread.registeredPrevious = 0;
    thread.registeredNext = next;
    if (next) Tcb.at(next).registeredPrevious = thread.address;
    AsyncHandlers.firstRegistered = thread.address;
  }

  /** The thread disappears, or its registration ends. The frame's capability stays. */
  static forget(thread: Tcb): void {
    if (thread.handlerNotification == 0) return;
    ReadyHandlers.remove(thread);
    thread.handlerNotification = 0;
    const previous = thread.registeredPrevious;
    const next = thread.registeredNext;
    if (previous) Tcb.at(previous).registeredNext = next;
    else AsyncHandlers.firstRegistered = next;
    if (next) Tcb.at(next).registeredPrevious = previous;
  }

  /** A notification disappears, and with it the handlers that would signal it. */
  static notificationDeleted(notification: u32): void {
    let address = AsyncHandlers.firstRegistered;
    while (address) {
      const thread = Tcb.at(address);
      address = thread.registeredNext;
      if (thread.handlerNotification != notification) continue;
      AsyncHandlers.forget(thread);
      // A frame that is mapped nowhere: its capability can simply go.
      const frame = thread.slot(TCB_SLOT_CALLS);
      if (frame.type != CAP_NULL) DerivationTree.remove(frame);
    }
  }

  // Becoming ready

  /** The wake-up call, also when a thread goes on after it was stopped. No handler: nothing happens. */
  static wake(thread: Tcb): void {
    if (!AsyncRing.isRegistered(thread)) return;
    ReadyHandlers.add(thread);
    AsyncHandlers.callHart(thread.priority + 1);
  }

  /** A thread with a handler stops running on this hart: that it made requests need not be said before. */
  static threadStops(thread: Tcb): void {
    if (thread.handlerLevel != 0 || thread.state == THREAD_INACTIVE) return;
    if (AsyncRing.isRegistered(thread) && AsyncRing.hasWork(thread)) ReadyHandlers.add(thread);
  }

  /** The handler of a thread is as important as the thread. */
  static priorityChanged(thread: Tcb): void {
    if (thread.handlerLevel == 0) return;
    ReadyHandlers.remove(thread);
    ReadyHandlers.add(thread);
  }

  /**
   * Brings another hart into the kernel that does something below this level (1 + a priority): nothing, or a thread
   * of lower priority; of several, the least important. A hart in the kernel counts as what it will run: it takes
   * the interrupt when it leaves. False: no such hart; a handler then runs when a hart gets to it, at the latest at a tick.
   */
  static callHart(level: u32): bool {
    const here = Hart.current();
    let least = level;
    let chosen = here.index;
    for (let index: u32 = 0; index < HartContext.count(); index++) {
      const hart = Hart.number(index);
      const hartLevel: u32 = hart.isIdle() ? 0 : hart.thread.priority + 1;
      if (hartLevel >= least || hart.address == here.address) continue;
      least = hartLevel;
      chosen = index;
    }
    if (chosen == here.index) return false;
    here.reschedulePending |= 1 << chosen;
    return true;
  }

  /** Must a tick bring this hart into the kernel, because a handler is as important as its thread? */
  @inline static needTick(hart: Hart): bool {
    return ReadyHandlers.level != 0 && !hart.isIdle() && ReadyHandlers.level > hart.thread.priority;
  }
}

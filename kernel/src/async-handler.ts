// Asynchronous system calls: each registered thread has a handler, a record in its TCB, that serves the requests in the
// buffer it shares with the kernel (docs/kernel.md, “Asynchronous system calls”). A handler has no stack: it runs to
// completion, or until it is interrupted between two requests, at the end of a kernel entry of any hart, when that
// hart has put its thread aside.
//
// Invariants: a thread is in the list of registered ones exactly when handlerNotification is not 0; only such a thread is in
// ReadyHandlers. A registration also ends when the frame in TCB_SLOT_CALLS goes, which is noticed when it is looked at.

import { CAP_NULL } from "../../abi/src/capability-tags";
import { PEER_ARMED, PEER_AWAKE } from "../../abi/src/ring";
import { AsyncRequest } from "./async-request";
import { AsyncRing } from "./async-ring";
import { DerivationTree } from "./derivation-tree";
import { Notification } from "./endpoint-object";
import { OK } from "./errors";
import { Hart } from "./hart";
import { Signals } from "./notification";
import { ReadyHandlers } from "./ready-handlers";
import { HartContext } from "./riscv/hart-context";
import { FLAG_RECEIVER } from "./riscv/layout";
import { Threads } from "./riscv/threads";
import { Translations } from "./riscv/translations";
import { UserInterrupts } from "./riscv/user-interrupts";
import { Scheduler } from "./scheduler";
import { TCB_SLOT_CALLS, Tcb, THREAD_INACTIVE } from "./tcb";

/** Requests after which threads as important as the handler get their turn. */
const TURN: u32 = 256;
/** Requests after which a client that runs on another hart gets its responses. */
const SMALL_BATCH: u32 = 16;

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
    if (thread.handlerLevel == 0 && AsyncRing.isRegistered(thread) && AsyncRing.hasWork(thread)) {
      ReadyHandlers.add(thread);
    }
  }

  /** The handler of a thread is as important as the thread. */
  static priorityChanged(thread: Tcb): void {
    if (thread.handlerLevel == 0) return;
    ReadyHandlers.remove(thread);
    ReadyHandlers.add(thread);
  }

  /**
   * Brings a hart into the kernel that does something less important than a handler of this level: nothing, or a thread
   * of lower priority; of several, the least important. A hart in the kernel counts as what it will run: it takes
   * the interrupt when it leaves. No such hart: the handler runs when a hart gets to it, at the latest at a tick.
   */
  private static callHart(level: u32): void {
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
    if (chosen != here.index) here.reschedulePending |= 1 << chosen;
  }

  /** Must a tick bring this hart into the kernel, because a handler is as important as its thread? */
  @inline static needTick(hart: Hart): bool {
    return ReadyHandlers.level != 0 && !hart.isIdle() && ReadyHandlers.level > hart.thread.priority;
  }

  // Running

  /** Is there a ready handler that may run instead of what this hart would run? Cheap, and only a first guess. */
  @inline static mayRun(hart: Hart): bool {
    const level = ReadyHandlers.level;
    if (level == 0) return false;
    const thread = hart.thread;
    return !thread.isRunnable() || level > thread.priority;
  }

  /**
   * Runs the ready handlers that are at least as important as every ready thread of this hart, the most important first,
   * until an interrupt is pending. The hart runs no thread meanwhile.
   */
  static run(hart: Hart): void {
    Scheduler.standAside(hart);
    while (ReadyHandlers.level != 0) {
      if (Threads.interruptPending()) return;
      if (ReadyHandlers.level < hart.readyLevel) {
        AsyncHandlers.callHart(ReadyHandlers.level);
        return;
      }
      if (!AsyncHandlers.serve(hart, ReadyHandlers.first())) return;
    }
  }

  /**
   * Serves the requests of a handler, until none is left or it has to make way.
   * @returns true when the next handler may run
   */
  private static serve(hart: Hart, thread: Tcb): bool {
    if (!AsyncRing.isRegistered(thread) || thread.state == THREAD_INACTIVE) {
      ReadyHandlers.remove(thread);
      return true;
    }
    const level = thread.handlerLevel;
    const clientRuns = Hart.from(thread.hart).current == thread.address;
    AsyncRing.open(thread);
    Translations.beginBatch(thread.hart != hart.address);
    let served: u32 = 0;
    let unpublished: u32 = 0;
    let goesOn = false;
    while (true) {
      const request = AsyncRing.next();
      if (request == 0) {
        if (unpublished != 0) AsyncHandlers.publish(thread);
        unpublished = 0;
        if (!AsyncRing.sleep()) continue;
        ReadyHandlers.remove(thread);
        goesOn = true;
        break;
      }
      if (AsyncRequest.serve(thread, request, AsyncRing.response()) != OK) break;
      if (!AsyncRing.isRegistered(thread)) {
        ReadyHandlers.remove(thread);
        Translations.endBatch();
        return true;
      }
      AsyncRing.advance();
      served += 1;
      unpublished += 1;
      if (clientRuns && unpublished == SMALL_BATCH) {
        AsyncHandlers.publish(thread);
        unpublished = 0;
      }
      if (Threads.interruptPending()) break;
      if (hart.readyLevel > level) break;
      if (Threads.othersWaitForKernel()) {
        // This hart comes back when those that wait have had the kernel.
        hart.reschedulePending |= 1 << hart.index;
        break;
      }
      if (served >= TURN && hart.readyLevel == level) {
        ReadyHandlers.remove(thread);
        ReadyHandlers.add(thread);
        break;
      }
    }
    if (unpublished != 0) AsyncHandlers.publish(thread);
    Translations.endBatch();
    return goesOn;
  }

  /** Tells the client about the responses that are ready, and wakes it unless it looks by itself. */
  private static publish(thread: Tcb): void {
    Translations.flushNoted();
    const state = AsyncRing.publish();
    if (state == <u32>PEER_AWAKE) return;
    const notification = Notification.at(thread.handlerNotification);
    const receiver = notification.receiverThread;
    if (state == <u32>PEER_ARMED && receiver != 0 && (Tcb.at(receiver).flags & FLAG_RECEIVER) != 0) {
      UserInterrupts.send(receiver, <u32>ctz<u64>(thread.handlerBadge));
    } else {
      Signals.send(notification, thread.handlerBadge);
    }
  }
}

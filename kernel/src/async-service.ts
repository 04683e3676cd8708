// Running ready asynchronous handlers. A handler has no stack: it runs to completion, or until it makes way between two
// requests, at the end of a kernel entry of any hart, when that hart has put its thread aside. So a request may do
// anything to any thread.
//
// What a handler makes way for, looked at after each request: an interrupt of this hart; a ready thread of this hart
// that is more important; another hart that waits for the kernel; after its turn, threads as important as it. What is left in the
// ring waits there, and the handler stays ready.

import { PEER_ARMED, PEER_AWAKE } from "../../abi/src/ring";
import { AsyncHandlers } from "./async-handler";
import { ANSWERED, AsyncRequest, UNANSWERED } from "./async-request";
import { AsyncRing, SharedMemory } from "./async-ring";
import { Notification } from "./endpoint-object";
import { Hart } from "./hart";
import { Signals } from "./notification";
import { ReadyHandlers } from "./ready-handlers";
import { Threads } from "./riscv/threads";
import { Timer } from "./riscv/timer";
import { Translations } from "./riscv/translations";
import { UserInterrupts } from "./riscv/user-interrupts";
import { Scheduler } from "./scheduler";
import { Tcb, THREAD_INACTIVE } from "./tcb";

/** Requests after which threads as important as the handler get their turn. */
const TURN: u32 = 256;
/** Requests after which a client that runs on another hart gets its responses. */
const SMALL_BATCH: u32 = 16;

// How a batch of requests ended
/** The ring may hold more. */
const GOES_ON: u32 = 0;
/** There was nothing more to serve, or no room for a response. */
const NOTHING_LEFT: u32 = 1;
/** The handler makes way, and stays ready. */
const MAKES_WAY: u32 = 2;
/** The handler sleeps, or is no more. */
const DONE: u32 = 3;

export class AsyncService {
  /** Requests served in the present turn. */
  private static served: u32 = 0;

  /** Hart that made way in the middle of its work, and comes back to it by an interrupt to itself; 0: none. */
  private static returning: u32 = 0;

  /** Is there a ready handler that may run instead of what this hart would run? Cheap, and only a first guess. */
  @inline static mayRun(hart: Hart): bool {
    const level = ReadyHandlers.level;
    if (level == 0 || AsyncService.returning != 0) return false;
    const thread = hart.thread;
    return !thread.isRunnable() || level > thread.priority;
  }

  /**
   * The same at the end of an interrupt, whose thread may go on. A hart that does something less important than this
   * thread is called instead, so that handlers do not follow the interrupts from hart to hart.
   */
  static mayRunAfterInterrupt(hart: Hart): bool {
    if (AsyncService.returning == hart.address) AsyncService.returning = 0;
    if (!AsyncService.mayRun(hart)) return false;
    const thread = hart.thread;
    return !thread.isRunnable() || !AsyncHandlers.callHart(thread.priority + 1);
  }

  /**
   * Runs the ready handlers that are at least as important as every ready thread of this hart, the most important first.
   * The hart runs no thread meanwhile, and chooses one afterwards.
   */
  static run(hart: Hart): void {
    Scheduler.standAside(hart);
    // What is to interrupt the handlers must be set now, as the timer is otherwise set on the way out.
    Timer.update();
    while (ReadyHandlers.level != 0) {
      if (Threads.interruptPending()) return;
      if (ReadyHandlers.level < hart.readyLevel) {
        AsyncHandlers.callHart(ReadyHandlers.level);
        return;
      }
      if (AsyncService.serve(hart, ReadyHandlers.first()) == MAKES_WAY) return;
    }
  }

  /** Runs a ready handler; returns MAKES_WAY or DONE. */
  private static serve(hart: Hart, thread: Tcb): u32 {
    if (!AsyncRing.isRegistered(thread) || thread.state == THREAD_INACTIVE) {
      ReadyHandlers.remove(thread);
      return DONE;
    }
    AsyncRing.wakeUp(thread);
    AsyncRequest.begin(thread);
    Translations.beginBatch(thread.hart != hart.address);
    // The hart runs nobody now: a client that runs does so on another hart.
    const limit = Hart.from(thread.hart).current == thread.address ? SMALL_BATCH : TURN;
    AsyncService.served = 0;
    let ended: u32;
    do {
      ended = AsyncService.serveBatch(hart, thread, limit);
      if (ended == GOES_ON && AsyncService.served >= TURN) ended = AsyncService.endTurn(hart, thread);
    } while (ended == GOES_ON);
    Translations.endBatch();
    return ended;
  }

  /** The handler has had its turn: one more, unless threads of this hart that are as important are ready. */
  private static endTurn(hart: Hart, thread: Tcb): u32 {
    AsyncService.served = 0;
    if (hart.readyLevel != thread.handlerLevel) return GOES_ON;
    ReadyHandlers.remove(thread);
    ReadyHandlers.add(thread);
    return MAKES_WAY;
  }

  /** Serves up to `limit` requests, and shows their responses to the client. */
  private static serveBatch(hart: Hart, thread: Tcb, limit: u32): u32 {
    const base = AsyncRing.baseOf(thread);
    const mask = thread.handlerRingMask;
    const responses = AsyncRing.responses(base, mask);
    const requestTail = AsyncRing.requestTail(base, mask);
    const responseHead = AsyncRing.responseHead(base, mask);
    const level = thread.handlerLevel;
    let request = thread.handlerRequestHead;
    let response = thread.handlerResponseTail;
    let left = limit;
    let ended = GOES_ON;
    while (left != 0) {
      const next = AsyncRing.after(response, mask);
      if (request == requestTail || next == responseHead) {
        ended = NOTHING_LEFT;
        break;
      }
      const answer = AsyncRequest.serve(
        SharedMemory.at(base + request),
        SharedMemory.at(responses + response),
      );
      if (answer == UNANSWERED) {
        // What it stopped for may be over.
        if (!AsyncService.makesWay(hart, level)) continue;
        ended = MAKES_WAY;
        break;
      }
      if (answer == ANSWERED && !AsyncRing.isRegistered(thread)) {
        ReadyHandlers.remove(thread);
        return DONE;
      }
      request = AsyncRing.after(request, mask);
      response = next;
      left -= 1;
      if (AsyncService.makesWay(hart, level)) {
        ended = MAKES_WAY;
        break;
      }
    }
    if (left != limit) {
      thread.handlerRequestHead = request;
      thread.handlerResponseTail = response;
      AsyncService.served += limit - left;
      AsyncService.publish(thread);
    }
    if (ended != NOTHING_LEFT) return ended;
    if (!AsyncRing.sleep(thread)) return GOES_ON;
    ReadyHandlers.remove(thread);
    return DONE;
  }

  @inline private static makesWay(hart: Hart, level: u32): bool {
    if (Threads.interruptPending() || hart.readyLevel > level) return true;
    if (!Threads.othersWaitForKernel()) return false;
    // This hart comes back when those that wait have had the kernel. They do not take its work: it would then wait for them.
    AsyncService.returning = hart.address;
    hart.reschedulePending |= 1 << hart.index;
    return true;
  }

  /** Tells the client about the responses that are there, and wakes it unless it looks by itself. */
  private static publish(thread: Tcb): void {
    Translations.flushNoted();
    const state = AsyncRing.publish(thread);
    if (state == <u32>PEER_AWAKE) return;
    const notification = Notification.at(thread.handlerNotification);
    const receiver = notification.receiverThread;
    if (state == <u32>PEER_ARMED && receiver != 0 && Tcb.at(receiver).isReceiver()) {
      UserInterrupts.send(receiver, <u32>ctz<u64>(thread.handlerBadge));
    } else {
      Signals.send(notification, thread.handlerBadge);
    }
  }
}

/**
 * The client's end of asynchronous calls: `call` looks like a call and suspends only the calling coroutine.
 *
 * A call writes its request into the ring and lets the next coroutine run. Requests are published, and responses looked at,
 * when no coroutine is ready (executor.ts), so that a batch costs one wake-up; to a server on another hart also every few
 * requests, so that it can begin. While responses of a batch are there, a caller that suspends continues the next one's
 * coroutine directly.
 *
 * Never more than N − 1 calls are without response, N being the items of a ring, so neither ring can overflow.
 */
import { switchStack } from "rv";
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { CHANNEL_ASYNC, SIDE_FROM } from "../../../abi/src/start-info";
import { requireChannel } from "../channel-table";
import { signal } from "../system-calls";
import { CallChoice } from "./call-choice";
import { Coroutine, OUTCOME_PEER_ENDED, OUTCOME_WOKEN } from "./coroutine";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { Response, Responses } from "./response";
import { RingEnd } from "./ring-end";
import { ShadowStack } from "./shadow-stack";
import { Timers } from "./timers";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

/** Requests to a server on another hart are published at the latest when there are so many. */
const PUBLISH_EVERY: u32 = 4;

@unmanaged
export class AsyncClient extends RingEnd {
  /** A push up to this address needs a closer look: the channel is cold, it is time to publish, or the ring is full. */
  stop: u32;
  /** Distance from a request's place to that of the response with the same number. */
  span: u32;
  /** Coroutines that wait for room: a WaitList. */
  firstWaiter: u32;
  lastWaiter: u32;
  /** Capability for synchronous calls to the same server, or 0. */
  callSlot: u32;
  /** Recent cycles of a synchronous call, its answer included. */
  serviceTime: u32;
  /** Labels (0–63) whose handlers wait, so that they need the ring. */
  ringOnly: u64;

  /** The channel to the server named `peer`, the same object each time. Ends the program when there is none. */
  static to(peer: string): AsyncClient {
    return Ends.client(requireChannel(CHANNEL_ASYNC, "async", peer, SIDE_FROM, "to"));
  }

  /**
   * Calls the server and waits for its response, while other coroutines run.
   * @param label which request, 0 … 0xffff_feff
   */
  call(label: u32, word0: u64 = 0, word1: u64 = 0, word2: u64 = 0, word3: u64 = 0): Response {
    const me = Turns.current;
    const item = this.out;
    store<u32>(item, me.id);
    store<u32>(item, label, ITEM_INFO_AT);
    store<u64>(item, word0, ITEM_WORDS_AT);
    store<u64>(item, word1, ITEM_WORDS_AT + 8);
    store<u64>(item, word2, ITEM_WORDS_AT + 16);
    store<u64>(item, word3, ITEM_WORDS_AT + 24);
    return this.send(me, item);
  }

  /** The request in the next place of the ring is written: sends it and waits. */
  @inline
  private send(me: Coroutine, item: u32): Response {
    const next = (item + CALL_ITEM_BYTES) & this.wrap;
    if (next == this.stop) return this.sendAtStop(me);
    this.out = next;
    return this.waitForResponse(me);
  }

  /** The request is in the ring: lets others run until its response is there. */
  @inline
  private waitForResponse(me: Coroutine): Response {
    me.waiting = changetype<u32>(this);
    const at = this.in;
    // nested, so that the common way has one comparison for each condition
    if (Turns.ready == 0) {
      if (at != this.inEnd) {
        if (!ShadowStack.inUse) {
          const id = load<u32>(at);
          const answered = CoroutineTable.find(id);
          if (answered.waiting == changetype<u32>(this)) {
            if (answered.id == id) {
              this.in = (at + CALL_ITEM_BYTES) & this.wrap;
              answered.waiting = 0;
              answered.response = at;
              Turns.current = answered;
              switchStack(changetype<u32>(me), changetype<u32>(answered));
              return changetype<Response>(Turns.current.response);
            }
          }
        }
      }
    }
    return this.waitAmong();
  }

  /** Like `call`, with all seven words of a request, which are read from memory at `words`. */
  callWithWords(label: u32, words: u32): Response {
    const me = Turns.current;
    const item = this.out;
    store<u32>(item, me.id);
    store<u32>(item, label, ITEM_INFO_AT);
    memory.copy(item + ITEM_WORDS_AT, words, CALL_ITEM_BYTES - ITEM_WORDS_AT);
    return this.send(me, item);
  }

  /** Like `call`; gives up after `ticks` of `time`, with code CALL_TIMED_OUT. */
  callWithin(
    ticks: u64,
    label: u32,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    word3: u64 = 0,
  ): Response {
    Timers.limit(ticks);
    const response = this.call(label, word0, word1, word2, word3);
    Timers.take(Turns.current);
    return response;
  }

  /** The general way to wait for a response. */
  private waitAmong(): Response {
    Turns.suspend();
    return changetype<Response>(Turns.current.response);
  }

  /** A push that needs a closer look. The request is written at `out`, nothing else has happened. */
  private sendAtStop(me: Coroutine): Response {
    if (me == Turns.executor) Turns.refuse();
    if (this.isDown) return changetype<Response>(Responses.failure(OUTCOME_PEER_ENDED));
    if (!this.isHot) {
      const response = CallChoice.callNow(this);
      if (changetype<u32>(response) != 0) return response;
      Ends.makeHot(this);
    }
    if (this.isFull || (!this.isOpen && !this.tryToOpen())) return this.sendWhenRoom(me);
    this.out = (this.out + CALL_ITEM_BYTES) & this.wrap;
    if (this.isRemote && this.unpublished >= PUBLISH_EVERY * <u32>CALL_ITEM_BYTES) this.publishNow();
    this.setStop();
    return this.waitForResponse(me);
  }

  /** Would one more request be too many? */
  @inline private get isFull(): bool {
    return ((this.out + CALL_ITEM_BYTES) & this.wrap) == this.in - this.span;
  }

  /** Bytes of requests that have not been published. */
  @inline private get unpublished(): u32 {
    return (this.out - this.published) & (this.span / 2 - 1);
  }

  /** Has every call its response? */
  @inline get isQuiet(): bool {
    return this.out == this.in - this.span;
  }

  /** Publishes and wakes the server at once. */
  publishNow(): void {
    this.publish();
    RingEnd.settle();
    const slot = this.wakePeer();
    if (slot != 0) signal(slot);
  }

  /** The request must wait for room, and is written again then. */
  private sendWhenRoom(me: Coroutine): Response {
    const copy = me.responsePlace;
    Responses.copy(this.out, copy);
    do {
      const outcome = this.waiters.wait();
      if (outcome != OUTCOME_WOKEN) return changetype<Response>(Responses.failure(outcome));
      if (this.isDown) return changetype<Response>(Responses.failure(OUTCOME_PEER_ENDED));
    } while (this.isFull || !this.isOpen);
    Responses.copy(copy, this.out);
    store<u32>(this.out, me.id);
    return this.send(me, this.out);
  }

  /** How far calls may go without a closer look. */
  setStop(): void {
    const ring = this.span / 2 - 1;
    const full = this.in - this.span;
    let room = ((full - this.out - CALL_ITEM_BYTES) & ring) + CALL_ITEM_BYTES;
    if (this.isRemote) room = min<u32>(room, PUBLISH_EVERY * CALL_ITEM_BYTES);
    this.stop = (this.out + room) & this.wrap;
  }

  /** The next call needs a closer look: nobody polls this end. */
  coolDown(): void {
    this.stop = (this.out + CALL_ITEM_BYTES) & this.wrap;
  }

  get waiters(): WaitList {
    return changetype<WaitList>(changetype<u32>(this) + offsetof<AsyncClient>("firstWaiter"));
  }

  /**
   * The executor looks for responses and wakes the coroutines they are for. When nobody else is ready and order does not
   * matter, it continues the first one's at once, and that the next one's, each when it waits again (`waitForResponse`).
   * @returns whether there were any
   */
  collect(): bool {
    if (!this.isOpen) this.tryToOpenForWaiters();
    if (!this.look()) return false;
    if (Turns.ready == 0 && !CoroutineTable.hasPriorities && this.waiters.isEmpty) {
      this.continueFirst();
      return true;
    }
    while (this.in != this.inEnd) {
      const at = this.in;
      const answered = this.takeResponse(at);
      if (changetype<u32>(answered) == 0) continue;
      // it may be long before it runs, and the place in the ring is the server's again by then
      answered.response = answered.responsePlace;
      Responses.copy(at, answered.responsePlace);
      Turns.wake(answered);
    }
    this.setStop();
    while (!this.waiters.isEmpty && !this.isFull) this.waiters.wakeFirst();
    return true;
  }

  /** Continues the coroutine the first response is for; returns when no coroutine is ready. */
  private continueFirst(): void {
    const at = this.in;
    const answered = this.takeResponse(at);
    this.setStop();
    if (changetype<u32>(answered) == 0) return;
    answered.waiting = 0;
    answered.response = at;
    Turns.switchFrom(Turns.executor, answered);
  }

  /** Takes the response at `at` out of the ring; returns the coroutine that waits for it, or 0. */
  @inline
  private takeResponse(at: u32): Coroutine {
    this.in = (at + CALL_ITEM_BYTES) & this.wrap;
    const id = load<u32>(at);
    const answered = CoroutineTable.find(id);
    const isExpected = answered.waiting == changetype<u32>(this) && answered.id == id;
    return isExpected ? answered : changetype<Coroutine>(0);
  }

  /** Lets those go on who wait for the server to begin. */
  private tryToOpenForWaiters(): void {
    if (!this.tryToOpen()) return;
    this.setStop();
    while (!this.waiters.isEmpty && !this.isFull) this.waiters.wakeFirst();
  }
}

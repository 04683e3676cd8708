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
import { rdcycle, switchStack, unlikely } from "rv";
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { CHANNEL_ASYNC, PEER_RUNS, SIDE_FROM } from "../../../abi/src/start-info";
import { requireChannel } from "../channel-table";
import { ANSWERED, CallChoice } from "./call-choice";
import { Coroutine, OUTCOME_PEER_ENDED, OUTCOME_WOKEN } from "./coroutine";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { LABELS } from "./handlers";
import { NEEDS_RING, Response, Responses } from "./response";
import { RingEnd } from "./ring-end";
import { ShadowStack } from "./shadow-stack";
import { Timers } from "./timers";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

function refuseLabel(call: string, label: u32): void {
  throw new Error(`AsyncClient.${call}(${label.toString()}, …): labels are 0 to 63`);
}

/** Requests to a server on another hart are published at the latest when there are so many. */
const PUBLISH_EVERY: u32 = 8;

@unmanaged
export class AsyncClient extends RingEnd {
  /** A request at this address needs a closer look first: the end is cold, it is time to publish, or the ring is full. */
  stop: u32;
  /** Bytes of an item. */
  step: u32;
  /** Distance from a request's place to that of the response with the same number. */
  span: u32;
  /** Coroutines that wait for room: a WaitList. */
  firstWaiter: u32;
  lastWaiter: u32;
  /** Capability for synchronous calls to the same server, or 0. */
  callSlot: u32;
  /** Labels (0–63) that may be called synchronously: those whose handlers do not wait, as far as is known. */
  synchronousLabels: u64;

  /** The channel to the server named `peer`, the same object each time. Ends the program when there is none. */
  static to(peer: string): AsyncClient {
    return Ends.client(requireChannel(CHANNEL_ASYNC, "async", peer, SIDE_FROM, "to"));
  }

  /**
   * Calls the server and waits for its response, while other coroutines run.
   * @param label which request, 0 … 63; another one ends the program
   */
  @inline call(label: u32, word0: u64 = 0, word1: u64 = 0, word2: u64 = 0, word3: u64 = 0): Response {
    if (unlikely(label >= LABELS)) refuseLabel("call", label);
    if (unlikely(this.out == this.stop)) return this.callAtStop(label, word0, word1, word2, word3);
    return this.send(label, word0, word1, word2, word3);
  }

  /** Writes a request into the next place of the ring and waits. */
  @inline
  private send(label: u32, word0: u64, word1: u64, word2: u64, word3: u64): Response {
    const me = Turns.current;
    const item = this.out;
    store<u32>(item, me.id);
    store<u32>(item, label, ITEM_INFO_AT);
    store<u64>(item, word0, ITEM_WORDS_AT);
    store<u64>(item, word1, ITEM_WORDS_AT + 8);
    store<u64>(item, word2, ITEM_WORDS_AT + 16);
    store<u64>(item, word3, ITEM_WORDS_AT + 24);
    this.out = (item + CALL_ITEM_BYTES) & this.wrap;
    me.waiting = changetype<u32>(this);
    return this.waitForResponse(me, CALL_ITEM_BYTES);
  }

  /** Like `call`, with all seven words of a request, which are read from memory at `words`. Handlers get the first four. */
  callWithWords(label: u32, words: u32): Response {
    if (label >= LABELS) refuseLabel("callWithWords", label);
    return this.callWithInfo(label, words);
  }

  /** The same, with what message-form.ts makes of a message's label and length. */
  callWithInfo(info: u32, words: u32): Response {
    const me = Turns.current;
    if (this.out == this.stop) {
      const response = this.makeRoom(me);
      if (changetype<u32>(response) != 0) return response;
    }
    const item = this.out;
    store<u32>(item, me.id);
    store<u32>(item, info, ITEM_INFO_AT);
    memory.copy(item + ITEM_WORDS_AT, words, CALL_ITEM_BYTES - ITEM_WORDS_AT);
    this.out = (item + CALL_ITEM_BYTES) & this.wrap;
    me.waiting = changetype<u32>(this);
    return this.waitForResponse(me, CALL_ITEM_BYTES);
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

  /**
   * The request is in the ring: lets others run until its response is there. If responses of the same batch wait to be looked
   * at and nobody is ready, the coroutine of the next one continues at once.
   * @param step bytes of an item, a constant
   */
  @inline
  protected waitForResponse(me: Coroutine, step: u32): Response {
    const at = this.in;
    if (unlikely(Turns.ready != 0)) return this.waitAmong();
    if (unlikely(at == this.inEnd)) return this.waitAmong();
    if (unlikely(ShadowStack.inUse)) return this.waitAmong();
    const id = load<u32>(at);
    const answered = CoroutineTable.find(id);
    if (unlikely(answered.waiting != changetype<u32>(this))) return this.waitAmong();
    if (unlikely(answered.id != id)) return this.waitAmong();
    this.in = (at + step) & this.wrap;
    answered.waiting = 0;
    answered.response = at;
    Turns.current = answered;
    switchStack(changetype<u32>(me), changetype<u32>(answered));
    return changetype<Response>(Turns.current.response);
  }

  /** The general way to wait for a response. */
  private waitAmong(): Response {
    Turns.suspend();
    return changetype<Response>(Turns.current.response);
  }

  /** Before the next request something is to be done: perhaps the call itself, without the ring. */
  private callAtStop(label: u32, word0: u64, word1: u64, word2: u64, word3: u64): Response {
    if (!CallChoice.isBetter(this, label)) return this.callOverRing(label, word0, word1, word2, word3);
    if (unlikely(CallChoice.duties != 0)) return this.callAndNote(label, word0, word1, word2, word3);
    const info = CallChoice.call(this, label, word0, word1, word2, word3);
    return unlikely(info != ANSWERED) ? this.afterUnusual(info, label) : CallChoice.answer;
  }

  /** A synchronous call whose time is taken. */
  private callAndNote(label: u32, word0: u64, word1: u64, word2: u64, word3: u64): Response {
    const start = rdcycle();
    const info = CallChoice.call(this, label, word0, word1, word2, word3);
    CallChoice.note(this, label, rdcycle() - start);
    return info != ANSWERED ? this.afterUnusual(info, label) : CallChoice.answer;
  }

  /** A synchronous call has failed, or its response has more than four words. */
  private afterUnusual(info: u64, label: u32): Response {
    const code = CallChoice.readUnusual(info);
    if (code == 0) return CallChoice.answer;
    if (this.currentEpoch() != this.epoch || this.channel.presence != PEER_RUNS)
      return changetype<Response>(Responses.failure(OUTCOME_PEER_ENDED)); // the kernel's answer for the server
    return code == NEEDS_RING ? this.callAfterAll(label) : CallChoice.answer;
  }

  /** The server has sent a synchronous call back: its handler may wait. */
  private callAfterAll(label: u32): Response {
    this.synchronousLabels &= ~((<u64>1) << label);
    const words = CallChoice.answer;
    return this.callOverRing(label, words.word0, words.word1, words.word2, words.word3);
  }

  private callOverRing(label: u32, word0: u64, word1: u64, word2: u64, word3: u64): Response {
    const failure = this.makeRoom(Turns.current);
    if (changetype<u32>(failure) != 0) return failure;
    return this.send(label, word0, word1, word2, word3);
  }

  /**
   * Sees that there is room for the next request, that the executor looks for its response, and that a server on another hart
   * hears of the requests so far.
   * @returns 0, or the response of a call that cannot be made
   */
  protected makeRoom(me: Coroutine): Response {
    if (me == Turns.executor) Turns.refuse();
    for (;;) {
      if (this.isDown) return changetype<Response>(Responses.failure(OUTCOME_PEER_ENDED));
      if (!this.isHot) Ends.makeHot(this);
      if (!this.isFull && (this.isOpen || this.tryToOpen())) break;
      const outcome = this.waiters.wait();
      if (outcome != OUTCOME_WOKEN) return changetype<Response>(Responses.failure(outcome));
    }
    if (this.isRemote && this.unpublished >= PUBLISH_EVERY * this.step) this.publishAndWake();
    this.setStop();
    return changetype<Response>(0);
  }

  /** Would one more request be too many? */
  @inline private get isFull(): bool {
    return ((this.out + this.step) & this.wrap) == this.in - this.span;
  }

  /** Bytes of requests that have not been published. */
  @inline private get unpublished(): u32 {
    return (this.out - this.published) & (this.span / 2 - 1);
  }

  /** Has every call its response? */
  @inline get isQuiet(): bool {
    return this.out == this.in - this.span;
  }

  /** How far calls may go without a closer look. */
  setStop(): void {
    const mask = this.span / 2 - 1;
    let room = (this.in - this.span - this.step - this.out) & mask;
    if (this.isRemote) room = min<u32>(room, (PUBLISH_EVERY - 1) * this.step);
    this.stop = (this.out + room) & this.wrap;
  }

  /** The next call needs a closer look: nobody polls this end. */
  coolDown(): void {
    this.stop = this.out;
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
    // an index that was read before the connection was seen to be open may be of the one before
    if (unlikely(!this.isOpen) && !this.tryToOpenForWaiters()) return false;
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
  @inline private continueFirst(): void {
    const at = this.in;
    const answered = this.takeResponse(at);
    this.setStop();
    if (unlikely(changetype<u32>(answered) == 0)) return;
    answered.waiting = 0;
    answered.response = at;
    Turns.switchFrom(Turns.executor, answered);
  }

  /** Takes the response at `at` out of the ring; returns the coroutine that waits for it, or 0. */
  @inline
  private takeResponse(at: u32): Coroutine {
    this.in = (at + this.step) & this.wrap;
    const id = load<u32>(at);
    const answered = CoroutineTable.find(id);
    const isExpected = answered.waiting == changetype<u32>(this) && answered.id == id;
    return isExpected ? answered : changetype<Coroutine>(0);
  }

  /** Lets those go on who wait for the server to begin; false when it has not. */
  private tryToOpenForWaiters(): bool {
    if (!this.tryToOpen()) return false;
    this.setStop();
    while (!this.waiters.isEmpty && !this.isFull) this.waiters.wakeFirst();
    return true;
  }
}

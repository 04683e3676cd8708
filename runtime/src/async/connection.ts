/**
 * The server's end of one client's asynchronous calls: takes requests from the ring, runs their handlers, writes responses.
 *
 * A handler that does not wait runs where the request is found, on the executor's stack, and writes its response straight into
 * the ring. One that may wait gets a coroutine. There is always room for responses: a client that keeps the rules has at most
 * N − 1 calls without one, and one that does not overwrites its own.
 */
import { unlikely } from "rv";
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { Ends } from "./ends";
import { Handlers } from "./handlers";
import { PendingRequest, Request } from "./request";
import { REQUEST_NOT_ANSWERED } from "./response";
import { RingEnd } from "./ring-end";
import { Turns } from "./turns";

/** Responses to a client on another hart are published at the latest when there are so many. */
const PUBLISH_EVERY: u32 = 8;

@unmanaged
export class Connection extends RingEnd {
  /** Handles the requests that are there; false when there are none. */
  @inline serve(): bool {
    if (unlikely(!this.isOpen) && !this.tryToOpen()) return false;
    if (!this.look()) return false;
    const end = this.inEnd;
    const before = this.in;
    do {
      // a client on another hart gets its responses in portions, and can go on meanwhile
      const stop = this.isRemote ? this.portion(end) : end;
      if (this.serveUpTo(stop) != stop) break;
      if (this.isRemote) this.publishAndWake();
    } while (this.in != end);
    return this.in != before;
  }

  /** End of the next few requests, at most `end`. */
  private portion(end: u32): u32 {
    const there = (end - this.in) & (this.indexMask | (CALL_ITEM_BYTES - 1));
    return (this.in + min<u32>(there, PUBLISH_EVERY * CALL_ITEM_BYTES)) & this.wrap;
  }

  /** Handles requests up to address `stop`; returns the address of the first that was not handled. */
  @inline private serveUpTo(stop: u32): u32 {
    const wrap = this.wrap;
    let from = this.in;
    let out = this.out;
    do {
      const label = load<u32>(from, ITEM_INFO_AT);
      const handler = Handlers.find(label);
      if (unlikely(Handlers.mayWait(handler))) {
        if (!this.beginWaiting(from, handler, label)) break;
      } else {
        // the id and, as ids have their sign bit set, REQUEST_NOT_ANSWERED
        store<i64>(out, load<i32>(from));
        Handlers.run(
          handler,
          changetype<Request>(out),
          label,
          load<u64>(from, ITEM_WORDS_AT),
          load<u64>(from, ITEM_WORDS_AT + 8),
          load<u64>(from, ITEM_WORDS_AT + 16),
          load<u64>(from, ITEM_WORDS_AT + 24),
        );
        out = (out + CALL_ITEM_BYTES) & wrap;
      }
      from = (from + CALL_ITEM_BYTES) & wrap;
    } while (from != stop);
    this.in = from;
    this.out = out;
    return from;
  }

  /** Starts a coroutine for a request whose handler may wait; false when none is free. */
  private beginWaiting(from: u32, handler: u32, label: u32): bool {
    if (Handlers.passes(handler)) return Handlers.pass(changetype<u32>(this), from);
    const pending = Handlers.take();
    if (changetype<u32>(pending) == 0) return false;
    pending.id = load<u32>(from);
    pending.info = REQUEST_NOT_ANSWERED;
    // what `reply` does not write must not be another client's
    pending.response4 = 0;
    pending.response5 = 0;
    pending.response6 = 0;
    pending.connection = changetype<u32>(this);
    pending.epoch = this.epoch;
    pending.handler = handler;
    pending.label = label;
    pending.word0 = load<u64>(from, ITEM_WORDS_AT);
    pending.word1 = load<u64>(from, ITEM_WORDS_AT + 8);
    pending.word2 = load<u64>(from, ITEM_WORDS_AT + 16);
    pending.word3 = load<u64>(from, ITEM_WORDS_AT + 24);
    Handlers.begin(pending);
    return true;
  }

  /** A handler that waited is done. */
  respond(pending: PendingRequest): void {
    if (pending.epoch != this.epoch) return;
    pending.copyTo(this.out);
    this.out = (this.out + CALL_ITEM_BYTES) & this.wrap;
    Ends.makeHot(this);
    Turns.hasNews = true;
  }
}

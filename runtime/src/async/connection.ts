/**
 * The server's end of one client's asynchronous calls: takes requests from the ring, runs their handlers, writes responses.
 *
 * A handler that does not wait runs where the request is found, on the executor's stack, and writes its response straight into
 * the ring. One that may wait gets a coroutine. There is always room for responses: a client that keeps the rules has at most
 * N − 1 calls without one, and one that does not overwrites its own.
 */
import { load32, load64 } from "rv";
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { signal } from "../system-calls";
import { Ends } from "./ends";
import { Handlers } from "./handlers";
import { PendingRequest, Request } from "./request";
import { RingEnd } from "./ring-end";

/** Responses to a client on another hart are published at the latest when there are so many: 2^n. */
const PUBLISH_EVERY: u32 = 4;

@unmanaged
export class Connection extends RingEnd {
  /** Handles the requests that are there; false when there are none. */
  serve(): bool {
    if (!this.isOpen && !this.tryToOpen()) return false;
    if (!this.look()) return false;
    const wrap = this.wrap;
    const end = this.inEnd;
    const publishAt = this.isRemote ? (PUBLISH_EVERY - 1) * CALL_ITEM_BYTES : ~0;
    let from = this.in;
    do {
      const out = this.out;
      const label = load32(from + ITEM_INFO_AT);
      const handler = Handlers.find(label);
      if (Handlers.mayWait(handler)) {
        if (!this.beginWaiting(from, handler)) break;
      } else {
        store<u32>(out, load32(from));
        store<u32>(out, 0, ITEM_INFO_AT);
        Handlers.run(
          handler,
          changetype<Request>(out),
          load64(from + ITEM_WORDS_AT),
          load64(from + ITEM_WORDS_AT + 8),
          load64(from + ITEM_WORDS_AT + 16),
          load64(from + ITEM_WORDS_AT + 24),
        );
        this.out = (out + CALL_ITEM_BYTES) & wrap;
      }
      from = (from + CALL_ITEM_BYTES) & wrap;
      if ((from & publishAt) == 0) {
        this.in = from;
        this.publish();
      }
    } while (from != end);
    const done = from != this.in || this.out != this.published;
    this.in = from;
    if (this.isRemote) this.publishNow();
    return done;
  }

  /** Publishes the responses and wakes the client. */
  private publishNow(): void {
    this.publish();
    RingEnd.settle();
    const slot = this.wakePeer();
    if (slot != 0) signal(slot);
  }

  /** Starts a coroutine for a request whose handler may wait; false when none is free. */
  private beginWaiting(from: u32, handler: u32): bool {
    const pending = Handlers.take();
    if (changetype<u32>(pending) == 0) return false;
    pending.id = load32(from);
    pending.info = 0;
    pending.connection = changetype<u32>(this);
    pending.epoch = this.epoch;
    pending.handler = handler;
    pending.word0 = load64(from + ITEM_WORDS_AT);
    pending.word1 = load64(from + ITEM_WORDS_AT + 8);
    pending.word2 = load64(from + ITEM_WORDS_AT + 16);
    pending.word3 = load64(from + ITEM_WORDS_AT + 24);
    Handlers.begin(pending);
    return true;
  }

  /** A handler that waited is done. */
  respond(pending: PendingRequest): void {
    if (pending.epoch != this.epoch) return;
    pending.copyTo(this.out);
    this.out = (this.out + CALL_ITEM_BYTES) & this.wrap;
    Ends.makeHot(this);
  }
}

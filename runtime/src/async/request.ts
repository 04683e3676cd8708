/** What a handler of requests gets: where its response goes. */
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";

/**
 * A request being handled. Its first four words are the handler's arguments; what the handler writes here is its response. A
 * handler that writes nothing responds with code 0 and words that mean nothing.
 */
@unmanaged
export class Request {
  /** The response's words. */
  @inline reply(word0: u64 = 0, word1: u64 = 0, word2: u64 = 0, word3: u64 = 0): void {
    store<u64>(changetype<u32>(this), word0, ITEM_WORDS_AT);
    store<u64>(changetype<u32>(this), word1, ITEM_WORDS_AT + 8);
    store<u64>(changetype<u32>(this), word2, ITEM_WORDS_AT + 16);
    store<u64>(changetype<u32>(this), word3, ITEM_WORDS_AT + 24);
  }

  /** Word `index` (0–6) of the response. */
  @inline setWord(index: u32, value: u64): void {
    store<u64>(changetype<u32>(this) + (index << 3), value, ITEM_WORDS_AT);
  }

  /** The request is refused with `code`, 1 … 0xffff_feff. */
  @inline fail(code: u32): void {
    store<u32>(changetype<u32>(this), code, ITEM_INFO_AT);
  }
}

/** A request whose handler may wait: response, connection, function, words. */
@unmanaged
export class PendingRequest {
  /** The response while it is being made: an item as in the ring. */
  id: u32;
  info: u32;
  response0: u64;
  response1: u64;
  response2: u64;
  response3: u64;
  response4: u64;
  response5: u64;
  response6: u64;
  connection: u32;
  /** Number of the connection's client when the request came: a later client gets no answer to it. */
  epoch: u32;
  handler: u32;
  label: u32;
  word0: u64;
  word1: u64;
  word2: u64;
  word3: u64;
  next: PendingRequest;

  /** Copies the response to a place in the ring. */
  copyTo(item: u32): void {
    memory.copy(item, changetype<u32>(this), CALL_ITEM_BYTES);
  }
}

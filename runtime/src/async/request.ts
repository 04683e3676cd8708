/** What a handler of requests gets: where its response goes. */
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { UNKNOWN_REQUEST } from "./response";
import { Turns } from "./turns";

/** Words of a response that `reply` writes, and that the answer to a synchronous call has. */
const REPLY_WORDS: u32 = 4;

/** The response that was given more words last. */
let longResponse: u32 = 0;

/**
 * A request being handled. Its first four words are the handler's arguments; what the handler writes here is its response. Until
 * it writes one the response is the code REQUEST_NOT_ANSWERED; of several the last counts.
 */
@unmanaged
export class Request {
  /** Answers with code 0 and these words. */
  @inline reply(word0: u64 = 0, word1: u64 = 0, word2: u64 = 0, word3: u64 = 0): void {
    store<u64>(changetype<u32>(this), word0, ITEM_WORDS_AT);
    store<u64>(changetype<u32>(this), word1, ITEM_WORDS_AT + 8);
    store<u64>(changetype<u32>(this), word2, ITEM_WORDS_AT + 16);
    store<u64>(changetype<u32>(this), word3, ITEM_WORDS_AT + 24);
    store<u32>(changetype<u32>(this), 0, ITEM_INFO_AT);
  }

  /** Word `index` (0–6) of the response, beside what `reply`, which must be called too, writes. */
  @inline setWord(index: u32, value: u64): void {
    if (index >= REPLY_WORDS) noteLongResponse(changetype<u32>(this), index);
    store<u64>(changetype<u32>(this) + (index << 3), value, ITEM_WORDS_AT);
  }

  /**
   * Refuses the request; the response has no words.
   * @param code 1 … 0xffff_feff; larger ones are the runtime's own, so one that another server's response had cannot be passed
   *   on as it is. Ends the program when it is none of these.
   */
  fail(code: u32): void {
    if (code == 0 || code >= UNKNOWN_REQUEST)
      throw new Error(
        `request.fail(0x${code.toString(16)}): a server's own codes are 0x1 to 0x${(UNKNOWN_REQUEST - 1).toString(16)}`,
      );
    this.refuse(code);
  }

  /** Like `fail`, also with the runtime's own codes. */
  @inline refuse(code: u32): void {
    store<u32>(changetype<u32>(this), code, ITEM_INFO_AT);
  }

  /** Was this response given more words than `reply` has, since this was asked last? */
  takeLength(): bool {
    const isLong = longResponse == changetype<u32>(this);
    longResponse = 0;
    return isLong;
  }
}

/** The answer to a synchronous call is looked at again before it is sent. */
function noteLongResponse(response: u32, index: u32): void {
  if (index > 6) throw new Error(`request.setWord(${index.toString()}, …): a response has words 0 to 6`);
  longResponse = response;
  Turns.hasNews = true;
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

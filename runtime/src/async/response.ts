/** What an asynchronous call returns. */
import { CALL_ITEM_BYTES, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { CALL_FAILED_LABEL } from "../../../abi/src/supervisor";
import { OUTCOME_PEER_ENDED, OUTCOME_TIMED_OUT } from "./coroutine";

// Codes of responses that the runtime itself gives; servers use smaller ones
/** The server does not know the request's label. */
export const UNKNOWN_REQUEST: u32 = 0xffff_ff00;
/** The call was given up: its time was over. */
export const CALL_TIMED_OUT: u32 = 0xffff_ff01;
/** The server has ended. */
export const PEER_HAS_ENDED: u32 = <u32>CALL_FAILED_LABEL;
/** The coroutine was cancelled. */
export const CALL_CANCELLED: u32 = 0xffff_ff03;
/** Answer to a synchronous call whose handler may wait: it must come over the ring. */
export const NEEDS_RING: u32 = 0xffff_ff04;
/** The handler returned without an answer. All bits are set: what sign-extending an id leaves in an item (coroutine-table.ts). */
export const REQUEST_NOT_ANSWERED: u32 = 0xffff_ffff;

/**
 * A view of a response. It stays where it is only until the coroutine waits or yields next; its words may lie in memory the
 * server can still write, so read each once.
 */
@unmanaged
export class Response {
  /** 0, or the code with which the server failed the request, or one of the codes above. */
  @inline get code(): u32 {
    return load<u32>(changetype<u32>(this), ITEM_INFO_AT);
  }

  /** Word `index`, 0–6. */
  @inline word(index: u32): u64 {
    return load<u64>(changetype<u32>(this) + (index << 3), ITEM_WORDS_AT);
  }

  @inline get word0(): u64 {
    return load<u64>(changetype<u32>(this), ITEM_WORDS_AT);
  }
  @inline get word1(): u64 {
    return load<u64>(changetype<u32>(this), ITEM_WORDS_AT + 8);
  }
  @inline get word2(): u64 {
    return load<u64>(changetype<u32>(this), ITEM_WORDS_AT + 16);
  }
  @inline get word3(): u64 {
    return load<u64>(changetype<u32>(this), ITEM_WORDS_AT + 24);
  }
}

/** Responses nobody sent: one item for each outcome of a wait. */
const failures: u32 = <u32>memory.data(256, 64);

function failureCode(outcome: u32): u32 {
  if (outcome == OUTCOME_TIMED_OUT) return CALL_TIMED_OUT;
  return outcome == OUTCOME_PEER_ENDED ? PEER_HAS_ENDED : CALL_CANCELLED;
}

export class Responses {
  /** Address of the response of a call that ended with `outcome` (OUTCOME_*, not WOKEN). */
  static failure(outcome: u32): u32 {
    const item = failures + outcome * CALL_ITEM_BYTES;
    store<u32>(item, failureCode(outcome), ITEM_INFO_AT);
    return item;
  }

  /** Copies a response, reading each word of the source once. */
  static copy(from: u32, to: u32): void {
    for (let at: u32 = 0; at < <u32>CALL_ITEM_BYTES; at += 8) store<u64>(to + at, load<u64>(from + at));
  }
}

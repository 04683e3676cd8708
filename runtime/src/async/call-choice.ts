/**
 * Choice by load: whether a call goes over the ring or straight through the kernel.
 *
 * A synchronous call to a server on the same hart that waits for one is the fastest way there is for a single request: the
 * kernel's fast path switches to the server and back. But it stops the whole program, and carries one request. So it is chosen
 * when there is nothing to batch and nobody to stop: no other coroutine is ready, no call is without response, and the server
 * waits in the kernel. A program that has timers or clients of its own must in addition be able to afford the time, judged by how
 * long such a call took.
 */
import { ecall, ecallResult, load32 } from "rv";
import { MESSAGE_LABEL_SHIFT } from "../../../abi/src/message-info";
import { CALL_ITEM_WORDS, ITEM_INFO_AT, ITEM_WORDS_AT, PEER_BLOCKED } from "../../../abi/src/ring";
import { SYS_CALL } from "../../../abi/src/syscalls";
import { IpcBuffer, MessageInfo } from "../message";
import { AsyncClient } from "./async-client";
import { Ends } from "./ends";
import { Response } from "./response";
import { Turns } from "./turns";

/** Words that go in registers. */
const WORDS: u32 = 4;
/** Message information of an answer with code 0 and no more words. */
export const ANSWERED: u64 = WORDS;
/** Cycles a program with other duties lets a synchronous call take. */
const PATIENCE: u64 = 20_000;

/** The response of the last synchronous call: an item. */
const answer: u32 = <u32>memory.data(64, 64);

export class CallChoice {
  /** Lets experiments force every call through the ring; before the first call. */
  static isEnabled: bool = true;

  static disable(): void {
    CallChoice.isEnabled = false;
  }

  /** Timers that are set, and 1 when this program has clients of its own: what a long call would let wait. */
  static duties: u32 = 0;

  /** Would a synchronous call be better now than the ring? @param label 0 … 63 */
  @inline static isBetter(client: AsyncClient, label: u32): bool {
    if (((client.synchronousLabels >> label) & 1) == 0) return false;
    if (Turns.ready != 0) return false;
    if (Ends.isBusy) return false;
    return load32(client.peerState) == PEER_BLOCKED;
  }

  /**
   * Makes a call through the kernel.
   * @returns the answer's message information: ANSWERED, then the response is `answer`, or anything else, for `readUnusual`
   */
  @inline static call(client: AsyncClient, label: u32, word0: u64, word1: u64, word2: u64, word3: u64): u64 {
    ecall(client.callSlot, MessageInfo.make(label, 0, WORDS), word0, word1, word2, word3, 0, SYS_CALL);
    const info = ecallResult(1);
    store<u64>(answer, ecallResult(2), ITEM_WORDS_AT);
    store<u64>(answer, ecallResult(3), ITEM_WORDS_AT + 8);
    store<u64>(answer, ecallResult(4), ITEM_WORDS_AT + 16);
    store<u64>(answer, ecallResult(5), ITEM_WORDS_AT + 24);
    store<u32>(answer, 0, ITEM_INFO_AT);
    return info;
  }

  /**
   * Completes `answer` when the message information is not ANSWERED: the request has failed, or the response has more words.
   * @returns the response's code. NEEDS_RING: the server wants the request over the ring, and has sent its words back
   */
  static readUnusual(info: u64): u32 {
    const code = <u32>(info >> MESSAGE_LABEL_SHIFT);
    store<u32>(answer, code, ITEM_INFO_AT);
    const length = min<u32>(MessageInfo.length(info), CALL_ITEM_WORDS);
    for (let i = WORDS; i < length; i++) store<u64>(answer + (i << 3), IpcBuffer.word(i), ITEM_WORDS_AT);
    return code;
  }

  /** Where the response of the last call is. */
  @inline static get answer(): Response {
    return changetype<Response>(answer);
  }

  /** Notes how long a call took; one that is too long for a program with duties is the last of its kind. */
  static note(client: AsyncClient, label: u32, cycles: u64): void {
    if (cycles > PATIENCE) client.synchronousLabels &= ~((<u64>1) << label);
  }
}

/**
 * Serving asynchronous calls: handlers by label, for all clients with an async channel to this program.
 *
 * The same handlers answer clients on this hart that call synchronously because they have only one call to make
 * (call-choice.ts): the program waits on its endpoint and on its notification at once.
 */

import { ecall, ecallResult, unlikely } from "rv";
import { MESSAGE_LABEL_SHIFT } from "../../../abi/src/message-info";
import { SLOT_SERVICE_ENDPOINT } from "../../../abi/src/program-layout";
import { CALL_ITEM_WORDS, ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { ENDPOINT_BADGE_FLAG } from "../../../abi/src/start-info";
import { SYS_REPLY_RECV } from "../../../abi/src/syscalls";
import { EndpointHook } from "../endpoint-hook";
import { IpcBuffer, MessageInfo } from "../message";
import { reply } from "../system-calls";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { Handler, Handlers } from "./handlers";
import { Request } from "./request";
import { NEEDS_RING, REQUEST_NOT_ANSWERED } from "./response";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

/** The response to a synchronous call while it is made: an item. */
const answer: u32 = <u32>memory.data(64, 64);
/** Words of a synchronous answer. */
const WORDS: u32 = 4;

/** Message information of a call that must come over the ring. */
const SENT_BACK: u64 = ((<u64>NEEDS_RING) << MESSAGE_LABEL_SHIFT) | WORDS;

/** Where `serve` waits for ever. */
const forEver: u32 = <u32>memory.data(8, 8);

export class AsyncService {
  /**
   * `handler` answers requests with this label. It may not wait for anything: it runs between two coroutines.
   * @param label 0 … 63
   */
  static handle(label: u32, handler: Handler): void {
    Handlers.set(label, handler, false);
  }

  /** `handler` answers requests with this label, each in a coroutine of its own: it may wait, call others, sleep. */
  static handleBlocking(label: u32, handler: Handler): void {
    Handlers.set(label, handler, true);
  }

  /** Begins to serve; the coroutine goes on. */
  static start(): void {
    CoroutineTable.start();
    EndpointHook.refuseMessages();
    Handlers.start();
    Ends.openServices();
  }

  /** Serves for ever. */
  static serve(): void {
    AsyncService.start();
    for (;;) changetype<WaitList>(forEver).wait();
  }

  /**
   * Answers the synchronous call with this message, and those that come then, until signals come instead or there is something
   * to do.
   * @returns the signals' badge, or 0
   */
  static answerCalls(info: u64, word0: u64, word1: u64, word2: u64, word3: u64): u64 {
    let badge: u64;
    do {
      const label = <u32>(info >> MESSAGE_LABEL_SHIFT);
      const handler = Handlers.find(label);
      // a call whose handler may wait goes back as it came
      info = SENT_BACK;
      if (!unlikely(Handlers.mayWait(handler))) {
        store<u32>(answer, REQUEST_NOT_ANSWERED, ITEM_INFO_AT);
        Handlers.run(handler, changetype<Request>(answer), label, word0, word1, word2, word3);
        // the handler may have left something to do
        if (unlikely(Turns.hasNews)) return AsyncService.answerOnly();
        const code = load<u32>(answer, ITEM_INFO_AT);
        info = WORDS;
        // what the words are then may be another client's
        if (unlikely(code != 0)) info = MessageInfo.make(code, 0, 0);
        word0 = load<u64>(answer, ITEM_WORDS_AT);
        word1 = load<u64>(answer, ITEM_WORDS_AT + 8);
        word2 = load<u64>(answer, ITEM_WORDS_AT + 16);
        word3 = load<u64>(answer, ITEM_WORDS_AT + 24);
      }
      badge = ecall(SLOT_SERVICE_ENDPOINT, info, word0, word1, word2, word3, 0, SYS_REPLY_RECV);
      info = ecallResult(1);
      word0 = ecallResult(2);
      word1 = ecallResult(3);
      word2 = ecallResult(4);
      word3 = ecallResult(5);
    } while ((badge & ENDPOINT_BADGE_FLAG) != 0);
    return badge;
  }

  /** Sends the answer, which may have more words, without waiting for the next call; returns 0. */
  private static answerOnly(): u64 {
    const code = load<u32>(answer, ITEM_INFO_AT);
    let length = code == 0 ? WORDS : 0;
    if (changetype<Request>(answer).takeLength() && code == 0) {
      for (; length < <u32>CALL_ITEM_WORDS; length++)
        IpcBuffer.setWord(length, load<u64>(answer + (length << 3), ITEM_WORDS_AT));
    }
    const word0 = load<u64>(answer, ITEM_WORDS_AT);
    const word1 = load<u64>(answer, ITEM_WORDS_AT + 8);
    const word2 = load<u64>(answer, ITEM_WORDS_AT + 16);
    reply(MessageInfo.make(code, 0, length), word0, word1, word2, load<u64>(answer, ITEM_WORDS_AT + 24));
    return 0;
  }
}

/**
 * Serving asynchronous calls: handlers by label, for all clients with an async channel to this program.
 *
 * The same handlers answer clients on this hart that call synchronously because they have only one call to make
 * (call-choice.ts): the program waits on its endpoint and on its notification at once.
 */

import { ecall, ecallResult } from "rv";
import { MESSAGE_LABEL_SHIFT } from "../../../abi/src/message-info";
import { SLOT_SERVICE_ENDPOINT } from "../../../abi/src/program-layout";
import { ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { ENDPOINT_BADGE_FLAG } from "../../../abi/src/start-info";
import { SYS_REPLY_RECV } from "../../../abi/src/syscalls";
import { Message, MessageInfo } from "../message";
import { reply } from "../system-calls";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { Handler, Handlers, LABELS } from "./handlers";
import { Request } from "./request";
import { NEEDS_RING } from "./response";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

/** The response to a synchronous call while it is made: an item. */
const answer: u32 = <u32>memory.data(64, 64);
/** Words of a synchronous answer. */
const WORDS: u32 = 4;

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
    Handlers.start();
    Ends.openServices();
  }

  /** Serves for ever. */
  static serve(): void {
    AsyncService.start();
    for (;;) changetype<WaitList>(forEver).wait();
  }

  /**
   * Answers the synchronous call in `Message`, and those that come then, until signals come instead or there is something to do.
   * @returns the signals' badge, or 0
   */
  static answerCalls(): u64 {
    let label = Message.label;
    let word0 = Message.word0;
    let word1 = Message.word1;
    let word2 = Message.word2;
    let word3 = Message.word3;
    let badge: u64;
    do {
      const handler = Handlers.find(<u32>min<u64>(label, LABELS));
      let info = MessageInfo.make(NEEDS_RING, 0, WORDS);
      // a call whose handler may wait goes back as it came
      if (!Handlers.mayWait(handler)) {
        store<u32>(answer, 0, ITEM_INFO_AT);
        Handlers.run(handler, changetype<Request>(answer), word0, word1, word2, word3);
        info = MessageInfo.make(load<u32>(answer, ITEM_INFO_AT), 0, WORDS);
        word0 = load<u64>(answer, ITEM_WORDS_AT);
        word1 = load<u64>(answer, ITEM_WORDS_AT + 8);
        word2 = load<u64>(answer, ITEM_WORDS_AT + 16);
        word3 = load<u64>(answer, ITEM_WORDS_AT + 24);
      }
      if (Turns.hasNews) {
        // the handler left something to do
        reply(info, word0, word1, word2, word3);
        return 0;
      }
      badge = ecall(SLOT_SERVICE_ENDPOINT, info, word0, word1, word2, word3, 0, SYS_REPLY_RECV);
      label = ecallResult(1) >> MESSAGE_LABEL_SHIFT;
      word0 = ecallResult(2);
      word1 = ecallResult(3);
      word2 = ecallResult(4);
      word3 = ecallResult(5);
    } while ((badge & ENDPOINT_BADGE_FLAG) != 0);
    return badge;
  }
}

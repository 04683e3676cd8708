/**
 * Serving asynchronous calls: handlers by label, for all clients with an async channel to this program.
 *
 * The same handlers answer clients on this hart that call synchronously because they have only one call to make
 * (call-choice.ts): the program waits on its endpoint and on its notification at once.
 */

import { SLOT_SERVICE_ENDPOINT } from "../../../abi/src/program-layout";
import { ITEM_INFO_AT, ITEM_WORDS_AT } from "../../../abi/src/ring";
import { ENDPOINT_BADGE_FLAG } from "../../../abi/src/start-info";
import { Message, MessageInfo } from "../message";
import { reply, replyReceive } from "../system-calls";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { Handler, Handlers } from "./handlers";
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
    let badge: u64;
    do {
      const handler = Handlers.find(<u32>min<u64>(Message.label, 0xffff_ffff));
      let code: u32 = NEEDS_RING;
      if (!Handlers.mayWait(handler)) {
        store<u32>(answer, 0, ITEM_INFO_AT);
        Handlers.run(
          handler,
          changetype<Request>(answer),
          Message.word0,
          Message.word1,
          Message.word2,
          Message.word3,
        );
        code = load<u32>(answer, ITEM_INFO_AT);
      }
      const info = MessageInfo.make(code, 0, WORDS);
      const word0 = load<u64>(answer, ITEM_WORDS_AT);
      const word1 = load<u64>(answer, ITEM_WORDS_AT + 8);
      const word2 = load<u64>(answer, ITEM_WORDS_AT + 16);
      const word3 = load<u64>(answer, ITEM_WORDS_AT + 24);
      if (Turns.ready != 0 || Ends.hasOutput) {
        // the handler left something to do
        reply(info, word0, word1, word2, word3);
        return 0;
      }
      badge = replyReceive(SLOT_SERVICE_ENDPOINT, info, word0, word1, word2, word3);
    } while ((badge & ENDPOINT_BADGE_FLAG) != 0);
    return badge;
  }
}

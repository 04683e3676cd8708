/** Makes all kinds of calls to "odd-server" and prints what came back; on one hart first by synchronous calls, then over the ring. */
import { AsyncClient, Coroutine, Response } from "rel4";
import {
  END_EARLY,
  FAIL_THEN_REPLY,
  REPLY_THEN_FAIL,
  SAY_NOTHING,
  SAY_NOTHING_LATE,
  SEVEN_WORDS,
  SEVEN_WORDS_LATE,
  UNKNOWN,
} from "./odd-protocol";

let server: AsyncClient = changetype<AsyncClient>(0);

function show(what: string, response: Response): void {
  const code = response.code;
  console.log(`${what}: ${code == 0 ? words(response) : `code 0x${code.toString(16)}`}`);
}

function words(response: Response): string {
  let text = "";
  for (let i: u32 = 0; i < 7; i++) text += `${response.word(i).toString()} `;
  return text;
}

function ask(): void {
  // words that must not come back to somebody else
  server.call(SEVEN_WORDS, 1000);
  show("nothing", server.call(SAY_NOTHING));
  show("reply, then fail", server.call(REPLY_THEN_FAIL));
  show("fail, then reply", server.call(FAIL_THEN_REPLY));
  show("seven words", server.call(SEVEN_WORDS, 1));
  show("unknown", server.call(UNKNOWN));
  // the first of these goes over the ring, and those after it
  server.call(SEVEN_WORDS_LATE, 1000);
  show("nothing, late", server.call(SAY_NOTHING_LATE));
  show("ended early", server.call(END_EARLY));
  show("seven words, late", server.call(SEVEN_WORDS_LATE, 1));
}

function idle(_argument: u32): void {
  for (let i = 0; i < 100; i++) Coroutine.yield();
}

export function main(): void {
  server = AsyncClient.to("odd-server");
  ask();
  // with another coroutine ready the calls go over the ring
  const other = Coroutine.spawnWith(idle, 0, "other");
  ask();
  other.join();
}

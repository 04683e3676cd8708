/** Answers calls that come over rings. */
import { AsyncService, Request } from "rel4";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

function answer(request: Request, _label: u32, word0: u64, word1: u64, word2: u64, word3: u64): void {
  request.reply(word0 + 1, word1, word2, word3);
}

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  AsyncService.handle(0, answer);
  AsyncService.serve();
}

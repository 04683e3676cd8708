/** Waits on an async channel; an operation ends when the wait returns. */
import { AsyncChannel } from "rel4";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  const channel = AsyncChannel.with("sender");
  for (;;) {
    channel.wait();
    Stages.end();
  }
}

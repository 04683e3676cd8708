/** Has a handler of its own for user interrupts; an operation ends with the handler's first useful instruction. */
import { Arrivals, AsyncChannel, UserInterrupts } from "rel4";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

function onInterrupt(pending: u64): u64 {
  Stages.end();
  Arrivals.add(pending);
  return 0;
}

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  if (!UserInterrupts.enable(onInterrupt)) throw new Error("this machine has no user interrupts");
  const channel = AsyncChannel.with("sender");
  for (;;) channel.wait();
}

/** Waits in the kernel for signals, or (polls=1) asks for them again and again; an operation ends when one is there. */
import { Signals } from "rel4";
import { numberArgument } from "../arguments";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  const polls = numberArgument("polls") != 0;
  for (;;) {
    if (polls) while (Signals.poll() == 0) {}
    else Signals.wait();
    Stages.end();
  }
}

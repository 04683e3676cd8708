/** Keeps the receiver from running: takes its hart when signalled, and gives it back some time later. */
import { Signals } from "rel4";
import { numberArgument } from "../arguments";
import { spin } from "./pace";
import { PROGRAM_COMPETITOR } from "./stage-protocol";
import { Stages } from "./stages";

export function main(): void {
  Stages.announce(PROGRAM_COMPETITOR);
  const cycles = numberArgument("holds");
  for (;;) {
    Signals.wait();
    spin(cycles);
  }
}

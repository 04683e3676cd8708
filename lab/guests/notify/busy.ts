/** Uses its hart for nothing, so that it is not idle. */
import { PROGRAM_COMPETITOR } from "./stage-protocol";
import { Stages } from "./stages";

export function main(): void {
  Stages.announce(PROGRAM_COMPETITOR);
  for (;;) {}
}

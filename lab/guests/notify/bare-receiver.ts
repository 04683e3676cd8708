/** Receives user interrupts, but waits for them in the kernel. */
import { UserInterrupts } from "rel4";
import { wait } from "rel4/system-calls";
import { SLOT_ASYNC_NOTIFICATION } from "../../../abi/src/program-layout";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  if (!UserInterrupts.enableArrivals()) throw new Error("this machine has no user interrupts");
  for (;;) {
    wait(SLOT_ASYNC_NOTIFICATION);
    Stages.end();
  }
}

/**
 * Sets a timer again and again, and learns that it went off: by a user interrupt (way=0, with a handler of its own), by asking
 * the kernel again and again (way=1), or waiting in the kernel (way=2). With competes=1 a more important program has the hart by then.
 */
import { SignalTo, UserInterrupts } from "rel4";
import { poll, setTimer, wait } from "rel4/system-calls";
import { load32, rdtime, store32 } from "rv";
import { SLOT_ASYNC_NOTIFICATION } from "../../../abi/src/program-layout";
import { numberArgument } from "../arguments";
import { PROGRAM_RECEIVER } from "./stage-protocol";
import { Stages } from "./stages";

/** Ticks of `time` until the timer goes off. */
const DELAY: u64 = 1000;
const POLLING: u32 = 1;

const hasGoneOff: u32 = <u32>memory.data(4, 4);

function onInterrupt(_pending: u64): u64 {
  Stages.end();
  store32(hasGoneOff, 1);
  return 0;
}

function waitInUserMode(): void {
  while (load32(hasGoneOff) == 0) {}
  store32(hasGoneOff, 0);
}

export function main(): void {
  Stages.announce(PROGRAM_RECEIVER);
  const way = numberArgument("way");
  const competes = numberArgument("competes") != 0;
  if (way == 0 && !UserInterrupts.enable(onInterrupt)) throw new Error("this machine has no user interrupts");
  for (let left = numberArgument("operations"); left != 0; left--) {
    setTimer(rdtime() + DELAY);
    if (competes) SignalTo.named("competitor").signal();
    if (way == 0) {
      waitInUserMode();
      continue;
    }
    if (way == POLLING) while (poll(SLOT_ASYNC_NOTIFICATION) == 0) {}
    else wait(SLOT_ASYNC_NOTIFICATION);
    Stages.end();
  }
}

// The scheduler's tick, only where it decides something: a hart whose running thread has no rival of its priority is
// not interrupted, nor is an idle hart, so that a machine in which nothing can happen any more is recognisable.

import { rdtime } from "rv";
import { TICK_MICROSECONDS } from "../../../abi/src/config";
import { AsyncHandlers } from "../async-handler";
import { Hart } from "../hart";
import { Scheduler } from "../scheduler";
import { Firmware } from "./firmware";
import { WatchedReceivers } from "./watched-receivers";

const MICROSECONDS: u64 = 1_000_000;
const NEVER: u64 = ~0;

export class Timer {
  /** Ticks of the real-time counter in one scheduler tick. */
  static interval: u64 = 0;

  /** Boot: the counter's frequency in hertz is known. */
  static initialise(frequency: u32): void {
    Timer.interval = (<u64>frequency * TICK_MICROSECONDS) / MICROSECONDS;
  }

  /** Called before this hart leaves the kernel: starts the tick when it is needed and not running. */
  static update(): void {
    const hart = Hart.current();
    if (hart.timerArmed == 0 && Timer.tickNeeded(hart)) {
      hart.timerArmed = 1;
      Firmware.setTimer(rdtime() + Timer.interval);
    }
  }

  @inline private static tickNeeded(hart: Hart): bool {
    return Scheduler.tickNeeded(hart) || WatchedReceivers.needPolling() || AsyncHandlers.needTick(hart);
  }

  /** The timer interrupted this hart: silences it; `update` starts it again if need be. */
  static fired(): void {
    Hart.current().timerArmed = 0;
    Firmware.setTimer(NEVER);
  }
}

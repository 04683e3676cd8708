// The timer of a hart serves two: the scheduler's tick, and the deadlines of threads (thread-timers.ts).
//
// The tick runs only where it decides something: a hart whose running thread has no rival of its priority is not
// interrupted, nor is an idle hart, so that a machine in which nothing can happen any more is recognisable. The timer is
// only ever brought forward; when it comes too early, because what it was set for is no more, it is set again.

import { rdtime } from "rv";
import { TICK_MICROSECONDS } from "../../../abi/src/config";
import { AsyncHandlers } from "../async-handler";
import { Domains } from "../domains";
import { Hart } from "../hart";
import { Scheduler } from "../scheduler";
import { ThreadTimers } from "../thread-timers";
import { deliverTimers } from "../timer-delivery";
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
      hart.tickDeadline = rdtime() + Timer.interval;
    }
    let next = ThreadTimers.earliest(hart);
    if (hart.timerArmed != 0 && hart.tickDeadline < next) next = hart.tickDeadline;
    if (next < hart.timerSet) Timer.set(hart, next);
  }

  @inline private static tickNeeded(hart: Hart): bool {
    return (
      Domains.tickNeeded() ||
      Scheduler.tickNeeded(hart) ||
      WatchedReceivers.needPolling() ||
      AsyncHandlers.needTick(hart)
    );
  }

  private static set(hart: Hart, deadline: u64): void {
    hart.timerSet = deadline;
    Firmware.setTimer(deadline);
  }

  /** Boot: this hart's timer is not running. */
  static silence(): void {
    Timer.set(Hart.current(), NEVER);
  }

  /**
   * The timer interrupted this hart: silences it and delivers the deadlines that have passed; `update` starts it again.
   * @returns whether the tick came
   */
  static fired(): bool {
    const hart = Hart.current();
    const now = rdtime();
    Timer.silence();
    deliverTimers(hart, now);
    if (hart.timerArmed == 0 || now < hart.tickDeadline) return false;
    hart.timerArmed = 0;
    return true;
  }
}

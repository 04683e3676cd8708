// Time, interrupt lines and waiting. A hart's local clock counts cycles; mtime is clocks divided by ten plus an offset.
// Lines are what hardware drives in mip: MSIP, MTIP, MEIP, SEIP, STIP (Sstc), USIP (UINTC), UEIP (PLIC).
import { IRQ_M_TIMER, IRQ_S_TIMER } from "./encoding";
import { stimecmpDrivesTimer } from "./environment";
import { reportWake } from "./events";
import { Hart, Harts } from "./hart";
import { endWaitOnReservation } from "./reservation";
import {
  CYCLES_PER_TICK,
  HART_ATTENTION,
  HART_LINES,
  HART_MIE,
  HART_MIP,
  HART_MTIMECMP,
  HART_NOT_RETIRED,
  HART_RUN_STATE,
  HART_STIMECMP,
  HART_WAIT_CYCLES,
  HART_WAIT_END,
  MACHINE_BASE,
  MACHINE_CURRENT_HART,
  MACHINE_NOW,
  MACHINE_RESUME_HART,
  MACHINE_TIME_OFFSET,
  NO_HART,
  RUN_RUNNING,
  RUN_WAITING,
} from "./state";
import { waitsOnReservation } from "./watch";

export const NEVER: u64 = ~(<u64>0);

/** The machine's present clock: that of the executing hart, or of the one that ran last. */
export function now(): u64 {
  const current = load<u32>(MACHINE_BASE, MACHINE_CURRENT_HART);
  return current == <u32>NO_HART ? load<u64>(MACHINE_BASE, MACHINE_NOW) : Hart.clock(Harts.at(current));
}

/** mtime at a clock. */
export function timeAt(clock: u64): u64 {
  return clock / CYCLES_PER_TICK + load<u64>(MACHINE_BASE, MACHINE_TIME_OFFSET);
}

/** First clock at which mtime has reached `ticks`. */
export function clockOfTime(ticks: u64): u64 {
  const offset = load<u64>(MACHINE_BASE, MACHINE_TIME_OFFSET);
  if (<i64>(ticks - offset) <= 0 && ticks <= offset) return 0; // the offset may be negative, hence both tests
  const distance = ticks - offset;
  return distance >= NEVER / CYCLES_PER_TICK ? NEVER : distance * CYCLES_PER_TICK;
}

/** First clock at which stimecmp raises the supervisor timer interrupt; never while menvcfg.STCE is clear. */
function supervisorTimer(hart: u32): u64 {
  return stimecmpDrivesTimer(hart) ? clockOfTime(load<u64>(hart, HART_STIMECMP)) : NEVER;
}

/** The next clock at which one of a hart's timers raises a line that is now low. */
export function nextTimer(hart: u32): u64 {
  const lines = load<u64>(hart, HART_LINES);
  let next = NEVER;
  if ((lines & (1 << IRQ_M_TIMER)) == 0) next = clockOfTime(load<u64>(hart, HART_MTIMECMP));
  if ((lines & (1 << IRQ_S_TIMER)) == 0) next = min(next, supervisorTimer(hart));
  return next;
}

/** When a waiting hart wakes by itself: by a timer whose interrupt is enabled, or because its wait is bounded. */
export function nextWake(hart: u32): u64 {
  const enabled = load<u64>(hart, HART_MIE);
  let next = load<u64>(hart, HART_WAIT_END);
  if ((enabled & (1 << IRQ_M_TIMER)) != 0) next = min(next, clockOfTime(load<u64>(hart, HART_MTIMECMP)));
  if ((enabled & (1 << IRQ_S_TIMER)) != 0) next = min(next, supervisorTimer(hart));
  return next;
}

/** Sets the timer lines as the hart's clock says. */
export function updateTimers(hart: u32): void {
  const clock = Hart.clock(hart); // compared as clocks: a slice begins often, and dividing is slow
  setLine(hart, IRQ_M_TIMER, clock >= clockOfTime(load<u64>(hart, HART_MTIMECMP)));
  setLine(hart, IRQ_S_TIMER, clock >= supervisorTimer(hart));
}

/** What drives the timer lines has changed: sets them, and lets the scheduler find the slice's new end. */
export function timersChanged(hart: u32): void {
  updateTimers(hart);
  endSlice();
}

/** Drives one line of a hart, waking it if that makes an enabled interrupt pending. */
export function setLine(hart: u32, bit: u32, level: bool): void {
  const lines = load<u64>(hart, HART_LINES);
  const mask = (<u64>1) << (<u64>bit);
  const changed = level ? lines | mask : lines & ~mask;
  if (changed == lines) return;
  store<u64>(hart, changed, HART_LINES);
  store<u32>(hart, 1, HART_ATTENTION);
  wakeIfPending(hart);
}

/** Interrupts that are pending and enabled by mie, wherever they would go. */
export function pendingEnabled(hart: u32): u64 {
  return (load<u64>(hart, HART_MIP) | load<u64>(hart, HART_LINES)) & load<u64>(hart, HART_MIE);
}

/** Ends a wfi or wrs when an enabled interrupt is pending. */
export function wakeIfPending(hart: u32): void {
  if (load<u32>(hart, HART_RUN_STATE) == RUN_WAITING && pendingEnabled(hart) != 0) resume(hart, now());
}

/** Lets a waiting or stopped hart run from `clock` on, or from its own if that is later. */
export function resume(hart: u32, clock: u64): void {
  const own = Hart.clock(hart);
  const waited: u64 = clock > own ? clock - own : 0;
  if (waited != 0) {
    store<u64>(hart, load<u64>(hart, HART_WAIT_CYCLES) + waited, HART_WAIT_CYCLES);
    store<u64>(hart, load<u64>(hart, HART_NOT_RETIRED) + waited, HART_NOT_RETIRED);
    Hart.setClock(hart, clock);
  }
  const wasWaiting = load<u32>(hart, HART_RUN_STATE) == RUN_WAITING;
  if (waitsOnReservation(hart)) endWaitOnReservation(hart);
  store<u32>(hart, RUN_RUNNING, HART_RUN_STATE);
  endSlice();
  if (wasWaiting) reportWake(hart, waited);
}

/**
 * Makes the executing hart, if any, return to the scheduler after its instruction: who runs next may have changed. Between
 * runs it makes the scheduler decide anew instead of resuming a slice.
 */
export function endSlice(): void {
  const current = load<u32>(MACHINE_BASE, MACHINE_CURRENT_HART);
  if (current != <u32>NO_HART) store<u32>(Harts.at(current), 1, HART_ATTENTION);
  else store<u32>(MACHINE_BASE, NO_HART, MACHINE_RESUME_HART);
}

// Deterministic interleaving of harts. The hart with the smallest local clock runs next (ties: the smaller number), for
// at most until it is a quantum ahead of the slowest other one. What other harts observe in order — atomics, fences,
// uipi, device accesses — waits until no hart is behind, so those happen in the order of clocks whatever the quantum.
// A hart in wfi takes part with the clock at which its timer will wake it. Slices never depend on the host.

import { Hart, Harts } from "./hart";
import { environmentCall } from "./host";
import { interpret } from "./interpreter";
import { fillFetch } from "./mmu";
import { othersHoldReservations } from "./reservation";
import {
  EXIT_ATTENTION,
  EXIT_EXCEPTION,
  EXIT_FETCH,
  EXIT_FIRMWARE,
  EXIT_NONE,
  EXIT_YIELD,
  HART_ATTENTION,
  HART_EXIT,
  HART_ID,
  HART_LEFT,
  HART_PC,
  HART_RUN_STATE,
  HART_SLICE_END,
  HART_SLICES,
  HART_STRICT,
  MACHINE_ACTIVE_RECEIVERS,
  MACHINE_BASE,
  MACHINE_CURRENT_HART,
  MACHINE_IDLE_LIMIT,
  MACHINE_IDLE_TARGET,
  MACHINE_INSTRUCTION_BUDGET,
  MACHINE_NEXT_EVENT,
  MACHINE_NOW,
  MACHINE_PACED,
  MACHINE_QUANTUM,
  MACHINE_RESUME_END,
  MACHINE_RESUME_HART,
  MACHINE_STOP,
  MACHINE_SYNC_CLOCK,
  NO_HART,
  RUN_RUNNING,
  RUN_STOPPED,
  RUN_WAITING,
} from "./state";
import { buffersStores, drainDue, drainMachine, nextDrain } from "./store-buffer";
import { NEVER, nextTimer, nextWake, resume, updateTimers } from "./time";
import { selectBanks } from "./tlb";
import { takeException, takeInterrupt } from "./trap";

/** Why run returned. */
export const RUN_BUDGET = 0; // the instruction budget is used up
export const RUN_STOP = 1; // TypeScript asked to stop
export const RUN_IDLE = 2; // every hart waits or is stopped, and no timer or device event will change that
export const RUN_EVENT = 3; // the clock of the next device event has come
export const RUN_PAUSE = 4; // every hart waits, and time may not be skipped so far (MACHINE_PACED)

/** Longest slice in cycles, so that stop requests of a page's user are seen. */
const LONGEST_SLICE: u64 = 1 << 24;
/** Length of a slice that must see every store, or delays stores. */
const STRICT_SLICE: u64 = 64;
const NOBODY: u32 = 0;

/** Runs harts until the instruction budget is used up or something ends the run (RUN_*). */
export function runHarts(): u32 {
  while (true) {
    if (load<u32>(MACHINE_BASE, MACHINE_STOP) != 0) {
      if (buffersStores()) drainMachine();
      return RUN_STOP;
    }
    if (load<i64>(MACHINE_BASE, MACHINE_INSTRUCTION_BUDGET) <= 0) return RUN_BUDGET;
    let hart = cutSlice();
    if (hart != NOBODY) {
      runSlice(hart, load<u64>(MACHINE_BASE, MACHINE_RESUME_END));
      continue;
    }
    hart = slowest(NOBODY);
    const clock = hart == NOBODY ? NEVER : scheduledClock(hart);
    if (buffersStores() && drainBefore(min(clock, load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT)))) continue;
    if (load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT) <= clock) {
      if (load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT) == NEVER) return RUN_IDLE;
      if (mustPause(load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT))) return RUN_PAUSE;
      advanceNow(load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT));
      return RUN_EVENT;
    }
    if (load<u32>(hart, HART_RUN_STATE) == RUN_WAITING) {
      if (mustPause(clock)) return RUN_PAUSE;
      resume(hart, clock);
    }
    startSlice(hart);
  }
}

/** The clock at which something happens next: a hart runs or wakes, a device wants to be called, a buffered store drains. */
export function nextClock(): u64 {
  const hart = slowest(NOBODY);
  const clock = min(
    hart == NOBODY ? NEVER : scheduledClock(hart),
    load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT),
  );
  return buffersStores() ? min(clock, nextDrain()) : clock;
}

/** Would going on at `clock` skip idle time that the host wants to wait out? */
function mustPause(clock: u64): bool {
  if (load<u32>(MACHINE_BASE, MACHINE_PACED) == 0) return false;
  if (clock <= max(load<u64>(MACHINE_BASE, MACHINE_IDLE_LIMIT), load<u64>(MACHINE_BASE, MACHINE_NOW)))
    return false;
  for (let id: u32 = 0; id < Harts.count(); id++)
    if (load<u32>(Harts.at(id), HART_RUN_STATE) == RUN_RUNNING) return false;
  store<u64>(MACHINE_BASE, clock, MACHINE_IDLE_TARGET);
  return true;
}

/** Drains the next buffered stores if they are due until `clock`; they may wake a hart. */
function drainBefore(clock: u64): bool {
  const due = nextDrain();
  if (due == NEVER || due > clock) return false;
  drainDue(due);
  return true;
}

/** Clock at which a hart has something to do. */
function scheduledClock(hart: u32): u64 {
  const state = load<u32>(hart, HART_RUN_STATE);
  if (state == RUN_RUNNING) return Hart.clock(hart);
  if (state == RUN_STOPPED) return NEVER;
  const wake = nextWake(hart);
  return max(wake, Hart.clock(hart));
}

/** The hart, other than `except`, with the smallest scheduled clock; NOBODY when none will ever run by itself. */
function slowest(except: u32): u32 {
  let best = NOBODY;
  let bestClock = NEVER;
  for (let id: u32 = 0; id < Harts.count(); id++) {
    const hart = Harts.at(id);
    if (hart == except) continue;
    const clock = scheduledClock(hart);
    if (clock < bestClock) {
      best = hart;
      bestClock = clock;
    }
  }
  return best;
}

/** The hart whose slice the instruction budget cut, if it still wants to run. */
function cutSlice(): u32 {
  const id = load<u32>(MACHINE_BASE, MACHINE_RESUME_HART);
  if (id == <u32>NO_HART) return NOBODY;
  store<u32>(MACHINE_BASE, NO_HART, MACHINE_RESUME_HART);
  const hart = Harts.at(id);
  return load<u32>(hart, HART_RUN_STATE) == RUN_RUNNING ? hart : NOBODY;
}

/** Decides how long a hart may run, and runs it. */
function startSlice(hart: u32): void {
  updateTimers(hart);
  const clock = Hart.clock(hart);
  let end = min(clock + LONGEST_SLICE, load<u64>(MACHINE_BASE, MACHINE_NEXT_EVENT));
  end = min(end, nextTimer(hart));
  const other = slowest(hart);
  let syncClock = NEVER;
  if (other != NOBODY) {
    const otherClock = scheduledClock(other);
    end = min(end, otherClock + quantum());
    // At equal clocks the hart with the smaller number goes first.
    syncClock = other < hart ? otherClock - 1 : otherClock;
  }
  store<u64>(MACHINE_BASE, syncClock, MACHINE_SYNC_CLOCK);
  const strict: u32 = buffersStores() || othersHoldReservations(hart) ? 1 : 0;
  if (buffersStores()) end = min(end, nextDrain());
  if (strict != 0) end = min(end, clock + STRICT_SLICE);
  if (strict != load<u32>(hart, HART_STRICT)) {
    store<u32>(hart, strict, HART_STRICT);
    selectBanks(hart);
  }
  runSlice(hart, max(end, clock + 1));
}

/**
 * Cycles a hart may run ahead. While user interrupts can be delivered, harts go in lock-step: a receiver that had run
 * ahead would be interrupted late, and round trips of a hundred cycles would depend on the quantum.
 */
function quantum(): u64 {
  return load<u32>(MACHINE_BASE, MACHINE_ACTIVE_RECEIVERS) != 0
    ? 1
    : <u64>load<u32>(MACHINE_BASE, MACHINE_QUANTUM);
}

/** Runs a hart until its clock is `end`, or the budget cuts the slice, or it yields, waits or calls for attention. */
function runSlice(hart: u32, end: u64): void {
  const start = Hart.clock(hart);
  const budget = <u64>load<i64>(MACHINE_BASE, MACHINE_INSTRUCTION_BUDGET);
  const isCut = end - start > budget;
  const stop = isCut ? start + budget : end;
  store<u64>(hart, stop, HART_SLICE_END);
  store<i32>(hart, <i32>(stop - start), HART_LEFT);
  store<u64>(hart, load<u64>(hart, HART_SLICES) + 1, HART_SLICES);
  store<u32>(MACHINE_BASE, load<u32>(hart, HART_ID), MACHINE_CURRENT_HART);
  execute(hart);
  const clock = Hart.clock(hart);
  Hart.setClock(hart, clock);
  store<i64>(MACHINE_BASE, <i64>(budget - (clock - start)), MACHINE_INSTRUCTION_BUDGET);
  store<u32>(MACHINE_BASE, NO_HART, MACHINE_CURRENT_HART);
  advanceNow(clock);
  if (isCut && clock == stop && load<u32>(hart, HART_EXIT) == EXIT_NONE) {
    store<u32>(MACHINE_BASE, load<u32>(hart, HART_ID), MACHINE_RESUME_HART);
    store<u64>(MACHINE_BASE, end, MACHINE_RESUME_END);
  }
}

/** Interprets, takes traps and serves firmware calls until the slice ends. */
function execute(hart: u32): void {
  store<u32>(hart, 0, HART_ATTENTION);
  store<u32>(hart, EXIT_NONE, HART_EXIT);
  while (load<i32>(hart, HART_LEFT) > 0) {
    takeInterrupt(hart);
    interpret(hart);
    let reason = load<u32>(hart, HART_EXIT);
    if (reason == EXIT_FETCH) {
      if (fillFetch(hart, load<u64>(hart, HART_PC)) != 0) continue;
      store<i32>(hart, load<i32>(hart, HART_LEFT) - 1, HART_LEFT); // a faulting fetch costs a cycle, as any exception
      reason = EXIT_EXCEPTION;
    }
    if (reason == EXIT_EXCEPTION) {
      takeException(hart);
      store<u32>(hart, EXIT_NONE, HART_EXIT);
      if (load<u32>(hart, HART_ATTENTION) != 0) return;
    } else if (reason == EXIT_FIRMWARE) {
      callFirmware(hart);
      return;
    } else if (reason == EXIT_ATTENTION || reason == EXIT_YIELD) return;
  }
}

/** Lets TypeScript serve an ecall; it may change any hart, so the slice ends. */
function callFirmware(hart: u32): void {
  const pc = load<u64>(hart, HART_PC);
  environmentCall(load<u32>(hart, HART_ID));
  // Firmware that moved the pc itself (starting this hart anew) has it its way.
  if (load<u64>(hart, HART_PC) == pc) store<u64>(hart, pc + 4, HART_PC);
  store<u32>(hart, EXIT_ATTENTION, HART_EXIT);
}

function advanceNow(clock: u64): void {
  if (clock > load<u64>(MACHINE_BASE, MACHINE_NOW)) store<u64>(MACHINE_BASE, clock, MACHINE_NOW);
}

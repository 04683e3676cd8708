// The core's exports: what TypeScript may ask of it. Harts are named by number.

import { dropDecodedCode, isDecoded } from "./code";
import { changePrivilege } from "./counters";
import { buildCsrTable, csrExists as exists, readCsr as read, writeCsr as write } from "./csr";
import { Hart, Harts } from "./hart";
import { loseReservation } from "./observed-stores";
import { dropReservation } from "./reservation";
import { nextClock, runHarts } from "./scheduler";
import * as S from "./state";
import { sleepUntilInterrupt } from "./system";
import {
  now as currentClock,
  setLine as driveLine,
  endSlice,
  NEVER,
  resume,
  timeAt,
  timersChanged,
  wakeIfPending,
} from "./time";
import { flushAllBanks, initializeBanks, selectBanks } from "./tlb";
import { resetUintc } from "./uintc";

/** Puts the whole machine except RAM into the state after power-on: harts stopped, in M mode, clocks zero. */
export function powerOn(hartCount: u32, ramSize: u64, quantum: u32, features: u32): void {
  memory.fill(0, 0, S.HARTS_BASE + S.MAX_HARTS * S.HART_SIZE);
  store<u32>(S.MACHINE_BASE, hartCount, S.MACHINE_HARTS);
  store<u64>(S.MACHINE_BASE, ramSize, S.MACHINE_RAM_SIZE);
  store<u32>(S.MACHINE_BASE, quantum, S.MACHINE_QUANTUM);
  store<u32>(S.MACHINE_BASE, features, S.MACHINE_FEATURES);
  store<u32>(S.MACHINE_BASE, S.NO_HART, S.MACHINE_CURRENT_HART);
  store<u32>(S.MACHINE_BASE, S.NO_HART, S.MACHINE_RESUME_HART);
  store<u64>(S.MACHINE_BASE, NEVER, S.MACHINE_NEXT_EVENT);
  buildCsrTable();
  resetUintc();
  for (let id: u32 = 0; id < hartCount; id++) initializeHart(Harts.at(id), id);
  memory.fill(S.CODE_MAP_BASE, 0, (<u32>(ramSize >> 12)) << 1);
  memory.fill(S.CODE_POOL_BASE, 0, S.CODE_POOL_PAGES * S.CODE_PAGE_SIZE);
}

function initializeHart(hart: u32, id: u32): void {
  store<u32>(hart, id, S.HART_ID);
  store<u32>(hart, S.PRIVILEGE_MACHINE, S.HART_PRIVILEGE);
  store<u64>(hart, S.UINTC_PHYSICAL, S.HART_SUICFG);
  store<u64>(hart, NEVER, S.HART_MTIMECMP);
  store<u64>(hart, NEVER, S.HART_STIMECMP);
  store<u64>(hart, NEVER, S.HART_MARK_CLOCK);
  initializeBanks(hart);
  selectBanks(hart);
}

/** Runs until the instruction budget in the machine block is used up or something else ends the run (RUN_*). */
export function run(): u32 {
  return runHarts();
}

export function now(): u64 {
  return currentClock();
}

export function time(): u64 {
  return timeAt(currentClock());
}

/** The clock at which a hart or a device has something to do, all ones = never. Only between runs. */
export function nextActivity(): u64 {
  return nextClock();
}

/** Lets idle time pass up to `clock`, which must not lie beyond nextActivity(). Only between runs. */
export function passIdleTime(clock: u64): void {
  if (clock > currentClock()) store<u64>(S.MACHINE_BASE, clock, S.MACHINE_NOW);
}

/** Makes mtime read `ticks` now. */
export function setTime(ticks: u64): void {
  store<u64>(S.MACHINE_BASE, ticks - currentClock() / S.CYCLES_PER_TICK, S.MACHINE_TIME_OFFSET);
  endSlice();
}

export function setMachineTimer(hart: u32, ticks: u64): void {
  store<u64>(Harts.at(hart), ticks, S.HART_MTIMECMP);
  timersChanged(Harts.at(hart));
}

/** Sets stimecmp, for firmware. It has an effect where menvcfg.STCE is set. */
export function setSupervisorTimer(hart: u32, ticks: u64): void {
  store<u64>(Harts.at(hart), ticks, S.HART_STIMECMP);
  timersChanged(Harts.at(hart));
}

export function setLine(hart: u32, bit: u32, level: u32): void {
  driveLine(Harts.at(hart), bit, level != 0);
}

/** Ends run() after the present instruction. */
export function requestStop(): void {
  store<u32>(S.MACHINE_BASE, 1, S.MACHINE_STOP);
  endSlice();
}

/** Makes the scheduler look again, after a device event was scheduled. */
export function reschedule(): void {
  endSlice();
}

/** RUN_WAITING is what wfi does: nothing, when an enabled interrupt is pending. */
export function setRunState(hart: u32, state: u32): void {
  const block = Harts.at(hart);
  store<u32>(block, 1, S.HART_ATTENTION);
  if (state == S.RUN_RUNNING) resume(block, currentClock());
  else if (state == S.RUN_WAITING) sleepUntilInterrupt(block);
  else {
    dropReservation(block);
    store<u32>(block, state, S.HART_RUN_STATE);
  }
}

export function setPrivilege(hart: u32, privilege: u32): void {
  changePrivilege(Harts.at(hart), privilege);
  selectBanks(Harts.at(hart));
}

export function csrExists(_hart: u32, csr: u32): u32 {
  return exists(csr) ? 1 : 0;
}

export function readCsr(hart: u32, csr: u32): u64 {
  return read(Harts.at(hart), csr, Hart.clock(Harts.at(hart)));
}

export function writeCsr(hart: u32, csr: u32, value: u64): void {
  write(Harts.at(hart), csr, value);
  store<u32>(Harts.at(hart), 1, S.HART_ATTENTION);
  wakeIfPending(Harts.at(hart));
}

export function flushTranslations(hart: u32): void {
  flushAllBanks(Harts.at(hart));
  store<u32>(Harts.at(hart), 1, S.HART_ATTENTION);
}

export function fenceI(): void {
  dropDecodedCode();
}

/** TypeScript has written a physical range of RAM: decoded code and reservations may be stale. */
export function memoryWritten(physical: u64, bytes: u64): void {
  if (bytes != 0 && isDecoded(physical, bytes)) dropDecodedCode();
  for (let id: u32 = 0; id < Harts.count(); id++) loseReservation(Harts.at(id), currentClock());
}

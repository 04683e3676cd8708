// The SYSTEM instructions with funct3 0: ecall, ebreak, returns from traps, wfi, wrs, sfence.vma and those of Svinval.

import { mayProceed } from "./bus";
import {
  CAUSE_BREAKPOINT,
  CAUSE_ECALL_U,
  CAUSE_ILLEGAL,
  MSTATUS_TSR,
  MSTATUS_TVM,
  MSTATUS_TW,
} from "./encoding";
import { reportWait } from "./events";
import { Hart, Machine } from "./hart";
import { dropReservation, holdsReservation, keepReservationWaiting } from "./reservation";
import {
  EXIT_ATTENTION,
  EXIT_FIRMWARE,
  EXIT_RELOAD,
  FEATURE_FIRMWARE,
  HART_ATTENTION,
  HART_EXIT,
  HART_LEFT,
  HART_MSTATUS,
  HART_PC,
  HART_RUN_STATE,
  HART_WAIT_END,
  HART_WAIT_INSTRUCTION,
  MACHINE_BASE,
  MACHINE_FEATURES,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
  PRIVILEGE_USER,
  RUN_WAITING,
  WAIT_WFI,
  WAIT_WRS,
} from "./state";
import { buffersStores, waitForAll } from "./store-buffer";
import { NEVER, pendingEnabled } from "./time";
import { flushAddress, flushAllBanks, flushAsid } from "./tlb";
import { returnFromMachine, returnFromSupervisor, returnFromUser } from "./trap";

const ECALL: u32 = 0x00000073;
const EBREAK: u32 = 0x00100073;
const URET: u32 = 0x00200073;
const SRET: u32 = 0x10200073;
const MRET: u32 = 0x30200073;
const WFI: u32 = 0x10500073;
const WRS_NTO: u32 = 0x00d00073;
const WRS_STO: u32 = 0x01d00073;
const SFENCE_VMA: u32 = 9; // funct7
const SINVAL_VMA: u32 = 11; // funct7
const SFENCE_W_INVAL: u32 = 0x18000073;
const SFENCE_INVAL_IR: u32 = 0x18100073;

/**
 * Longest wait of wrs.sto, in cycles. A hart that polls with it retires about four instructions in this time, a tenth of a
 * per cent; and it comes back to look at anything else it polls within 41 µs, well below a kernel's tick.
 */
const WRS_STO_CYCLES: u64 = 4096;

/** Executes a SYSTEM instruction; parameters and result as for slowLoad. */
export function executeSystem(hart: u32, word: u32, length: u64, pc: u64, left: i32): bool {
  store<u64>(hart, pc, HART_PC);
  store<i32>(hart, left, HART_LEFT);
  const privilege = Hart.privilege(hart);
  switch (word) {
    case ECALL:
      return environmentCallFrom(hart, privilege);
    case EBREAK:
      return Hart.raise(hart, CAUSE_BREAKPOINT, pc);
    case URET:
      if (!Machine.hasUintc() || privilege != PRIVILEGE_USER) return illegal(hart, word);
      returnFromUser(hart);
      return reload(hart);
    case SRET:
      if (privilege == PRIVILEGE_USER || isForbidden(hart, privilege, MSTATUS_TSR))
        return illegal(hart, word);
      returnFromSupervisor(hart);
      return reload(hart);
    case MRET:
      if (privilege != PRIVILEGE_MACHINE) return illegal(hart, word);
      returnFromMachine(hart);
      return reload(hart);
    case WFI:
      if (privilege == PRIVILEGE_USER || isForbidden(hart, privilege, MSTATUS_TW)) return illegal(hart, word);
      return waitForInterrupt(hart, pc + length);
    case WRS_NTO:
    case WRS_STO:
      return waitForStore(hart, word, privilege, pc + length);
    case SFENCE_W_INVAL:
    case SFENCE_INVAL_IR:
      // Here sinval.vma is as strong as sfence.vma, so these have nothing left to order.
      return privilege == PRIVILEGE_USER ? illegal(hart, word) : Hart.finish(hart, 4);
  }
  const isFence = word >> 25 == SFENCE_VMA || word >> 25 == SINVAL_VMA;
  if (isFence && ((word >> 7) & 31) == 0) return fenceTranslations(hart, word, privilege);
  return illegal(hart, word);
}

function illegal(hart: u32, word: u32): bool {
  return Hart.raise(hart, CAUSE_ILLEGAL, <u64>word);
}

function reload(hart: u32): bool {
  store<u32>(hart, EXIT_RELOAD, HART_EXIT);
  return false;
}

/** Whether M mode intercepts an instruction of S mode by a bit of mstatus. */
function isForbidden(hart: u32, privilege: u32, bit: u64): bool {
  return privilege == PRIVILEGE_SUPERVISOR && (load<u64>(hart, HART_MSTATUS) & bit) != 0;
}

function environmentCallFrom(hart: u32, privilege: u32): bool {
  const hasFirmware = (load<u32>(MACHINE_BASE, MACHINE_FEATURES) & FEATURE_FIRMWARE) != 0;
  if (hasFirmware && privilege == PRIVILEGE_SUPERVISOR) {
    // Firmware may send interrupts to other harts, which must not get them in their past.
    if (!mayProceed(hart)) return false;
    // Firmware would run on this hart and see its stores.
    if (buffersStores() && !waitForAll(hart)) return false;
    store<u32>(hart, EXIT_FIRMWARE, HART_EXIT);
    return false;
  }
  return Hart.raise(hart, CAUSE_ECALL_U + privilege, 0);
}

/** wfi completes at once when an enabled interrupt is pending, whether or not it can be taken. */
function waitForInterrupt(hart: u32, nextPc: u64): bool {
  if (!sleepUntilInterrupt(hart)) return Hart.finish(hart, 4);
  return Hart.leave(hart, nextPc, EXIT_ATTENTION);
}

/** Puts a hart to sleep as wfi does; false when an enabled interrupt is pending, so that it does not sleep. */
export function sleepUntilInterrupt(hart: u32): bool {
  if (pendingEnabled(hart) != 0) return false;
  dropReservation(hart);
  beginWait(hart, WAIT_WFI, NEVER);
  return true;
}

/**
 * wrs.nto and wrs.sto (Zawrs 1.01) wait while the hart's reservation lasts and nothing that would end a wfi is pending;
 * wrs.sto also gives up after a while. wrs.nto is forbidden by mstatus.TW where it would have to wait.
 */
function waitForStore(hart: u32, word: u32, privilege: u32, nextPc: u64): bool {
  // Stores by harts that are behind would end the reservation before this clock.
  if (!mayProceed(hart)) return false;
  if (!holdsReservation(hart) || pendingEnabled(hart) != 0) return Hart.finish(hart, 4);
  const isForbiddenToWait =
    privilege != PRIVILEGE_MACHINE && (load<u64>(hart, HART_MSTATUS) & MSTATUS_TW) != 0;
  if (word == WRS_NTO && isForbiddenToWait) return illegal(hart, word);
  keepReservationWaiting(hart);
  beginWait(hart, WAIT_WRS, word == WRS_STO ? Hart.clock(hart) + WRS_STO_CYCLES : NEVER);
  return Hart.leave(hart, nextPc, EXIT_ATTENTION);
}

/** Stops executing until something wakes the hart (time.ts) or its clock is `end`. */
function beginWait(hart: u32, instruction: u32, end: u64): void {
  store<u32>(hart, instruction, HART_WAIT_INSTRUCTION);
  store<u64>(hart, end, HART_WAIT_END);
  reportWait(hart);
  store<u32>(hart, RUN_WAITING, HART_RUN_STATE);
  store<u32>(hart, 1, HART_ATTENTION);
}

function fenceTranslations(hart: u32, word: u32, privilege: u32): bool {
  if (privilege == PRIVILEGE_USER || isForbidden(hart, privilege, MSTATUS_TVM)) return illegal(hart, word);
  if (buffersStores() && !waitForAll(hart)) return false;
  const addressRegister = (word >> 15) & 31;
  const asidRegister = (word >> 20) & 31;
  const asid = Hart.x(hart, asidRegister) & 0xffff;
  if (addressRegister != 0) flushAddress(hart, Hart.x(hart, addressRegister), asidRegister == 0, asid);
  else if (asidRegister != 0) flushAsid(hart, asid);
  else flushAllBanks(hart);
  // The page of code being executed may have gone too.
  return Hart.leave(hart, load<u64>(hart, HART_PC) + 4, EXIT_RELOAD);
}

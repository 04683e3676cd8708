// Taking traps and returning from them (privileged specification, "Machine-Level ISA" and "Supervisor-Level ISA"; the N
// extension draft for traps into U mode). Traps cost one cycle when an instruction causes them, interrupts none.

import { changePrivilege, countNotRetired } from "./counters";
import {
  M_INTERRUPTS,
  MSTATUS_MIE,
  MSTATUS_MPIE,
  MSTATUS_MPP,
  MSTATUS_MPP_SHIFT,
  MSTATUS_MPRV,
  MSTATUS_SIE,
  MSTATUS_SPIE,
  MSTATUS_SPP,
  MSTATUS_UIE,
  MSTATUS_UPIE,
  S_INTERRUPTS,
  U_INTERRUPTS,
} from "./encoding";
import { reportReturn, reportTrap } from "./events";
import { Hart, Machine } from "./hart";
import { dropReservation } from "./reservation";
import {
  HART_CAUSE,
  HART_EXCEPTIONS,
  HART_INTERRUPTS,
  HART_MCAUSE,
  HART_MEDELEG,
  HART_MEPC,
  HART_MIDELEG,
  HART_MSTATUS,
  HART_MTVAL,
  HART_MTVEC,
  HART_PC,
  HART_SCAUSE,
  HART_SEDELEG,
  HART_SEPC,
  HART_SIDELEG,
  HART_STVAL,
  HART_STVEC,
  HART_TRAPS_TO,
  HART_TVAL,
  HART_UCAUSE,
  HART_UEPC,
  HART_USER_INTERRUPTS,
  HART_UTVAL,
  HART_UTVEC,
  PRIVILEGE_MACHINE,
  PRIVILEGE_SUPERVISOR,
  PRIVILEGE_USER,
} from "./state";
import { pendingEnabled } from "./time";
import { selectBanks } from "./tlb";

const INTERRUPT_FLAG: u64 = (<u64>1) << 63;

/** Takes the exception that was recorded for the instruction at HART_PC. */
export function takeException(hart: u32): void {
  const cause = load<u32>(hart, HART_CAUSE);
  countNotRetired(hart);
  increment(hart + (cause << 3) + HART_EXCEPTIONS);
  const target = exceptionTarget(hart, cause);
  increment(hart + (target << 3) + HART_TRAPS_TO);
  enter(hart, target, <u64>cause, load<u64>(hart, HART_TVAL));
}

/** Takes the interrupt of highest priority that may be taken now, if there is one. */
export function takeInterrupt(hart: u32): void {
  const pending = pendingEnabled(hart);
  if (pending == 0) return;
  const privilege = Hart.privilege(hart);
  const status = load<u64>(hart, HART_MSTATUS);
  const delegated = load<u64>(hart, HART_MIDELEG);
  const toUser = delegated & load<u64>(hart, HART_SIDELEG) & U_INTERRUPTS;
  const toMachine = ~delegated;
  const toSupervisor = delegated & ~toUser;
  const machineOpen = privilege < <u32>PRIVILEGE_MACHINE || (status & MSTATUS_MIE) != 0;
  const supervisorOpen =
    privilege < <u32>PRIVILEGE_SUPERVISOR ||
    (privilege == PRIVILEGE_SUPERVISOR && (status & MSTATUS_SIE) != 0);
  const userOpen = privilege == PRIVILEGE_USER && (status & MSTATUS_UIE) != 0;
  if (machineOpen && (pending & toMachine) != 0) enterInterrupt(hart, PRIVILEGE_MACHINE, pending & toMachine);
  else if (supervisorOpen && (pending & toSupervisor) != 0)
    enterInterrupt(hart, PRIVILEGE_SUPERVISOR, pending & toSupervisor);
  else if (userOpen && (pending & toUser) != 0) enterInterrupt(hart, PRIVILEGE_USER, pending & toUser);
}

function enterInterrupt(hart: u32, target: u32, set: u64): void {
  const cause = highestPriority(set);
  increment(hart + (cause << 3) + HART_INTERRUPTS);
  if (target == PRIVILEGE_USER) increment(hart + HART_USER_INTERRUPTS);
  else increment(hart + (target << 3) + HART_TRAPS_TO);
  enter(hart, target, INTERRUPT_FLAG | <u64>cause, 0);
}

/** External before software before timer, machine's before supervisor's before user's. */
function highestPriority(set: u64): u32 {
  let level = set & M_INTERRUPTS;
  let base: u32 = PRIVILEGE_MACHINE;
  if (level == 0) {
    level = set & S_INTERRUPTS;
    base = PRIVILEGE_SUPERVISOR;
  }
  if (level == 0) {
    level = set & U_INTERRUPTS;
    base = PRIVILEGE_USER;
  }
  if (level >> 8 != 0) return 8 + base;
  return (level & 0xf) != 0 ? base : 4 + base;
}

/** M unless delegated; to U only if both M and S delegate the cause. */
function exceptionTarget(hart: u32, cause: u32): u32 {
  const privilege = Hart.privilege(hart);
  if (privilege == PRIVILEGE_MACHINE || ((load<u64>(hart, HART_MEDELEG) >> <u64>cause) & 1) == 0)
    return PRIVILEGE_MACHINE;
  const toUser = privilege == PRIVILEGE_USER && ((load<u64>(hart, HART_SEDELEG) >> <u64>cause) & 1) != 0;
  return toUser && Machine.hasUintc() ? PRIVILEGE_USER : PRIVILEGE_SUPERVISOR;
}

function enter(hart: u32, target: u32, cause: u64, tval: u64): void {
  reportTrap(hart, target, cause, tval);
  dropReservation(hart);
  const from = Hart.privilege(hart);
  if (target == PRIVILEGE_MACHINE) enterMachine(hart, from, cause, tval);
  else if (target == PRIVILEGE_SUPERVISOR) enterSupervisor(hart, from, cause, tval);
  else enterUser(hart, cause, tval);
  if (from != target) {
    changePrivilege(hart, target);
    selectBanks(hart);
  } else if (target == PRIVILEGE_MACHINE) selectBanks(hart); // MPP changed, which matters under MPRV
}

function enterMachine(hart: u32, from: u32, cause: u64, tval: u64): void {
  const status = load<u64>(hart, HART_MSTATUS);
  const kept = status & ~(MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP);
  const previous = (status & MSTATUS_MIE) != 0 ? MSTATUS_MPIE : 0;
  store<u64>(hart, kept | previous | ((<u64>from) << MSTATUS_MPP_SHIFT), HART_MSTATUS);
  store<u64>(hart, load<u64>(hart, HART_PC), HART_MEPC);
  store<u64>(hart, cause, HART_MCAUSE);
  store<u64>(hart, tval, HART_MTVAL);
  store<u64>(hart, vector(load<u64>(hart, HART_MTVEC), cause), HART_PC);
}

function enterSupervisor(hart: u32, from: u32, cause: u64, tval: u64): void {
  const status = load<u64>(hart, HART_MSTATUS);
  const kept = status & ~(MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP);
  const previous = (status & MSTATUS_SIE) != 0 ? MSTATUS_SPIE : 0;
  store<u64>(hart, kept | previous | (from == PRIVILEGE_SUPERVISOR ? MSTATUS_SPP : 0), HART_MSTATUS);
  store<u64>(hart, load<u64>(hart, HART_PC), HART_SEPC);
  store<u64>(hart, cause, HART_SCAUSE);
  store<u64>(hart, tval, HART_STVAL);
  store<u64>(hart, vector(load<u64>(hart, HART_STVEC), cause), HART_PC);
}

/** No S or M register changes: the kernel's state is undisturbed. */
function enterUser(hart: u32, cause: u64, tval: u64): void {
  const status = load<u64>(hart, HART_MSTATUS);
  const previous = (status & MSTATUS_UIE) != 0 ? MSTATUS_UPIE : 0;
  store<u64>(hart, (status & ~(MSTATUS_UIE | MSTATUS_UPIE)) | previous, HART_MSTATUS);
  store<u64>(hart, load<u64>(hart, HART_PC), HART_UEPC);
  store<u64>(hart, cause, HART_UCAUSE);
  store<u64>(hart, tval, HART_UTVAL);
  store<u64>(hart, vector(load<u64>(hart, HART_UTVEC), cause), HART_PC);
}

/** Target of a trap: vectored mode applies to interrupts only. */
function vector(tvec: u64, cause: u64): u64 {
  const base = tvec & ~(<u64>3);
  return (tvec & 1) != 0 && (cause & INTERRUPT_FLAG) != 0 ? base + ((cause & 63) << 2) : base;
}

/** mret: back to the mode in MPP. */
export function returnFromMachine(hart: u32): void {
  const status = load<u64>(hart, HART_MSTATUS);
  const privilege = <u32>((status & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT);
  let changed = status & ~(MSTATUS_MIE | MSTATUS_MPP);
  if ((status & MSTATUS_MPIE) != 0) changed |= MSTATUS_MIE;
  if (privilege != PRIVILEGE_MACHINE) changed &= ~MSTATUS_MPRV;
  store<u64>(hart, changed | MSTATUS_MPIE, HART_MSTATUS);
  returnTo(hart, PRIVILEGE_MACHINE, privilege, load<u64>(hart, HART_MEPC));
}

/** sret: back to the mode in SPP. */
export function returnFromSupervisor(hart: u32): void {
  const status = load<u64>(hart, HART_MSTATUS);
  let changed = status & ~(MSTATUS_SIE | MSTATUS_SPP | MSTATUS_MPRV);
  if ((status & MSTATUS_SPIE) != 0) changed |= MSTATUS_SIE;
  store<u64>(hart, changed | MSTATUS_SPIE, HART_MSTATUS);
  const privilege: u32 = (status & MSTATUS_SPP) != 0 ? PRIVILEGE_SUPERVISOR : PRIVILEGE_USER;
  returnTo(hart, PRIVILEGE_SUPERVISOR, privilege, load<u64>(hart, HART_SEPC));
}

/** uret: stays in U mode. */
export function returnFromUser(hart: u32): void {
  const status = load<u64>(hart, HART_MSTATUS);
  let changed = status & ~MSTATUS_UIE;
  if ((status & MSTATUS_UPIE) != 0) changed |= MSTATUS_UIE;
  store<u64>(hart, changed | MSTATUS_UPIE, HART_MSTATUS);
  returnTo(hart, PRIVILEGE_USER, PRIVILEGE_USER, load<u64>(hart, HART_UEPC));
}

/** Ends a handler of mode `from`. */
function returnTo(hart: u32, from: u32, privilege: u32, pc: u64): void {
  reportReturn(hart, from, pc, privilege);
  if (from != PRIVILEGE_USER) {
    changePrivilege(hart, privilege);
    selectBanks(hart);
  }
  store<u64>(hart, pc, HART_PC);
}

function increment(address: u32): void {
  store<u64>(address, load<u64>(address) + 1);
}

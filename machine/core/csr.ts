// Control and status registers: which exist, who may touch them, and what a read and a write of each mean.
// Fields that this machine fixes ignore writes (WARL), as the privileged specification allows.

import { readCounter, readHpmEvent, writeCounter, writeCountInhibit, writeHpmEvent } from "./counters";
import * as E from "./encoding";
import { stimecmpDrivesTimer, writeMachineEnvironment, writeSupervisorEnvironment } from "./environment";
import { FCSR, FFLAGS, FRM_SHIFT, isFloatOff, refreshFloat, writeFcsr } from "./float-environment";
import { Hart, Machine } from "./hart";
import { PlainCsr, userInterrupts } from "./plain-csr";
import { readPmpAddress, readPmpConfig, writePmpAddress, writePmpConfig } from "./pmp";
import * as S from "./state";
import { timeAt, timersChanged } from "./time";
import { selectBanks } from "./tlb";

const MSTATUS_U_MASK: u64 = E.MSTATUS_UIE | E.MSTATUS_UPIE;
const SSTATUS_MASK: u64 =
  E.MSTATUS_SIE | E.MSTATUS_SPIE | E.MSTATUS_SPP | E.MSTATUS_FS | E.MSTATUS_SUM | E.MSTATUS_MXR;
const MSTATUS_M_MASK: u64 =
  E.MSTATUS_MIE |
  E.MSTATUS_MPIE |
  E.MSTATUS_MPP |
  E.MSTATUS_MPRV |
  E.MSTATUS_TVM |
  E.MSTATUS_TW |
  E.MSTATUS_TSR;
const MISA_LETTERS: u64 =
  (1 << 0) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 8) | (1 << 12) | (1 << 18) | (1 << 20); // ACDFIMSU
const MISA: u64 = ((<u64>2) << 62) | MISA_LETTERS;
const MISA_N: u64 = 1 << 13;

/** Number of the counter `time`. */
const TIME: u32 = 1;

function isUserInterruptCsr(csr: u32): bool {
  const isUserLevel = csr < 0x100;
  return (
    isUserLevel || csr == E.CSR_SEDELEG || csr == E.CSR_SIDELEG || (csr >= E.CSR_SUIST && csr <= E.CSR_SUICFG)
  );
}

/** For each CSR number: 0 = does not exist, 1 = has rules of its own, else the offset of a plain one's value. */
class CsrTable {
  @inline static entry(csr: u32): u32 {
    return <u32>load<u16>(S.CSR_TABLE_BASE + (csr << 1));
  }

  /** Offset of a plain register's value, or 0. */
  @inline static plainOffset(csr: u32): u32 {
    return CsrTable.entry(csr) & ~1;
  }
}

/** Fills the table for this machine's features. */
export function buildCsrTable(): void {
  for (let csr: u32 = 0; csr < 4096; csr++) {
    const offset = PlainCsr.offset(csr);
    const entry: u32 = !isDefined(csr) ? 0 : offset != 0 ? offset : 1;
    store<u16>(S.CSR_TABLE_BASE + (csr << 1), <u16>entry);
  }
}

/** Whether this machine has the register. */
export function csrExists(csr: u32): bool {
  return csr < 4096 && CsrTable.entry(csr) != 0;
}

function isDefined(csr: u32): bool {
  if (PlainCsr.offset(csr) != 0) return Machine.hasUintc() || !isUserInterruptCsr(csr);
  if (csr == E.CSR_USTATUS || csr == E.CSR_UIE || csr == E.CSR_UIP) return Machine.hasUintc();
  if (isFloatCsr(csr)) return true;
  if (csr >= E.CSR_CYCLE && csr < E.CSR_CYCLE + 32) return true;
  if (csr >= E.CSR_MCYCLE && csr < E.CSR_MCYCLE + 32) return csr != E.CSR_MCYCLE + 1;
  if (csr >= E.CSR_MHPMEVENT0 && csr < E.CSR_MHPMEVENT0 + 32)
    return csr == E.CSR_MCOUNTINHIBIT || csr >= E.CSR_MHPMEVENT0 + 3;
  if (csr >= E.CSR_PMPADDR0 && csr < E.CSR_PMPADDR0 + 16) return true;
  if (csr >= E.CSR_TSELECT && csr <= E.CSR_TDATA3) return true;
  if (csr >= E.CSR_MVENDORID && csr <= E.CSR_MCONFIGPTR) return true;
  switch (csr) {
    case E.CSR_SSTATUS:
    case E.CSR_SIE:
    case E.CSR_SIP:
    case E.CSR_SENVCFG:
    case E.CSR_STIMECMP:
    case E.CSR_SATP:
    case E.CSR_MSTATUS:
    case E.CSR_MISA:
    case E.CSR_MENVCFG:
    case E.CSR_MIP:
    case E.CSR_PMPCFG0:
    case E.CSR_PMPCFG2:
      return true;
    default:
      return false;
  }
}

function isFloatCsr(csr: u32): bool {
  return csr >= E.CSR_FFLAGS && csr <= E.CSR_FCSR;
}

/** Whether the hart may execute a CSR instruction on `csr` now. */
function isAllowed(hart: u32, csr: u32, writes: bool): bool {
  const privilege = Hart.privilege(hart);
  if (!csrExists(csr) || privilege < ((csr >> 8) & 3)) return false;
  if (writes && csr >> 10 == 3) return false;
  if (isFloatCsr(csr)) return !isFloatOff(hart);
  if (csr == E.CSR_SATP && privilege == S.PRIVILEGE_SUPERVISOR)
    return (load<u64>(hart, S.HART_MSTATUS) & E.MSTATUS_TVM) == 0;
  if (csr >= E.CSR_CYCLE && csr < E.CSR_CYCLE + 32)
    return isCounterEnabled(hart, csr - E.CSR_CYCLE, privilege);
  if (csr == E.CSR_STIMECMP && privilege == S.PRIVILEGE_SUPERVISOR)
    return stimecmpDrivesTimer(hart) && isCounterEnabled(hart, TIME, privilege);
  return true;
}

function isCounterEnabled(hart: u32, index: u32, privilege: u32): bool {
  const machineAllows = ((load<u64>(hart, S.HART_MCOUNTEREN) >> <u64>index) & 1) != 0;
  const supervisorAllows = ((load<u64>(hart, S.HART_SCOUNTEREN) >> <u64>index) & 1) != 0;
  if (privilege == S.PRIVILEGE_MACHINE) return true;
  return machineAllows && (privilege == S.PRIVILEGE_SUPERVISOR || supervisorAllows);
}

/** Value of a register that exists. Counters are read at `clock`. */
export function readCsr(hart: u32, csr: u32, clock: u64): u64 {
  const offset = CsrTable.plainOffset(csr);
  if (offset != 0) return load<u64>(hart + offset);
  if (csr == E.CSR_TIME) return timeAt(clock);
  if (csr >= E.CSR_CYCLE && csr < E.CSR_CYCLE + 32) return readCounter(hart, csr - E.CSR_CYCLE, clock);
  if (csr >= E.CSR_MCYCLE && csr < E.CSR_MCYCLE + 32) return readCounter(hart, csr - E.CSR_MCYCLE, clock);
  if (csr >= E.CSR_PMPADDR0 && csr < E.CSR_PMPADDR0 + 16) return readPmpAddress(hart, csr - E.CSR_PMPADDR0);
  if (csr > E.CSR_MCOUNTINHIBIT && csr < E.CSR_MHPMEVENT0 + 32)
    return readHpmEvent(hart, csr - E.CSR_MHPMEVENT0);
  switch (csr) {
    case E.CSR_FFLAGS:
      return <u64>(load<u32>(hart, S.HART_FCSR) & FFLAGS);
    case E.CSR_FRM:
      return <u64>(load<u32>(hart, S.HART_FCSR) >> FRM_SHIFT);
    case E.CSR_FCSR:
      return <u64>load<u32>(hart, S.HART_FCSR);
    case E.CSR_MSTATUS:
      return readStatus(hart, ~(<u64>0));
    case E.CSR_SSTATUS:
      return readStatus(hart, sstatusMask() | E.MSTATUS_UXL64 | E.MSTATUS_SD);
    case E.CSR_USTATUS:
      return readStatus(hart, MSTATUS_U_MASK);
    case E.CSR_SIE:
      return load<u64>(hart, S.HART_MIE) & supervisorView(hart);
    case E.CSR_UIE:
      return load<u64>(hart, S.HART_MIE) & userView(hart);
    case E.CSR_MIP:
      return interruptsPending(hart);
    case E.CSR_SIP:
      return interruptsPending(hart) & supervisorView(hart);
    case E.CSR_UIP:
      return interruptsPending(hart) & userView(hart);
    case E.CSR_SENVCFG:
      return load<u64>(hart, S.HART_SENVCFG);
    case E.CSR_MENVCFG:
      return load<u64>(hart, S.HART_MENVCFG);
    case E.CSR_STIMECMP:
      return load<u64>(hart, S.HART_STIMECMP);
    case E.CSR_SATP:
      return load<u64>(hart, S.HART_SATP);
    case E.CSR_MISA:
      return MISA | (Machine.hasUintc() ? MISA_N : 0);
    case E.CSR_MCOUNTINHIBIT:
      return load<u64>(hart, S.HART_MCOUNTINHIBIT);
    case E.CSR_PMPCFG0:
      return readPmpConfig(hart, 0);
    case E.CSR_PMPCFG2:
      return readPmpConfig(hart, 8);
    case E.CSR_MHARTID:
      return <u64>load<u32>(hart, S.HART_ID);
    default:
      return 0; // identification registers, and trigger registers without triggers
  }
}

function readStatus(hart: u32, mask: u64): u64 {
  const status = load<u64>(hart, S.HART_MSTATUS);
  const summary = (status & E.MSTATUS_FS) == E.MSTATUS_FS ? E.MSTATUS_SD : 0;
  return (status | summary | E.MSTATUS_UXL64 | E.MSTATUS_SXL64) & mask;
}

function sstatusMask(): u64 {
  return SSTATUS_MASK | (Machine.hasUintc() ? MSTATUS_U_MASK : 0);
}

function supervisorView(hart: u32): u64 {
  return load<u64>(hart, S.HART_MIDELEG);
}

/** uie and uip show what both M and S delegated. */
function userView(hart: u32): u64 {
  return load<u64>(hart, S.HART_MIDELEG) & load<u64>(hart, S.HART_SIDELEG) & E.U_INTERRUPTS;
}

function interruptsPending(hart: u32): u64 {
  return load<u64>(hart, S.HART_MIP) | load<u64>(hart, S.HART_LINES);
}

/** Bits of mip that M mode writes. STIP is read-only where stimecmp drives it. */
function softwarePending(hart: u32): u64 {
  const bits = E.S_INTERRUPTS | userInterrupts();
  return stimecmpDrivesTimer(hart) ? bits & ~((<u64>1) << E.IRQ_S_TIMER) : bits;
}

/** Writes a register that exists, by its rules. */
export function writeCsr(hart: u32, csr: u32, value: u64): void {
  const offset = CsrTable.plainOffset(csr);
  if (offset != 0) {
    if (PlainCsr.isTrapVector(csr) && (value & 2) != 0) return; // reserved mode: the write is ignored
    store<u64>(hart + offset, value & PlainCsr.mask(csr));
    return;
  }
  if (csr >= E.CSR_MCYCLE && csr < E.CSR_MCYCLE + 32) {
    writeCounter(hart, csr - E.CSR_MCYCLE, value);
    return;
  }
  if (csr >= E.CSR_PMPADDR0 && csr < E.CSR_PMPADDR0 + 16) {
    writePmpAddress(hart, csr - E.CSR_PMPADDR0, value);
    return;
  }
  if (csr > E.CSR_MCOUNTINHIBIT && csr < E.CSR_MHPMEVENT0 + 32) {
    writeHpmEvent(hart, csr - E.CSR_MHPMEVENT0, value);
    return;
  }
  switch (csr) {
    case E.CSR_FFLAGS:
      writeFcsr(hart, <u32>value, FFLAGS);
      break;
    case E.CSR_FRM:
      writeFcsr(hart, (<u32>value) << FRM_SHIFT, FCSR & ~FFLAGS);
      break;
    case E.CSR_FCSR:
      writeFcsr(hart, <u32>value, FCSR);
      break;
    case E.CSR_MSTATUS:
      writeStatus(hart, value, sstatusMask() | MSTATUS_M_MASK);
      break;
    case E.CSR_SSTATUS:
      writeStatus(hart, value, sstatusMask());
      break;
    case E.CSR_USTATUS:
      writeStatus(hart, value, MSTATUS_U_MASK);
      break;
    case E.CSR_SIE:
      writeMasked(hart, S.HART_MIE, value, supervisorView(hart));
      break;
    case E.CSR_UIE:
      writeMasked(hart, S.HART_MIE, value, userView(hart));
      break;
    case E.CSR_MIP:
      writeMasked(hart, S.HART_MIP, value, softwarePending(hart));
      break;
    case E.CSR_SIP:
      writeMasked(hart, S.HART_MIP, value, supervisorView(hart) & ((1 << E.IRQ_S_SOFT) | E.U_INTERRUPTS));
      break;
    case E.CSR_UIP:
      writeMasked(hart, S.HART_MIP, value, userView(hart) & (1 << E.IRQ_U_SOFT));
      break;
    case E.CSR_SENVCFG:
      writeSupervisorEnvironment(hart, value);
      break;
    case E.CSR_MENVCFG:
      writeMachineEnvironment(hart, value);
      timersChanged(hart);
      break;
    case E.CSR_STIMECMP:
      store<u64>(hart, value, S.HART_STIMECMP);
      timersChanged(hart);
      break;
    case E.CSR_SATP:
      writeSatp(hart, value);
      break;
    case E.CSR_MCOUNTINHIBIT:
      writeCountInhibit(hart, value);
      break;
    case E.CSR_PMPCFG0:
      writePmpConfig(hart, 0, value);
      break;
    case E.CSR_PMPCFG2:
      writePmpConfig(hart, 8, value);
      break;
  }
}

function writeMasked(hart: u32, offset: u32, value: u64, mask: u64): void {
  store<u64>(hart + offset, (load<u64>(hart + offset) & ~mask) | (value & mask));
}

function writeStatus(hart: u32, value: u64, mask: u64): void {
  const old = load<u64>(hart, S.HART_MSTATUS);
  let merged = (old & ~mask) | (value & mask);
  if ((merged & E.MSTATUS_MPP) == (<u64>2) << E.MSTATUS_MPP_SHIFT)
    merged = (merged & ~E.MSTATUS_MPP) | (old & E.MSTATUS_MPP); // there is no mode 2
  store<u64>(hart, merged, S.HART_MSTATUS);
  const translationBits = E.MSTATUS_SUM | E.MSTATUS_MXR | E.MSTATUS_MPRV | E.MSTATUS_MPP;
  if (((old ^ merged) & translationBits) != 0) selectBanks(hart);
  else if (((old ^ merged) & E.MSTATUS_FS) != 0) refreshFloat(hart);
}

/** Bare, Sv39 and Sv48 exist; a write that asks for another mode changes nothing. */
function writeSatp(hart: u32, value: u64): void {
  const mode = value >> 60;
  if (mode != 0 && mode != E.SATP_MODE_SV39 && mode != E.SATP_MODE_SV48) return;
  store<u64>(hart, mode == 0 ? 0 : value, S.HART_SATP);
  selectBanks(hart);
}

/**
 * Executes a Zicsr instruction; parameters and result as for slowLoad.
 * A register that does not exist, lacks privilege or is read-only raises an illegal-instruction exception.
 */
export function executeCsr(hart: u32, word: u32, pc: u64, left: i32): bool {
  store<u64>(hart, pc, S.HART_PC);
  store<i32>(hart, left, S.HART_LEFT);
  const csr = word >> 20;
  const source = (word >> 15) & 31;
  const operation = (word >> 12) & 3; // 1 write, 2 set, 3 clear
  const writes = operation == 1 || source != 0;
  if (!isAllowed(hart, csr, writes)) return Hart.raise(hart, E.CAUSE_ILLEGAL, <u64>word);
  const operand = (word & 0x4000) != 0 ? <u64>source : Hart.x(hart, source);
  const old = readCsr(hart, csr, Hart.clock(hart) - 1); // counters do not count this instruction yet
  if (writes) {
    const held = heldBySoftware(hart, csr, old);
    writeCsr(hart, csr, operation == 1 ? operand : operation == 2 ? held | operand : held & ~operand);
  }
  Hart.setX(hart, (word >> 7) & 31, old);
  if (writes && needsReload(csr)) return Hart.leave(hart, pc + 4, S.EXIT_RELOAD);
  return Hart.finish(hart, 4);
}

/** Set and clear on pending bits act on what software holds, not on what lines drive. */
function heldBySoftware(hart: u32, csr: u32, value: u64): u64 {
  return csr == E.CSR_MIP || csr == E.CSR_SIP || csr == E.CSR_UIP ? load<u64>(hart, S.HART_MIP) : value;
}

/** Whether a write may change translation or make an interrupt possible. */
function needsReload(csr: u32): bool {
  const low = csr & 0xff;
  const isStatusOrInterrupt = csr < 0x400 && (low <= 4 || low == 0x44) && !isFloatCsr(csr);
  return isStatusOrInterrupt || csr == E.CSR_SATP || (csr >= E.CSR_PMPCFG0 && csr < E.CSR_PMPADDR0 + 16);
}

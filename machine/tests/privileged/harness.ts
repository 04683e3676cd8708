// The bare-metal program of the privileged comparison. A driver in M mode takes step after step: it sets CSRs and registers as the
// step says and enters the step's code in the step's mode. Handlers in M and S mode write each trap to a log in memory and go on
// behind the instruction (after a fetch that faulted: at ra); an ecall with a mark in a7 ends the step, after which the
// registers are written, too. What is in memory in the end is the result.
import { Assembler } from "../../../compiler/src/assembler/assembler";
import { reg } from "../../../compiler/src/assembler/registers";
import { layOut } from "../flat-program";
import * as at from "./layout";

const CSR = {
  ...at.STEP_CSRS,
  sstatus: 0x100,
  sie: 0x104,
  sscratch: 0x140,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  mscratch: 0x340,
  mcause: 0x342,
  mtval: 0x343,
  mhartid: 0xf14,
} as const;

const SAVED_BY_MACHINE = at.VARIABLES;
const SAVED_BY_SUPERVISOR = at.VARIABLES + 0x100;
/** Holds the address of the next step. They lie one behind the other; one whose mepc is 0 ends the program. */
export const NEXT_STEP = at.VARIABLES + 0x200;
/** Holds the address behind the log's last record. */
export const LOG_END = at.VARIABLES + 0x208;
const TRAPS = at.VARIABLES + 0x210;
const SUPERVISOR_RETURNS = at.VARIABLES + 0x218;
const CLINT_MSIP = 0x200_0000;
const CLINT_MTIMECMP = 0x200_4000;
const TEST_DEVICE = 0x10_0000;
const MSTATUS_MPRV = 1 << 17;
/** Causes of interrupts of S and M mode. */
const INTERRUPTS = [1, 3, 5, 7, 9, 11];
const CAUSE_BREAKPOINT = 3;
/** Exceptions after which there is no instruction to skip: a bit for each cause. */
const FETCH_FAULTS = 0x1003;

/** Addresses of the handlers, for mtvec and stvec. */
export const MACHINE_HANDLER = at.CODE + 64;
export const SUPERVISOR_HANDLER = at.CODE + 128;

/** The program, without steps. */
export function makeHarness(): Uint8Array {
  const a = new Assembler("harness");
  a.j("start");
  handlerTable(a, "machineTrap");
  handlerTable(a, "supervisorTrap");
  start(a);
  nextStep(a);
  machineTrap(a);
  supervisorTrap(a);
  wrongEntry(a);
  endStep(a);
  writeRecord(a);
  return layOut(a.finish(), at.CODE);
}

/** Bytes of a table of jumps, and what it is aligned to. */
const TABLE = 64;

/** Entries for vectored mode: the handler for exceptions (the first) and interrupts, and a wrong turn for the others. */
function handlerTable(a: Assembler, handler: string): void {
  a.align(TABLE);
  for (let cause = 0; cause < TABLE / 4; cause++)
    a.jal(reg.zero, cause === 0 || INTERRUPTS.includes(cause) ? handler : "wrongEntry");
}

function start(a: Assembler): void {
  a.label("start");
  a.csrr(reg.t0, CSR.mhartid);
  a.beqz(reg.t0, "first");
  a.label("park");
  a.wfi();
  a.j("park");
  a.label("first");
  a.li(reg.t0, SAVED_BY_MACHINE);
  a.csrw(CSR.mscratch, reg.t0);
  a.li(reg.t0, SAVED_BY_SUPERVISOR);
  a.csrw(CSR.sscratch, reg.t0);
  a.li(reg.t0, LOG_END);
  a.li(reg.t1, at.LOG);
  a.sd(reg.t1, reg.t0, 0);
}

function nextStep(a: Assembler): void {
  a.label("nextStep");
  a.li(reg.t0, NEXT_STEP);
  a.ld(reg.s0, reg.t0, 0);
  a.ld(reg.t1, reg.s0, at.STEP.csrs + 8 * Object.keys(at.STEP_CSRS).indexOf("mepc"));
  a.bnez(reg.t1, "prepare");
  a.li(reg.t0, TEST_DEVICE);
  a.li(reg.t1, 0x5555);
  a.sw(reg.t1, reg.t0, 0);
  a.label("off");
  a.j("off");

  a.label("prepare");
  a.addi(reg.t2, reg.s0, at.STEP.size);
  a.sd(reg.t2, reg.t0, 0);
  a.li(reg.t0, TRAPS);
  a.sd(reg.zero, reg.t0, 0);
  a.ld(reg.t1, reg.s0, at.STEP.supervisorReturns);
  a.sd(reg.t1, reg.t0, SUPERVISOR_RETURNS - TRAPS);
  // Timer and software bits of the step before go first, while the timer's owner is still the one who set them.
  a.csrw(CSR.mie, reg.zero);
  a.li(reg.t1, -1n);
  a.csrw(CSR.stimecmp, reg.t1);
  a.csrw(CSR.menvcfg, reg.zero);
  a.csrw(CSR.mip, reg.zero);
  a.ld(reg.t1, reg.s0, at.STEP.msip);
  a.li(reg.t0, CLINT_MSIP);
  a.sw(reg.t1, reg.t0, 0);
  a.ld(reg.t1, reg.s0, at.STEP.mtimecmp);
  a.li(reg.t0, CLINT_MTIMECMP);
  a.sd(reg.t1, reg.t0, 0);
  for (const [index, csr] of Object.values(at.STEP_CSRS).entries()) {
    a.ld(reg.t0, reg.s0, at.STEP.csrs + 8 * index);
    a.csrw(csr, reg.t0);
  }
  for (const csr of [CSR.scause, CSR.sepc, CSR.stval]) a.csrw(csr, reg.zero);
  a.sfenceVma();
  a.addi(reg.t6, reg.s0, at.STEP.registers);
  for (let register = 1; register < 32; register++)
    if (register !== reg.t6) a.ld(register, reg.t6, 8 * (register - 1));
  a.ld(reg.t6, reg.t6, 8 * (reg.t6 - 1));
  a.mret();
}

function machineTrap(a: Assembler): void {
  a.label("machineTrap");
  a.csrrw(reg.t6, CSR.mscratch, reg.t6);
  for (let register = 1; register < 31; register++) a.sd(register, reg.t6, 8 * register);
  a.csrr(reg.t0, CSR.mscratch);
  a.sd(reg.t0, reg.t6, 8 * 31);
  a.csrw(CSR.mscratch, reg.t6);
  a.csrr(reg.s0, CSR.mcause);
  a.csrr(reg.s1, CSR.mepc);
  a.csrr(reg.s2, CSR.mtval);
  hideBreakpointAddress(a, CSR.mtval);
  a.csrr(reg.s3, CSR.mstatus);
  a.csrr(reg.s4, CSR.mip);
  a.csrr(reg.s5, CSR.scause);
  a.csrr(reg.s6, CSR.satp);
  a.li(reg.t0, MSTATUS_MPRV);
  a.csrc(CSR.mstatus, reg.t0);
  a.li(reg.a0, at.WRITER.machineTrap);
  a.call("writeRecord");
  a.bltz(reg.s0, "machineInterrupt");
  // An ecall from any mode ends the step when a7 says so.
  a.addi(reg.t0, reg.s0, -8);
  a.sltiu(reg.t0, reg.t0, 4);
  a.beqz(reg.t0, "machineException");
  a.li(reg.t1, at.END_OF_STEP);
  a.beq(reg.a7, reg.t1, "endStep");
  a.label("machineException");
  countTrap(a, "endStep");
  goOn(a, CSR.mepc, SAVED_BY_MACHINE, "machineReturn");
  a.label("machineInterrupt");
  a.li(reg.t0, 1);
  a.sll(reg.t0, reg.t0, reg.s0); // the cause in the low six bits
  a.csrc(CSR.mie, reg.t0);
  a.label("machineReturn");
  a.li(reg.t6, SAVED_BY_MACHINE);
  for (let register = 1; register < 32; register++) a.ld(register, reg.t6, 8 * register);
  a.mret();
}

function supervisorTrap(a: Assembler): void {
  a.label("supervisorTrap");
  a.csrrw(reg.t6, CSR.sscratch, reg.t6);
  for (let register = 1; register < 31; register++) a.sd(register, reg.t6, 8 * register);
  a.csrr(reg.t0, CSR.sscratch);
  a.sd(reg.t0, reg.t6, 8 * 31);
  a.csrw(CSR.sscratch, reg.t6);
  a.csrr(reg.s0, CSR.scause);
  a.csrr(reg.s1, CSR.sepc);
  a.csrr(reg.s2, CSR.stval);
  hideBreakpointAddress(a, CSR.stval);
  a.csrr(reg.s3, CSR.sstatus);
  a.csrr(reg.s4, CSR.sip);
  a.csrr(reg.s5, CSR.sie);
  a.mv(reg.s6, reg.a7);
  a.li(reg.a0, at.WRITER.supervisorTrap);
  a.call("writeRecord");
  a.bltz(reg.s0, "supervisorInterrupt");
  a.li(reg.t1, at.END_OF_STEP);
  a.beq(reg.a7, reg.t1, "handOver");
  countTrap(a, "handOver");
  a.li(reg.t0, SUPERVISOR_RETURNS);
  a.ld(reg.t0, reg.t0, 0);
  a.beqz(reg.t0, "handOver");
  goOn(a, CSR.sepc, SAVED_BY_SUPERVISOR, "supervisorReturn");
  a.label("supervisorInterrupt");
  a.li(reg.t0, 1);
  a.sll(reg.t0, reg.t0, reg.s0);
  a.csrc(CSR.sie, reg.t0);
  a.label("supervisorReturn");
  a.li(reg.t6, SAVED_BY_SUPERVISOR);
  for (let register = 1; register < 32; register++) a.ld(register, reg.t6, 8 * register);
  a.sret();
  // Only when M mode intercepts sret, which it then skips.
  a.label("handOver");
  a.li(reg.a7, at.END_OF_STEP);
  a.ecall();
  a.j("handOver");
}

/** Makes the trap value of an ebreak 0 in s2 and its register: QEMU 7.2 reports 0, this machine the address. The cause is in s0. */
function hideBreakpointAddress(a: Assembler, tval: number): void {
  const keep = `keep${tval}`;
  a.addi(reg.t0, reg.s0, -CAUSE_BREAKPOINT);
  a.bnez(reg.t0, keep);
  a.li(reg.s2, 0);
  a.csrw(tval, reg.zero);
  a.label(keep);
}

/** Ends the step at `enough` after MOST_TRAPS traps. */
function countTrap(a: Assembler, enough: string): void {
  a.li(reg.t0, TRAPS);
  a.ld(reg.t1, reg.t0, 0);
  a.addi(reg.t1, reg.t1, 1);
  a.sd(reg.t1, reg.t0, 0);
  a.li(reg.t0, at.MOST_TRAPS);
  a.bgeu(reg.t1, reg.t0, enough);
}

/** Sets the address to return to: behind the instruction at s1, or the saved ra where the fetch itself failed (causes 0, 1, 12). */
function goOn(a: Assembler, epc: number, saved: number, then: string): void {
  const skip = `skip${epc}`;
  a.li(reg.t0, FETCH_FAULTS);
  a.srl(reg.t0, reg.t0, reg.s0);
  a.andi(reg.t0, reg.t0, 1);
  a.addi(reg.t1, reg.s1, 4);
  a.beqz(reg.t0, skip);
  a.li(reg.t1, saved);
  a.ld(reg.t1, reg.t1, 8 * reg.ra);
  a.label(skip);
  a.csrw(epc, reg.t1);
  a.j(then);
}

/** An exception has been vectored, which must not be: it is not logged, and the step ends. */
function wrongEntry(a: Assembler): void {
  a.label("wrongEntry");
  a.li(reg.a7, at.END_OF_STEP);
  a.ecall();
}

/** Writes what the step has left, and goes on with the next one. */
function endStep(a: Assembler): void {
  a.label("endStep");
  a.csrr(reg.s0, CSR.sstatus);
  a.csrr(reg.s1, CSR.mie);
  a.csrr(reg.s2, CSR.mip);
  a.csrr(reg.s3, CSR.scause);
  a.csrr(reg.s4, CSR.sepc);
  a.csrr(reg.s5, CSR.stval);
  a.csrr(reg.s6, CSR.satp);
  a.li(reg.a0, at.WRITER.end);
  a.call("writeRecord");
  a.li(reg.a1, SAVED_BY_MACHINE);
  a.li(reg.a2, 5);
  a.label("registers");
  for (let word = 0; word < 7; word++) a.ld(reg.s0 + (word < 2 ? word : word + 8), reg.a1, 8 * word);
  a.li(reg.a0, at.WRITER.registers);
  a.call("writeRecord");
  a.addi(reg.a1, reg.a1, 7 * 8);
  a.addi(reg.a2, reg.a2, -1);
  a.bnez(reg.a2, "registers");
  a.j("nextStep");
}

/** Writes a0 and s0 to s6 behind the log's last record. */
function writeRecord(a: Assembler): void {
  a.label("writeRecord");
  a.li(reg.t0, LOG_END);
  a.ld(reg.t1, reg.t0, 0);
  a.sd(reg.a0, reg.t1, 0);
  const words = [reg.s0, reg.s1, reg.s2, reg.s3, reg.s4, reg.s5, reg.s6];
  for (const [index, register] of words.entries()) a.sd(register, reg.t1, 8 * (index + 1));
  a.addi(reg.t1, reg.t1, 8 * at.RECORD_WORDS);
  a.sd(reg.t1, reg.t0, 0);
  a.ret();
}

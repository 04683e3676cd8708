// Bare machines for tests of the core: a program at the beginning of RAM, entered in M mode, that ends in a halt (wfi with
// nothing to wait for, which the machine reports as a deadlock).
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { ensureCore } from "../../tools/build-core";
import { Machine, type MachineOptions, type RunResult } from "../src/index";
import { layOut } from "./flat-program";

export const RAM = 0x8000_0000;
export const PAGE = 4096;

/** CSR numbers the tests use. */
export const CSR = {
  fflags: 0x001,
  frm: 0x002,
  fcsr: 0x003,
  ustatus: 0x000,
  uie: 0x004,
  utvec: 0x005,
  uscratch: 0x040,
  uepc: 0x041,
  ucause: 0x042,
  utval: 0x043,
  uip: 0x044,
  sstatus: 0x100,
  sedeleg: 0x102,
  sideleg: 0x103,
  sie: 0x104,
  stvec: 0x105,
  scounteren: 0x106,
  senvcfg: 0x10a,
  sscratch: 0x140,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  stimecmp: 0x14d,
  satp: 0x180,
  suist: 0x1b0,
  suirs: 0x1b1,
  suicfg: 0x1b2,
  mstatus: 0x300,
  misa: 0x301,
  medeleg: 0x302,
  mideleg: 0x303,
  mie: 0x304,
  mtvec: 0x305,
  mcounteren: 0x306,
  menvcfg: 0x30a,
  mcountinhibit: 0x320,
  mhpmevent3: 0x323,
  mscratch: 0x340,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  mip: 0x344,
  pmpcfg0: 0x3a0,
  pmpaddr0: 0x3b0,
  pmpaddr1: 0x3b1,
  mcycle: 0xb00,
  minstret: 0xb02,
  mhpmcounter3: 0xb03,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
  mhartid: 0xf14,
} as const;

export const MSTATUS = {
  UIE: 1n << 0n,
  SIE: 1n << 1n,
  MIE: 1n << 3n,
  UPIE: 1n << 4n,
  SPIE: 1n << 5n,
  MPIE: 1n << 7n,
  SPP: 1n << 8n,
  MPP: 3n << 11n,
  FS: 3n << 13n,
  MPRV: 1n << 17n,
  SUM: 1n << 18n,
  MXR: 1n << 19n,
  TVM: 1n << 20n,
  TW: 1n << 21n,
  TSR: 1n << 22n,
  SD: 1n << 63n,
} as const;

export const INTERRUPT = 1n << 63n;
const ALL_ONES = (1n << 64n) - 1n;

export { Assembler, reg };

/** Ends a test program. */
export function halt(a: Assembler): void {
  a.csrwi(CSR.mie, 0);
  a.wfi();
}

/** Bytes of assembly placed at a physical address. */
export function assemble(write: (a: Assembler) => void, base = RAM): Uint8Array {
  const a = new Assembler("program");
  write(a);
  return layOut(a.finish(), base);
}

/** A machine with a program at RAM's beginning; PMP is open, so S and U mode may run. */
export async function bareMachine(
  write: (a: Assembler) => void,
  options: Partial<MachineOptions> = {},
): Promise<Machine> {
  const machine = await Machine.create({
    harts: 1,
    memory: 1 << 20,
    core: await ensureCore(),
    firmware: "none",
    ...options,
  });
  machine.memory.write(RAM, assemble(write));
  machine.boot(BigInt(RAM));
  for (const hart of machine.harts) {
    hart.setCsr(CSR.pmpaddr0, ALL_ONES);
    hart.setCsr(CSR.pmpcfg0, 0x1fn);
  }
  return machine;
}

/** Runs until every hart halts; anything else fails the test by its reason. */
export function runToHalt(machine: Machine, maxInstructions = 1_000_000): RunResult["reason"] {
  const { reason } = machine.runSync({ maxInstructions });
  if (reason !== "deadlock") throw new Error(`the program ended by "${reason}", not by a halt`);
  return reason;
}

/** Runs a program on one hart to its halt. */
export async function runBareProgram(
  write: (a: Assembler) => void,
  options: Partial<MachineOptions> = {},
): Promise<Machine> {
  const machine = await bareMachine(write, options);
  runToHalt(machine);
  return machine;
}

/**
 * Runs `write` in a privilege mode until it traps, which M mode handles by halting.
 * @returns the machine and mcause, or "done" when the program reached its end
 */
export async function runInMode(
  privilege: 0 | 1 | 3,
  write: (a: Assembler) => void,
  prepare: (machine: Machine) => void = () => {},
  options: Partial<MachineOptions> = {},
): Promise<{ machine: Machine; cause: bigint | "done" }> {
  const machine = await bareMachine((a) => {
    a.la(reg.t0, "handler");
    a.csrw(CSR.mtvec, reg.t0);
    a.la(reg.t0, "program");
    a.csrw(CSR.mepc, reg.t0);
    a.mret();
    a.global("program");
    write(a);
    a.ebreak();
    a.align(4);
    a.global("handler");
    halt(a);
  }, options);
  machine.harts[0]!.setCsr(CSR.mstatus, BigInt(privilege) << 11n);
  prepare(machine);
  runToHalt(machine);
  const cause = machine.harts[0]!.csr(CSR.mcause);
  return { machine, cause: cause === 3n ? "done" : cause };
}

/** Two's complement of a signed value. */
export function unsigned(value: bigint | number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

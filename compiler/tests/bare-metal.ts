/**
 * Runs compiled code without a kernel: a few instructions of assembly enter supervisor mode under Sv39, call exported
 * functions, print what each returned or the cause it trapped with, and power the machine off.
 *
 * Two memory layouts exercise both halves of the address rule: user programs (low addresses) and the kernel (the top two
 * gigabytes, whose u32 addresses are sign-extended).
 */
import { Assembler, type Fragment, fragment, readElf, reg, type TargetOptions, writeElf } from "../src";

export interface Layout {
  /** Becomes the first byte of RAM, where a machine without firmware starts. */
  textBase: bigint;
  dataBase: number;
  /** u32 address of a memory area that belongs to the program under test. */
  windowBase: number;
  /** Virtual address; 64 KiB below it are free. */
  stackTop: bigint;
  /** Physical minus virtual address. */
  physicalOffset: bigint;
}

const RAM = 0x8000_0000n;

/** Low addresses: virtual 0 is the first byte of RAM. */
export const LOW: Layout = {
  textBase: 0n,
  dataBase: 0x40_0000,
  windowBase: 0x41_0000,
  stackTop: 0x40_0000n,
  physicalOffset: RAM,
};

/** Kernel addresses: virtual 0xffff_ffff_8000_0000 is the first byte of RAM. */
export const HIGH: Layout = {
  textBase: 0xffff_ffff_8000_0000n,
  dataBase: 0x8040_0000,
  windowBase: 0x8041_0000,
  stackTop: 0xffff_ffff_8040_0000n,
  physicalOffset: -0xffff_ffff_0000_0000n,
};

/** The C peer's layout: addresses below 4 GiB that are not sign-extended, as C programs are linked. */
export const IDENTITY: Layout = {
  textBase: RAM,
  dataBase: 0,
  windowBase: 0x8041_0000,
  stackTop: 0x8040_0000n,
  physicalOffset: 0n,
};

/** Devices as the page table below maps them: physical 0 at virtual 1 GiB. */
const DEVICES = 0x4000_0000n;
const UART = DEVICES + 0x1000_0000n;
const TEST_DEVICE = DEVICES + 0x10_0000n;
const POWER_OFF = 0x5555n;

const CSR = {
  sstatus: 0x100,
  stvec: 0x105,
  scounteren: 0x106,
  scause: 0x142,
  satp: 0x180,
  mstatus: 0x300,
  medeleg: 0x302,
  mcounteren: 0x306,
  mepc: 0x341,
  pmpcfg0: 0x3a0,
  pmpaddr0: 0x3b0,
} as const;
const SV39 = 8n << 60n;
/** Valid, readable, writable, executable, accessed, dirty. */
const PTE_FLAGS = 0xcfn;
const MSTATUS_MPP_SUPERVISOR = 0x800;
const MSTATUS_MPP = 0x1800;
/** mstatus.FS: floating-point registers may be used, where there are any. */
const MSTATUS_FS = 0x6000;

/** Root page table of gigapages: 0 and 2 and 510 are RAM, 1 is the devices. */
function pageTable(): Fragment {
  const table = fragment("rootPageTable", "data");
  table.alignment = 4096;
  const ram = ((RAM >> 12n) << 10n) | PTE_FLAGS;
  for (let index = 0; index < 512; index++) {
    let value = 0n;
    if (index === 0 || index === 2 || index === 510) value = ram;
    if (index === 1) value = PTE_FLAGS;
    table.items.push({ kind: "data", size: 8, value });
  }
  return table;
}

/** Machine mode: opens everything to supervisor mode, turns paging on, and goes there. */
function bootCode({ physicalOffset }: Layout): Fragment {
  const a = new Assembler("boot");
  const { t0, t1 } = reg;
  a.li(t0, -1n);
  a.csrw(CSR.pmpaddr0, t0);
  a.li(t0, 0x1f);
  a.csrw(CSR.pmpcfg0, t0);
  a.li(t0, -1n);
  a.csrw(CSR.mcounteren, t0);
  a.csrw(CSR.scounteren, t0);
  a.li(t0, 0xb1ff);
  a.csrw(CSR.medeleg, t0);
  a.la(t0, "rootPageTable");
  a.srli(t0, t0, 12);
  a.li(t1, SV39);
  a.or(t0, t0, t1);
  a.csrw(CSR.satp, t0);
  a.sfenceVma();
  a.li(t0, MSTATUS_MPP);
  a.csrc(CSR.mstatus, t0);
  a.li(t0, MSTATUS_MPP_SUPERVISOR | MSTATUS_FS);
  a.csrs(CSR.mstatus, t0);
  // Code runs at physical addresses here, so la gives a physical address.
  a.la(t0, "supervisor");
  a.li(t1, physicalOffset);
  a.sub(t0, t0, t1);
  a.csrw(CSR.mepc, t0);
  a.mret();
  return a.finish();
}

/** Where a trap continues: stack pointer and address. */
function recoveryRecord(): Fragment {
  const record = fragment("recovery", "data");
  record.items.push({ kind: "data", size: 8, value: 0n }, { kind: "data", size: 8, value: 0n });
  return record;
}

/** A call of the program under test. */
export interface Call {
  name: string;
  /** Register arguments, at most eight. */
  args?: bigint[];
  /** Report the number of instructions the function executed after its result. */
  measured?: boolean;
}

const INSTRET = 0xc02;
/** Of the counted instructions, those that are not the function's: reading the counter and the call itself. */
const MEASURING_COST = 2;

/** Calls a function with its arguments in registers; leaves the instruction count in s3 if it is measured. */
function callCode(a: Assembler, { name, args = [], measured }: Call): void {
  args.forEach((value, index) => {
    a.li(reg.a0 + index, value);
  });
  if (measured) a.csrr(reg.s2, INSTRET);
  a.call(name);
  if (!measured) return;
  a.csrr(reg.s3, INSTRET);
  a.sub(reg.s3, reg.s3, reg.s2);
  a.addi(reg.s3, reg.s3, -MEASURING_COST);
}

/** Supervisor mode: makes each call and reports on it. */
function callerCode({ stackTop }: Layout, calls: Call[]): Fragment {
  const a = new Assembler("supervisor");
  const { t0, t1, a1 } = reg;
  a.la(reg.gp, "__global_pointer");
  a.li(reg.sp, stackTop);
  a.la(t0, "trapped");
  a.csrw(CSR.stvec, t0);
  calls.forEach((call, index) => {
    a.la(t0, "recovery");
    a.sd(reg.sp, t0, 0);
    a.la(t1, `resume${index}`);
    a.sd(t1, t0, 8);
    callCode(a, call);
    a.li(a1, 0);
    a.global(`resume${index}`);
    a.call("report");
    if (call.measured) {
      a.mv(reg.a0, reg.s3);
      a.li(a1, 0);
      a.call("report");
    }
  });
  a.li(t0, TEST_DEVICE);
  a.li(t1, POWER_OFF);
  a.sw(t1, t0, 0);
  a.label("forever");
  a.j("forever");
  return a.finish();
}

/** Trap handler: gives up the running call; a0 = cause, a1 = 1. */
function trapCode(): Fragment {
  const a = new Assembler("trapped");
  a.la(reg.gp, "__global_pointer");
  a.la(reg.t0, "recovery");
  a.ld(reg.sp, reg.t0, 0);
  a.ld(reg.t1, reg.t0, 8);
  a.csrr(reg.a0, CSR.scause);
  a.li(reg.a1, 1);
  a.jr(reg.t1);
  return a.finish();
}

/** 16550 registers: transmit holding, line status and its bit "transmitter can take a byte". */
const UART_DATA = 0;
const UART_STATUS = 5;
const UART_READY = 0x20;

/** Waits for the UART at `base`, then writes a byte; overwrites `scratch`. */
function emitByte(a: Assembler, byte: number, base: number, scratch: number, label: string): void {
  a.label(label);
  a.lbu(scratch, base, UART_STATUS);
  a.andi(scratch, scratch, UART_READY);
  a.beqz(scratch, label);
  a.sb(byte, base, UART_DATA);
}

/** report(a0, a1): prints a1 (0 returned, 1 trapped), a0 in hexadecimal, and a newline. */
function reportCode(): Fragment {
  const a = new Assembler("report");
  const { a0, a1, t0, t1, t2, t3 } = reg;
  a.li(t0, UART);
  a.addi(a1, a1, 0x30);
  emitByte(a, a1, t0, t3, "kind");
  a.li(t1, 60);
  a.label("digit");
  a.srl(t2, a0, t1);
  a.andi(t2, t2, 15);
  a.addi(t2, t2, 0x30);
  a.li(a1, 0x3a);
  a.blt(t2, a1, "print");
  a.addi(t2, t2, 0x61 - 0x3a);
  emitByte(a, t2, t0, t3, "print");
  a.addi(t1, t1, -4);
  a.bgez(t1, "digit");
  a.li(t2, 10);
  emitByte(a, t2, t0, t3, "newline");
  a.ret();
  return a.finish();
}

/** putCharacter(a0): for guest programs, as an import from module "asm". */
function putCharacterCode(): Fragment {
  const a = new Assembler("putCharacter");
  a.li(reg.t0, UART);
  emitByte(a, reg.a0, reg.t0, reg.t1, "wait");
  a.ret();
  return a.finish();
}

/** An assembly fragment that traps: for imports of `abort`. */
function failCode(): Fragment {
  const a = new Assembler("fail");
  a.ebreak();
  return a.finish();
}

/** Everything that makes these calls on a machine without firmware, beginning at symbol `boot`. */
export function bareMetalAssembly(layout: Layout, calls: Call[]): Fragment[] {
  return [
    bootCode(layout),
    callerCode(layout, calls),
    trapCode(),
    reportCode(),
    putCharacterCode(),
    failCode(),
    recoveryRecord(),
    pageTable(),
  ];
}

/** Compiler options that make `calls` run one after the other. */
export function bareMetalOptions(
  layout: Layout,
  calls: (string | Call)[],
  isa: TargetOptions["isa"],
): Pick<TargetOptions, "textBase" | "dataBase" | "isa" | "assembly" | "entry"> {
  const all = ["__wasm_start", ...calls].map((call) => (typeof call === "string" ? { name: call } : call));
  const assembly = bareMetalAssembly(layout, all);
  return { textBase: layout.textBase, dataBase: layout.dataBase, isa, assembly, entry: "boot" };
}

/** The ELF file as a boot loader without paging wants it: loaded in RAM, entered at a physical address. */
export function bootable(elf: Uint8Array, { physicalOffset }: Layout): Uint8Array {
  const { entry, segments, symbols } = readElf(elf);
  const physical = (address: bigint) => BigInt.asUintN(64, address + physicalOffset);
  return writeElf({
    entry: physical(entry),
    segments: segments.map((segment) => ({ ...segment, physicalAddress: physical(segment.address) })),
    sections: [],
    symbols,
    compressed: true,
  });
}

/** What a call did: its result as a signed number, or "trap". */
export type Outcome = bigint | "trap";

/** Outcomes from what the code above printed; text of the program under test is returned apart. */
function parse(console: string): { outcomes: Outcome[]; text: string } {
  const outcomes: Outcome[] = [];
  const text = console.replace(/([01])([0-9a-f]{16})\r?\n/g, (_, kind: string, digits: string) => {
    outcomes.push(kind === "1" ? "trap" : BigInt.asIntN(64, BigInt(`0x${digits}`)));
    return "";
  });
  return { outcomes, text };
}

/** Outcomes of the calls of {@link bareMetalOptions}. */
export function parseReports(console: string): { outcomes: Outcome[]; text: string } {
  const { outcomes, text } = parse(console);
  // The first report is the start function's.
  return { outcomes: outcomes.slice(1), text };
}

/** Outcomes of the calls of {@link bareMetalAssembly}; a measured call has two. */
export const parseAllReports = (console: string): Outcome[] => parse(console).outcomes;

// The bare-metal program that runs random streams one after another and prints, after each, all registers, every trap with
// its cause, pc and value, and a checksum of the scratch area. The floating-point unit is on in most streams. It runs the same on any machine with a 16550 and a test device.
import { Assembler } from "../../../compiler/src/assembler/assembler";
import { reg } from "../../../compiler/src/assembler/registers";
import { makeElf } from "../../src/test-support/make-elf";
import { Random } from "../../src/test-support/random";
import { layOut } from "../flat-program";
import { floatLoad, floatStore } from "../float/encode";
import { DOUBLE, SINGLE } from "../float/numbers";
import { randomFloat } from "../float/random-operands";
import { ATOMIC_ADDRESS, randomStream, SCRATCH_MIDDLE, SCRATCH_SIZE, SCRATCH_START } from "./random-stream";

const BASE = 0x8000_0000;
const VARIABLES = BASE + 0x8000;
const SAVED_REGISTERS = VARIABLES;
const CURSOR = VARIABLES + 0x100;
const LOG_END = VARIABLES + 0x108;
/** f0 to f31 and fcsr. */
const SAVED_FLOATS = VARIABLES + 0x200;
const FLOAT_WORDS = 33;
const LOG = VARIABLES + 0x400;
const SCRATCH = BASE + 0xa000;
const TABLE = BASE + 0x1_0000;
/** A table entry: address of the stream, mstatus, then x1 to x31, f0 to f31 and fcsr. */
const ENTRY_SIZE = (33 + FLOAT_WORDS) * 8;
const ENTRY_FLOATS = 33 * 8;
const UART = 0x1000_0000;
const UART_LINE_STATUS = 5;
const UART_TRANSMITTER_EMPTY = 0x20;
const TEST_DEVICE = 0x10_0000;
const EBREAK = 0x0010_0073;
const CAUSE_BREAKPOINT = 3;
const MPP_SHIFT = 11;
const MPP_MASK = 3 << MPP_SHIFT;
const FLOAT_DIRTY = 3 << 13;
const CSR = {
  fcsr: 0x003,
  mstatus: 0x300,
  mtvec: 0x305,
  mscratch: 0x340,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  pmpcfg0: 0x3a0,
  pmpaddr0: 0x3b0,
  sscratch: 0x140,
  sepc: 0x141,
  stval: 0x143,
} as const;

/** One random stream: its code, its first registers, and the mode it runs in. */
export interface Stream {
  code: Uint8Array;
  mode: "M" | "U";
  /** x1 to x31 */
  registers: bigint[];
  /** Whether mstatus.FS is Dirty; else Off. */
  hasFloat: boolean;
  /** f0 to f31 and fcsr */
  floats: bigint[];
}

/** `count` streams from `seed`, of about `length` instructions each. */
export function makeStreams(seed: number, count: number, length: number): Stream[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const registers = Array.from({ length: 31 }, () => random.bits64());
    registers[SCRATCH_START - 1] = BigInt(SCRATCH);
    registers[SCRATCH_MIDDLE - 1] = BigInt(SCRATCH + SCRATCH_SIZE / 2);
    registers[ATOMIC_ADDRESS - 1] = BigInt(SCRATCH);
    return {
      mode: random.chance(3) ? "U" : "M",
      registers,
      hasFloat: !random.chance(5),
      floats: randomFloats(random),
      code: randomStream(random, length),
    };
  });
}

/** Singles and doubles; fcsr with a rounding mode that exists. */
function randomFloats(random: Random): bigint[] {
  const registers = Array.from({ length: 32 }, () =>
    random.chance(2) ? randomFloat(random, DOUBLE) : randomFloat(random, SINGLE) | (0xffff_ffffn << 32n),
  );
  return [...registers, BigInt((random.below(5) << 5) | random.below(32))];
}

/** The program that runs `streams` in order and then powers off. */
export function differentialElf(streams: readonly Stream[]): Uint8Array {
  const codeStart = TABLE + (streams.length + 1) * ENTRY_SIZE;
  const size = streams.reduce((sum, { code }) => sum + alignUp(code.length + 4), codeStart) - BASE;
  const memory = new Uint8Array(size);
  const view = new DataView(memory.buffer);
  memory.set(layOut(harness(), BASE));
  view.setBigUint64(CURSOR - BASE, BigInt(TABLE), true);
  let at = codeStart;
  streams.forEach(({ code, mode, registers, hasFloat, floats }, index) => {
    const entry = TABLE - BASE + index * ENTRY_SIZE;
    view.setBigUint64(entry, BigInt(at), true);
    const status = ((mode === "M" ? 3 : 0) << MPP_SHIFT) | (hasFloat ? FLOAT_DIRTY : 0);
    view.setBigUint64(entry + 8, BigInt(status), true);
    for (const [word, value] of [...registers, ...floats].entries())
      view.setBigUint64(entry + 16 + 8 * word, value, true);
    memory.set(code, at - BASE);
    view.setUint32(at - BASE + code.length, EBREAK, true);
    at += alignUp(code.length + 4);
  });
  return makeElf({ segments: [{ address: BigInt(BASE), bytes: memory, flags: 7 }] });
}

const alignUp = (bytes: number): number => (bytes + 7) & ~7;

function harness() {
  const a = new Assembler("harness");
  setUp(a);
  startNextStream(a);
  handleTrap(a);
  report(a);
  printHex(a);
  return a.finish();
}

function setUp(a: Assembler): void {
  a.la(reg.t0, "trap");
  a.csrw(CSR.mtvec, reg.t0);
  a.li(reg.t0, -1n);
  a.csrw(CSR.pmpaddr0, reg.t0);
  a.li(reg.t0, 0x1f);
  a.csrw(CSR.pmpcfg0, reg.t0);
}

function startNextStream(a: Assembler): void {
  a.label("next");
  a.li(reg.t0, CURSOR);
  a.ld(reg.t1, reg.t0, 0);
  a.addi(reg.t2, reg.t1, ENTRY_SIZE);
  a.sd(reg.t2, reg.t0, 0);
  a.ld(reg.t2, reg.t1, 0);
  a.bnez(reg.t2, "fill");
  a.li(reg.t0, TEST_DEVICE);
  a.li(reg.t1, 0x5555);
  a.sw(reg.t1, reg.t0, 0);
  a.label("off");
  a.j("off");

  a.label("fill");
  a.csrw(CSR.mepc, reg.t2);
  a.li(reg.t0, SCRATCH);
  a.li(reg.t3, SCRATCH + SCRATCH_SIZE);
  a.li(reg.t4, 0x9e37_79b9_7f4a_7c15n);
  a.mv(reg.t5, reg.t1);
  a.label("fillMore");
  a.add(reg.t5, reg.t5, reg.t4);
  a.sd(reg.t5, reg.t0, 0);
  a.addi(reg.t0, reg.t0, 8);
  a.bltu(reg.t0, reg.t3, "fillMore");

  a.li(reg.t0, LOG_END);
  a.li(reg.t2, LOG);
  a.sd(reg.t2, reg.t0, 0);
  a.li(reg.t0, FLOAT_DIRTY);
  a.csrs(CSR.mstatus, reg.t0);
  for (let register = 0; register < 32; register++)
    a.word(floatLoad("d", register, reg.t1, ENTRY_FLOATS + 8 * register));
  a.ld(reg.t0, reg.t1, ENTRY_FLOATS + 8 * 32);
  a.csrw(CSR.fcsr, reg.t0);
  a.li(reg.t0, MPP_MASK | FLOAT_DIRTY);
  a.csrc(CSR.mstatus, reg.t0);
  a.ld(reg.t0, reg.t1, 8);
  a.csrs(CSR.mstatus, reg.t0);
  for (const csr of [CSR.sscratch, CSR.sepc, CSR.stval, CSR.mcause, CSR.mtval]) a.csrw(csr, reg.zero);
  a.li(reg.t0, SAVED_REGISTERS);
  a.csrw(CSR.mscratch, reg.t0);
  a.addi(reg.t6, reg.t1, 16);
  for (let register = 1; register < 31; register++) a.ld(register, reg.t6, 8 * (register - 1));
  a.ld(reg.t6, reg.t6, 8 * 30);
  a.mret();
}

/** Saves all registers; a breakpoint ends the stream, anything else is logged and skipped. */
function handleTrap(a: Assembler): void {
  a.align(4);
  a.label("trap");
  a.csrrw(reg.t6, CSR.mscratch, reg.t6);
  for (let register = 1; register < 31; register++) a.sd(register, reg.t6, 8 * register);
  a.csrr(reg.t0, CSR.mscratch);
  a.sd(reg.t0, reg.t6, 8 * 31);
  a.csrw(CSR.mscratch, reg.t6);
  a.csrr(reg.t0, CSR.mcause);
  a.li(reg.t1, CAUSE_BREAKPOINT);
  a.beq(reg.t0, reg.t1, "report");
  a.csrr(reg.t1, CSR.mepc);
  a.csrr(reg.t2, CSR.mtval);
  a.li(reg.t3, LOG_END);
  a.ld(reg.t4, reg.t3, 0);
  a.sd(reg.t0, reg.t4, 0);
  a.sd(reg.t1, reg.t4, 8);
  a.sd(reg.t2, reg.t4, 16);
  a.addi(reg.t4, reg.t4, 24);
  a.sd(reg.t4, reg.t3, 0);
  // The instruction is four bytes long when its two lowest bits are set.
  a.lhu(reg.t2, reg.t1, 0);
  a.andi(reg.t2, reg.t2, 3);
  a.addi(reg.t2, reg.t2, -3);
  a.seqz(reg.t2, reg.t2);
  a.slli(reg.t2, reg.t2, 1);
  a.add(reg.t1, reg.t1, reg.t2);
  a.addi(reg.t1, reg.t1, 2);
  a.csrw(CSR.mepc, reg.t1);
  for (let register = 1; register < 32; register++) a.ld(register, reg.t6, 8 * register);
  a.mret();
}

function report(a: Assembler): void {
  a.label("report");
  a.li(reg.t0, FLOAT_DIRTY);
  a.csrs(CSR.mstatus, reg.t0);
  a.li(reg.t0, SAVED_FLOATS);
  for (let register = 0; register < 32; register++) a.word(floatStore("d", register, reg.t0, 8 * register));
  a.csrr(reg.t1, CSR.fcsr);
  a.sd(reg.t1, reg.t0, 8 * 32);
  a.li(reg.s2, UART);
  a.li(reg.s0, SAVED_REGISTERS + 8);
  a.li(reg.s1, SAVED_REGISTERS + 32 * 8);
  a.call("printWords");
  a.li(reg.s0, SAVED_FLOATS);
  a.li(reg.s1, SAVED_FLOATS + 8 * FLOAT_WORDS);
  a.call("printWords");
  a.li(reg.s0, LOG);
  a.li(reg.t0, LOG_END);
  a.ld(reg.s1, reg.t0, 0);
  a.call("printWords");
  a.li(reg.s0, SCRATCH);
  a.li(reg.s1, SCRATCH + SCRATCH_SIZE);
  a.li(reg.s3, 0);
  a.li(reg.t1, 0x100_0000_01b3);
  a.label("sum");
  a.ld(reg.t0, reg.s0, 0);
  a.xor(reg.s3, reg.s3, reg.t0);
  a.mul(reg.s3, reg.s3, reg.t1);
  a.addi(reg.s0, reg.s0, 8);
  a.bltu(reg.s0, reg.s1, "sum");
  a.mv(reg.a0, reg.s3);
  a.call("printHex");
  a.li(reg.t0, 0x0a);
  a.call("putCharacter");
  a.j("next");
}

/** printWords: the words from s0 to s1; printHex: a0, 16 digits and a space. The UART's address is in s2. */
function printHex(a: Assembler): void {
  a.label("printWords");
  a.mv(reg.s4, reg.ra);
  a.label("nextWord");
  a.bgeu(reg.s0, reg.s1, "wordsDone");
  a.ld(reg.a0, reg.s0, 0);
  a.call("printHex");
  a.addi(reg.s0, reg.s0, 8);
  a.j("nextWord");
  a.label("wordsDone");
  a.li(reg.t0, 0x7c); // "|"
  a.mv(reg.ra, reg.s4);
  a.j("putCharacter");

  a.label("printHex");
  a.mv(reg.s5, reg.ra);
  a.li(reg.t1, 60);
  a.label("digit");
  a.srl(reg.t0, reg.a0, reg.t1);
  a.andi(reg.t0, reg.t0, 15);
  a.sltiu(reg.t2, reg.t0, 10);
  a.bnez(reg.t2, "decimal");
  a.addi(reg.t0, reg.t0, 0x61 - 0x30 - 10);
  a.label("decimal");
  a.addi(reg.t0, reg.t0, 0x30);
  a.call("putCharacter");
  a.addi(reg.t1, reg.t1, -4);
  a.bgez(reg.t1, "digit");
  a.li(reg.t0, 0x20);
  a.mv(reg.ra, reg.s5);

  // t0 goes out when the transmitter is empty.
  a.label("putCharacter");
  a.lbu(reg.t3, reg.s2, UART_LINE_STATUS);
  a.andi(reg.t3, reg.t3, UART_TRANSMITTER_EMPTY);
  a.beqz(reg.t3, "putCharacter");
  a.sb(reg.t0, reg.s2, 0);
  a.ret();
}

/**
 * The instruction set as a table: mnemonic → format and fixed bits (RISC-V unprivileged ISA chapter 34 "RV32/64G
 * instruction set listings", with F and D; Zba/Zbb/Zbs of the bit-manipulation extension, privileged ISA section 3.3/4.2, the N
 * extension draft, and the user-interrupt instructions on opcode custom-3).
 *
 * Formats name the operands that are encoded; `match` holds every other bit of the 32-bit word.
 */

/**
 * - `R`: rd, rs1, rs2 · `unary`: rd, rs1 · `I`: rd, rs1, imm · `load`/`store`: as I/S, printed with an address
 * - `shift`: rd, rs1, 6-bit amount · `shiftW`: rd, rs1, 5-bit amount
 * - `branch`: rs1, rs2, target · `U`: rd, imm · `jump`: rd, target
 * - `csr`: rd, imm = CSR, rs1 · `csrImm`: rd, imm = CSR, rs1 = 5-bit immediate
 * - `atomic`: rd, rs1 = address, rs2, imm = aq/rl bits · `loadReserved`: the same without rs2 · `fence`: imm = pred << 4 | succ
 * - `rounded`: rd, rs1, rs2, imm = rounding mode · `roundedUnary`: the same without rs2 · `fused`: the same with rs3
 * - `address`: rs1, rs2 without rd (sfence.vma) · `rs1`: rs1 only · `rd`: rd only · `none`: no operand
 * - `pseudo`: `call`, `tail`, `la`
 */
export type Format =
  | "R"
  | "unary"
  | "I"
  | "load"
  | "store"
  | "shift"
  | "shiftW"
  | "branch"
  | "U"
  | "jump"
  | "csr"
  | "csrImm"
  | "atomic"
  | "loadReserved"
  | "fence"
  | "rounded"
  | "roundedUnary"
  | "fused"
  | "address"
  | "rs1"
  | "rd"
  | "none"
  | "pseudo";

/** The register operands that are floating-point registers. */
export type FloatOperands = readonly ("rd" | "rs1" | "rs2" | "rs3")[];

/** Format and fixed bits of one instruction. */
export interface Encoding<F extends Format = Format> {
  format: F;
  match: number;
  /** Absent: none. */
  floats?: FloatOperands;
}

/** Major opcodes (bits 6:0). */
const LOAD = 0x03;
const LOAD_FP = 0x07;
const MISC_MEM = 0x0f;
const OP_IMM = 0x13;
const AUIPC = 0x17;
const OP_IMM_32 = 0x1b;
const STORE = 0x23;
const STORE_FP = 0x27;
const AMO = 0x2f;
const OP = 0x33;
const LUI = 0x37;
const OP_32 = 0x3b;
const MADD = 0x43;
const MSUB = 0x47;
const NMSUB = 0x4b;
const NMADD = 0x4f;
const OP_FP = 0x53;
const BRANCH = 0x63;
const JALR = 0x67;
const JAL = 0x6f;
const SYSTEM = 0x73;

const encoding = <F extends Format>(format: F, match: number): Encoding<F> => ({
  format,
  match: match >>> 0,
});
const r = (opcode: number, funct3: number, funct7: number) =>
  encoding("R", opcode | (funct3 << 12) | (funct7 << 25));
const i = <F extends Format>(opcode: number, funct3: number, format: F) =>
  encoding(format, opcode | (funct3 << 12));
const shift = (funct3: number, upper: number) => encoding("shift", OP_IMM | (funct3 << 12) | (upper << 20));
const shiftW = (funct3: number, upper: number) =>
  encoding("shiftW", OP_IMM_32 | (funct3 << 12) | (upper << 20));
const unary = (opcode: number, funct3: number, upper: number) =>
  encoding("unary", opcode | (funct3 << 12) | (upper << 20));
const amo = (funct5: number, funct3: number) => encoding("atomic", AMO | (funct3 << 12) | (funct5 << 27));
const fixed = (word: number) => encoding("none", word);

/** `fmt` of floating-point instructions. */
const SINGLE = 0;
const DOUBLE = 1;
const float = <F extends Format>(encoded: Encoding<F>, ...floats: FloatOperands): Encoding<F> => ({
  ...encoded,
  floats,
});
const floatUpper = (funct5: number, fmt: number, rs2: number) => (funct5 << 27) | (fmt << 25) | (rs2 << 20);
/** rd = rs1 op rs2, rounded. */
const fArithmetic = (funct5: number, fmt: number) =>
  float(encoding("rounded", OP_FP | floatUpper(funct5, fmt, 0)), "rd", "rs1", "rs2");
/** rd = rs1 with the sign of, or compared with, rs2: exact. */
const fExact = (funct5: number, fmt: number, funct3: number) =>
  float(encoding("R", OP_FP | (funct3 << 12) | floatUpper(funct5, fmt, 0)), "rd", "rs1", "rs2");
const fCompare = (fmt: number, funct3: number) =>
  float(encoding("R", OP_FP | (funct3 << 12) | floatUpper(0x14, fmt, 0)), "rs1", "rs2");
/** A conversion or root: `variant` is in the place of rs2. */
const fUnary = (funct5: number, fmt: number, variant: number, ...floats: FloatOperands) =>
  float(encoding("roundedUnary", OP_FP | floatUpper(funct5, fmt, variant)), ...floats);
/** The same where nothing can be rounded. */
const fUnaryExact = (
  funct5: number,
  fmt: number,
  variant: number,
  funct3: number,
  ...floats: FloatOperands
) => float(encoding("unary", OP_FP | (funct3 << 12) | floatUpper(funct5, fmt, variant)), ...floats);
const fFused = (opcode: number, fmt: number) =>
  float(encoding("fused", opcode | (fmt << 25)), "rd", "rs1", "rs2", "rs3");

/** Every instruction this compiler can encode. */
export const OPCODES = {
  // RV64I
  lui: encoding("U", LUI),
  auipc: encoding("U", AUIPC),
  jal: encoding("jump", JAL),
  jalr: i(JALR, 0, "I"),
  beq: i(BRANCH, 0, "branch"),
  bne: i(BRANCH, 1, "branch"),
  blt: i(BRANCH, 4, "branch"),
  bge: i(BRANCH, 5, "branch"),
  bltu: i(BRANCH, 6, "branch"),
  bgeu: i(BRANCH, 7, "branch"),
  lb: i(LOAD, 0, "load"),
  lh: i(LOAD, 1, "load"),
  lw: i(LOAD, 2, "load"),
  ld: i(LOAD, 3, "load"),
  lbu: i(LOAD, 4, "load"),
  lhu: i(LOAD, 5, "load"),
  lwu: i(LOAD, 6, "load"),
  sb: i(STORE, 0, "store"),
  sh: i(STORE, 1, "store"),
  sw: i(STORE, 2, "store"),
  sd: i(STORE, 3, "store"),
  addi: i(OP_IMM, 0, "I"),
  slti: i(OP_IMM, 2, "I"),
  sltiu: i(OP_IMM, 3, "I"),
  xori: i(OP_IMM, 4, "I"),
  ori: i(OP_IMM, 6, "I"),
  andi: i(OP_IMM, 7, "I"),
  addiw: i(OP_IMM_32, 0, "I"),
  slli: shift(1, 0),
  srli: shift(5, 0),
  srai: shift(5, 0x400),
  slliw: shiftW(1, 0),
  srliw: shiftW(5, 0),
  sraiw: shiftW(5, 0x400),
  add: r(OP, 0, 0),
  sub: r(OP, 0, 0x20),
  sll: r(OP, 1, 0),
  slt: r(OP, 2, 0),
  sltu: r(OP, 3, 0),
  xor: r(OP, 4, 0),
  srl: r(OP, 5, 0),
  sra: r(OP, 5, 0x20),
  or: r(OP, 6, 0),
  and: r(OP, 7, 0),
  addw: r(OP_32, 0, 0),
  subw: r(OP_32, 0, 0x20),
  sllw: r(OP_32, 1, 0),
  srlw: r(OP_32, 5, 0),
  sraw: r(OP_32, 5, 0x20),
  fence: encoding("fence", MISC_MEM),
  "fence.i": fixed(MISC_MEM | (1 << 12)),
  "fence.tso": fixed(0x8330000f),
  pause: fixed(0x0100000f),
  ecall: fixed(0x00000073),
  ebreak: fixed(0x00100073),
  /** The canonical illegal instruction: `csrrw x0, cycle, x0`. */
  unimp: fixed(0xc0001073),
  // M
  mul: r(OP, 0, 1),
  mulh: r(OP, 1, 1),
  mulhsu: r(OP, 2, 1),
  mulhu: r(OP, 3, 1),
  div: r(OP, 4, 1),
  divu: r(OP, 5, 1),
  rem: r(OP, 6, 1),
  remu: r(OP, 7, 1),
  mulw: r(OP_32, 0, 1),
  divw: r(OP_32, 4, 1),
  divuw: r(OP_32, 5, 1),
  remw: r(OP_32, 6, 1),
  remuw: r(OP_32, 7, 1),
  // A
  "lr.w": encoding("loadReserved", AMO | (2 << 12) | (2 << 27)),
  "lr.d": encoding("loadReserved", AMO | (3 << 12) | (2 << 27)),
  "sc.w": amo(3, 2),
  "sc.d": amo(3, 3),
  "amoswap.w": amo(1, 2),
  "amoswap.d": amo(1, 3),
  "amoadd.w": amo(0, 2),
  "amoadd.d": amo(0, 3),
  "amoxor.w": amo(4, 2),
  "amoxor.d": amo(4, 3),
  "amoand.w": amo(12, 2),
  "amoand.d": amo(12, 3),
  "amoor.w": amo(8, 2),
  "amoor.d": amo(8, 3),
  "amomin.w": amo(16, 2),
  "amomin.d": amo(16, 3),
  "amomax.w": amo(20, 2),
  "amomax.d": amo(20, 3),
  "amominu.w": amo(24, 2),
  "amominu.d": amo(24, 3),
  "amomaxu.w": amo(28, 2),
  "amomaxu.d": amo(28, 3),
  // F and D
  flw: float(i(LOAD_FP, 2, "load"), "rd"),
  fld: float(i(LOAD_FP, 3, "load"), "rd"),
  fsw: float(i(STORE_FP, 2, "store"), "rs2"),
  fsd: float(i(STORE_FP, 3, "store"), "rs2"),
  "fadd.s": fArithmetic(0, SINGLE),
  "fsub.s": fArithmetic(1, SINGLE),
  "fmul.s": fArithmetic(2, SINGLE),
  "fdiv.s": fArithmetic(3, SINGLE),
  "fsqrt.s": fUnary(0x0b, SINGLE, 0, "rd", "rs1"),
  "fsgnj.s": fExact(4, SINGLE, 0),
  "fsgnjn.s": fExact(4, SINGLE, 1),
  "fsgnjx.s": fExact(4, SINGLE, 2),
  "fmin.s": fExact(5, SINGLE, 0),
  "fmax.s": fExact(5, SINGLE, 1),
  "fle.s": fCompare(SINGLE, 0),
  "flt.s": fCompare(SINGLE, 1),
  "feq.s": fCompare(SINGLE, 2),
  "fclass.s": fUnaryExact(0x1c, SINGLE, 0, 1, "rs1"),
  "fcvt.w.s": fUnary(0x18, SINGLE, 0, "rs1"),
  "fcvt.wu.s": fUnary(0x18, SINGLE, 1, "rs1"),
  "fcvt.l.s": fUnary(0x18, SINGLE, 2, "rs1"),
  "fcvt.lu.s": fUnary(0x18, SINGLE, 3, "rs1"),
  "fcvt.s.w": fUnary(0x1a, SINGLE, 0, "rd"),
  "fcvt.s.wu": fUnary(0x1a, SINGLE, 1, "rd"),
  "fcvt.s.l": fUnary(0x1a, SINGLE, 2, "rd"),
  "fcvt.s.lu": fUnary(0x1a, SINGLE, 3, "rd"),
  "fmv.x.w": fUnaryExact(0x1c, SINGLE, 0, 0, "rs1"),
  "fmv.w.x": fUnaryExact(0x1e, SINGLE, 0, 0, "rd"),
  "fmadd.s": fFused(MADD, SINGLE),
  "fmsub.s": fFused(MSUB, SINGLE),
  "fnmsub.s": fFused(NMSUB, SINGLE),
  "fnmadd.s": fFused(NMADD, SINGLE),
  "fadd.d": fArithmetic(0, DOUBLE),
  "fsub.d": fArithmetic(1, DOUBLE),
  "fmul.d": fArithmetic(2, DOUBLE),
  "fdiv.d": fArithmetic(3, DOUBLE),
  "fsqrt.d": fUnary(0x0b, DOUBLE, 0, "rd", "rs1"),
  "fsgnj.d": fExact(4, DOUBLE, 0),
  "fsgnjn.d": fExact(4, DOUBLE, 1),
  "fsgnjx.d": fExact(4, DOUBLE, 2),
  "fmin.d": fExact(5, DOUBLE, 0),
  "fmax.d": fExact(5, DOUBLE, 1),
  "fle.d": fCompare(DOUBLE, 0),
  "flt.d": fCompare(DOUBLE, 1),
  "feq.d": fCompare(DOUBLE, 2),
  "fclass.d": fUnaryExact(0x1c, DOUBLE, 0, 1, "rs1"),
  "fcvt.w.d": fUnary(0x18, DOUBLE, 0, "rs1"),
  "fcvt.wu.d": fUnary(0x18, DOUBLE, 1, "rs1"),
  "fcvt.l.d": fUnary(0x18, DOUBLE, 2, "rs1"),
  "fcvt.lu.d": fUnary(0x18, DOUBLE, 3, "rs1"),
  "fcvt.d.w": fUnaryExact(0x1a, DOUBLE, 0, 0, "rd"),
  "fcvt.d.wu": fUnaryExact(0x1a, DOUBLE, 1, 0, "rd"),
  "fcvt.d.l": fUnary(0x1a, DOUBLE, 2, "rd"),
  "fcvt.d.lu": fUnary(0x1a, DOUBLE, 3, "rd"),
  "fmv.x.d": fUnaryExact(0x1c, DOUBLE, 0, 0, "rs1"),
  "fmv.d.x": fUnaryExact(0x1e, DOUBLE, 0, 0, "rd"),
  "fmadd.d": fFused(MADD, DOUBLE),
  "fmsub.d": fFused(MSUB, DOUBLE),
  "fnmsub.d": fFused(NMSUB, DOUBLE),
  "fnmadd.d": fFused(NMADD, DOUBLE),
  "fcvt.s.d": fUnary(8, SINGLE, 1, "rd", "rs1"),
  "fcvt.d.s": fUnaryExact(8, DOUBLE, 0, 0, "rd", "rs1"),
  // Zba
  "add.uw": r(OP_32, 0, 0x04),
  sh1add: r(OP, 2, 0x10),
  sh2add: r(OP, 4, 0x10),
  sh3add: r(OP, 6, 0x10),
  "sh1add.uw": r(OP_32, 2, 0x10),
  "sh2add.uw": r(OP_32, 4, 0x10),
  "sh3add.uw": r(OP_32, 6, 0x10),
  "slli.uw": encoding("shift", OP_IMM_32 | (1 << 12) | (0x080 << 20)),
  // Zbb
  andn: r(OP, 7, 0x20),
  orn: r(OP, 6, 0x20),
  xnor: r(OP, 4, 0x20),
  clz: unary(OP_IMM, 1, 0x600),
  clzw: unary(OP_IMM_32, 1, 0x600),
  ctz: unary(OP_IMM, 1, 0x601),
  ctzw: unary(OP_IMM_32, 1, 0x601),
  cpop: unary(OP_IMM, 1, 0x602),
  cpopw: unary(OP_IMM_32, 1, 0x602),
  max: r(OP, 6, 0x05),
  maxu: r(OP, 7, 0x05),
  min: r(OP, 4, 0x05),
  minu: r(OP, 5, 0x05),
  "sext.b": unary(OP_IMM, 1, 0x604),
  "sext.h": unary(OP_IMM, 1, 0x605),
  "zext.h": unary(OP_32, 4, 0x080),
  rol: r(OP, 1, 0x30),
  rolw: r(OP_32, 1, 0x30),
  ror: r(OP, 5, 0x30),
  rorw: r(OP_32, 5, 0x30),
  rori: shift(5, 0x600),
  roriw: shiftW(5, 0x600),
  "orc.b": unary(OP_IMM, 5, 0x287),
  rev8: unary(OP_IMM, 5, 0x6b8),
  // Zbs
  bclr: r(OP, 1, 0x24),
  bclri: shift(1, 0x480),
  bext: r(OP, 5, 0x24),
  bexti: shift(5, 0x480),
  binv: r(OP, 1, 0x34),
  binvi: shift(1, 0x680),
  bset: r(OP, 1, 0x14),
  bseti: shift(1, 0x280),
  // Zicsr
  csrrw: i(SYSTEM, 1, "csr"),
  csrrs: i(SYSTEM, 2, "csr"),
  csrrc: i(SYSTEM, 3, "csr"),
  csrrwi: i(SYSTEM, 5, "csrImm"),
  csrrsi: i(SYSTEM, 6, "csrImm"),
  csrrci: i(SYSTEM, 7, "csrImm"),
  // Zawrs
  "wrs.nto": fixed(0x00d00073),
  "wrs.sto": fixed(0x01d00073),
  // Privileged and N extension
  uret: fixed(0x00200073),
  sret: fixed(0x10200073),
  mret: fixed(0x30200073),
  wfi: fixed(0x10500073),
  "sfence.vma": encoding("address", 0x12000073),
  // User interrupts (custom-3, funct3 110)
  "uipi.send": encoding("rs1", 0x0000607b),
  "uipi.read": encoding("rd", 0x0200607b),
  "uipi.write": encoding("rs1", 0x0400607b),
  "uipi.activate": fixed(0x0600607b),
  "uipi.deactivate": fixed(0x0800607b),
  // Pseudo-instructions whose length the linker decides
  call: encoding("pseudo", 0),
  tail: encoding("pseudo", 0),
  la: encoding("pseudo", 0),
} satisfies Record<string, Encoding>;

/** Mnemonic of an encodable instruction. */
export type Opcode = keyof typeof OPCODES;

/** Rounding modes by their names in assembly; the value is what the instruction holds. */
export const ROUNDING_MODES = { rne: 0, rtz: 1, rdn: 2, rup: 3, rmm: 4, dyn: 7 } as const;

/** To nearest with ties to even, towards zero, down, up, to nearest with ties away from zero, as fcsr says. */
export type RoundingMode = keyof typeof ROUNDING_MODES;

/**
 * Instruction → 16-bit word of the C extension where one exists (RISC-V unprivileged ISA, chapter "C").
 *
 * Compressed branches and jumps depend on distances and are encoded by {@link compressBranch} and {@link compressJump}.
 */
import type { Instruction } from "./instruction";
import type { Opcode } from "./opcodes";
import { FIRST_FLOAT, reg } from "./registers";

/** Registers x8–x15, which the 3-bit register fields can name. */
const isShort = (register: number) => register >= 8 && register <= 15;
const short = (register: number) => register - 8;
/** Bits `from`..`from+count-1` of `value`, moved to bit `to`. */
const field = (value: number, from: number, count: number, to: number) =>
  ((value >> from) & ((1 << count) - 1)) << to;
const inRange = (value: number, low: number, high: number, step: number) =>
  value >= low && value < high && value % step === 0;
const isSigned6 = (value: number) => inRange(value, -32, 32, 1);

/** CI format: a signed or unsigned 6-bit immediate around the destination register. */
const ci = (base: number, register: number, imm: number) =>
  base | field(imm, 5, 1, 12) | (register << 7) | field(imm, 0, 5, 2);

type Compressor = (instruction: Instruction) => number | undefined;

function addi({ rd, rs1, imm }: Instruction): number | undefined {
  if (rd === 0) return rs1 === 0 && imm === 0 ? 0x0001 : undefined;
  if (imm === 0 && rs1 !== 0) return 0x8002 | (rd << 7) | (rs1 << 2);
  if (rs1 === 0) return isSigned6(imm) ? ci(0x4001, rd, imm) : undefined;
  if (rd === rs1 && isSigned6(imm)) return ci(0x0001, rd, imm);
  if (rs1 !== reg.sp) return undefined;
  if (rd === reg.sp && inRange(imm, -512, 512, 16)) {
    const bits = field(imm, 9, 1, 12) | field(imm, 4, 1, 6) | field(imm, 6, 1, 5) | field(imm, 7, 2, 3);
    return 0x6101 | bits | field(imm, 5, 1, 2);
  }
  if (isShort(rd) && inRange(imm, 4, 1024, 4)) {
    const bits = field(imm, 4, 2, 11) | field(imm, 6, 4, 7) | field(imm, 2, 1, 6) | field(imm, 3, 1, 5);
    return (short(rd) << 2) | bits;
  }
  return undefined;
}

function add({ rd, rs1, rs2 }: Instruction): number | undefined {
  if (rd === 0) return undefined;
  if (rs1 === 0) return rs2 !== 0 ? 0x8002 | (rd << 7) | (rs2 << 2) : ci(0x4001, rd, 0);
  if (rs2 === 0) return 0x8002 | (rd << 7) | (rs1 << 2);
  if (rd === rs1) return 0x9002 | (rd << 7) | (rs2 << 2);
  if (rd === rs2) return 0x9002 | (rd << 7) | (rs1 << 2);
  return undefined;
}

/** Two-operand arithmetic on x8–x15 (CA format). */
const arithmetic =
  (base: number, commutative: boolean): Compressor =>
  ({ rd, rs1, rs2 }) => {
    if (!isShort(rd) || !isShort(rs1) || !isShort(rs2)) return undefined;
    if (rd === rs1) return base | (short(rd) << 7) | (short(rs2) << 2);
    if (commutative && rd === rs2) return base | (short(rd) << 7) | (short(rs1) << 2);
    return undefined;
  };

/** Right shifts and andi on x8–x15 (CB format). */
const shortImmediate =
  (base: number, accepts: (imm: number) => boolean): Compressor =>
  ({ rd, rs1, imm }) =>
    rd === rs1 && isShort(rd) && accepts(imm) ? ci(base, short(rd), imm) : undefined;

const shortWordOffset = (imm: number) => field(imm, 3, 3, 10) | field(imm, 2, 1, 6) | field(imm, 6, 1, 5);
const shortDoubleOffset = (imm: number) => field(imm, 3, 3, 10) | field(imm, 6, 2, 5);

function load(short_: number, spBase: number, size: 4 | 8): Compressor {
  return ({ rd, rs1, imm }) => {
    if (rs1 === reg.sp && rd !== 0 && inRange(imm, 0, size * 64, size)) {
      const low =
        size === 4 ? field(imm, 2, 3, 4) | field(imm, 6, 2, 2) : field(imm, 3, 2, 5) | field(imm, 6, 3, 2);
      return spBase | field(imm, 5, 1, 12) | (rd << 7) | low;
    }
    if (!isShort(rd) || !isShort(rs1) || !inRange(imm, 0, size * 32, size)) return undefined;
    const offset = size === 4 ? shortWordOffset(imm) : shortDoubleOffset(imm);
    return short_ | offset | (short(rs1) << 7) | (short(rd) << 2);
  };
}

function store(short_: number, spBase: number, size: 4 | 8): Compressor {
  return ({ rs1, rs2, imm }) => {
    if (rs1 === reg.sp && inRange(imm, 0, size * 64, size)) {
      const offset =
        size === 4 ? field(imm, 2, 4, 9) | field(imm, 6, 2, 7) : field(imm, 3, 3, 10) | field(imm, 6, 3, 7);
      return spBase | offset | (rs2 << 2);
    }
    if (!isShort(rs2) || !isShort(rs1) || !inRange(imm, 0, size * 32, size)) return undefined;
    const offset = size === 4 ? shortWordOffset(imm) : shortDoubleOffset(imm);
    return short_ | offset | (short(rs1) << 7) | (short(rs2) << 2);
  };
}

/** Loads and stores of floating-point registers have the immediates of `ld` and `sd`; f0 is as good as any. */
const floatLoad = (short_: number, spBase: number): Compressor => {
  const ofInteger = load(short_, spBase, 8);
  return (instruction) => {
    const rd = instruction.rd - FIRST_FLOAT;
    if (rd !== 0) return ofInteger({ ...instruction, rd });
    const other = ofInteger({ ...instruction, rd: reg.t6 });
    return other === undefined ? undefined : other & ~(reg.t6 << 7);
  };
};
const floatStore = (short_: number, spBase: number): Compressor => {
  const ofInteger = store(short_, spBase, 8);
  return (instruction) => ofInteger({ ...instruction, rs2: instruction.rs2 - FIRST_FLOAT });
};

function lui({ rd, imm }: Instruction): number | undefined {
  const value = (imm << 12) >> 12;
  return rd !== 0 && rd !== reg.sp && value !== 0 && isSigned6(value) ? ci(0x6001, rd, value) : undefined;
}

function jalr({ rd, rs1, imm }: Instruction): number | undefined {
  if (imm !== 0 || rs1 === 0 || rd > 1) return undefined;
  return (rd === reg.ra ? 0x9002 : 0x8002) | (rs1 << 7);
}

const COMPRESSORS: Partial<Record<Opcode, Compressor>> = {
  addi,
  add,
  lui,
  jalr,
  addiw: ({ rd, rs1, imm }) => (rd !== 0 && rd === rs1 && isSigned6(imm) ? ci(0x2001, rd, imm) : undefined),
  slli: ({ rd, rs1, imm }) => (rd !== 0 && rd === rs1 && imm !== 0 ? ci(0x0002, rd, imm) : undefined),
  srli: shortImmediate(0x8001, (imm) => imm !== 0),
  srai: shortImmediate(0x8401, (imm) => imm !== 0),
  andi: shortImmediate(0x8801, isSigned6),
  sub: arithmetic(0x8c01, false),
  xor: arithmetic(0x8c21, true),
  or: arithmetic(0x8c41, true),
  and: arithmetic(0x8c61, true),
  subw: arithmetic(0x9c01, false),
  addw: arithmetic(0x9c21, true),
  lw: load(0x4000, 0x4002, 4),
  ld: load(0x6000, 0x6002, 8),
  sw: store(0xc000, 0xc002, 4),
  sd: store(0xe000, 0xe002, 8),
  fld: floatLoad(0x2000, 0x2002),
  fsd: floatStore(0xa000, 0xa002),
  ebreak: () => 0x9002,
  unimp: () => 0x0000,
};

/** The 16-bit form of an instruction whose operands are final, or undefined if there is none. */
export function compress(instruction: Instruction): number | undefined {
  if (instruction.uncompressed) return undefined;
  return COMPRESSORS[instruction.op]?.(instruction);
}

/** Register a compressed branch would test, or undefined when the branch has no 16-bit form. */
export function shortBranchRegister({ op, rs1, rs2, uncompressed }: Instruction): number | undefined {
  if (uncompressed || (op !== "beq" && op !== "bne")) return undefined;
  if (rs2 === 0 && isShort(rs1)) return rs1;
  return rs1 === 0 && isShort(rs2) ? rs2 : undefined;
}

/** c.beqz / c.bnez over `offset` bytes (−256…254). */
export function compressBranch(op: Opcode, register: number, offset: number): number {
  const bits =
    field(offset, 8, 1, 12) | field(offset, 3, 2, 10) | field(offset, 6, 2, 5) | field(offset, 1, 2, 3);
  return (op === "bne" ? 0xe001 : 0xc001) | bits | field(offset, 5, 1, 2) | (short(register) << 7);
}

/** c.j over `offset` bytes (−2048…2046). */
export function compressJump(offset: number): number {
  return (
    0xa001 |
    field(offset, 11, 1, 12) |
    field(offset, 4, 1, 11) |
    field(offset, 8, 2, 9) |
    field(offset, 10, 1, 8) |
    field(offset, 6, 1, 7) |
    field(offset, 7, 1, 6) |
    field(offset, 1, 3, 3) |
    field(offset, 5, 1, 2)
  );
}

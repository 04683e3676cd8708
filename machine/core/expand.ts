// The C extension: every 16-bit instruction is expanded to the 32-bit instruction it stands for
// (unprivileged specification, chapter "C", tables of quadrants 0, 1 and 2; RV64DC).

/** What an illegal or reserved 16-bit instruction expands to; no 32-bit instruction is all zeros. */
const ILLEGAL: u32 = 0;

const OP_LOAD: u32 = 0x03;
const OP_LOAD_FP: u32 = 0x07;
const OP_IMM: u32 = 0x13;
const OP_IMM_32: u32 = 0x1b;
const OP_STORE: u32 = 0x23;
const OP_STORE_FP: u32 = 0x27;
const OP_REG: u32 = 0x33;
const OP_LUI: u32 = 0x37;
const OP_REG_32: u32 = 0x3b;
const OP_BRANCH: u32 = 0x63;
const OP_JALR: u32 = 0x67;
const OP_JAL: u32 = 0x6f;
const EBREAK: u32 = 0x00100073;

/** The full-width form of a compressed instruction (its low 16 bits), or 0 when it is not a legal one. */
export function expandCompressed(h: u32): u32 {
  switch (h & 3) {
    case 0:
      return quadrant0(h);
    case 1:
      return quadrant1(h);
    default:
      return quadrant2(h);
  }
}

class Field {
  /** Bits high..low of h. */
  @inline static bits(h: u32, high: u32, low: u32): u32 {
    return (h >> low) & ((1 << (high - low + 1)) - 1);
  }

  /** Sign-extends the low `width` bits. */
  @inline static signed(value: u32, width: u32): u32 {
    return <u32>(<i32>(value << (32 - width)) >> (32 - width));
  }

  /** The 6-bit immediate of the CI format, sign-extended. */
  @inline static imm6(h: u32): u32 {
    return Field.signed((Field.bits(h, 12, 12) << 5) | Field.bits(h, 6, 2), 6);
  }

  @inline static shift(h: u32): u32 {
    return (Field.bits(h, 12, 12) << 5) | Field.bits(h, 6, 2);
  }
}

function iType(imm: u32, rs1: u32, funct3: u32, rd: u32, opcode: u32): u32 {
  return (imm << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
}

function rType(funct7: u32, rs2: u32, rs1: u32, funct3: u32, rd: u32, opcode: u32): u32 {
  return (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;
}

function sType(imm: u32, rs2: u32, rs1: u32, funct3: u32, opcode: u32): u32 {
  return ((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((imm & 31) << 7) | opcode;
}

function bType(imm: u32, rs1: u32, funct3: u32): u32 {
  const high = (Field.bits(imm, 12, 12) << 31) | (Field.bits(imm, 10, 5) << 25);
  return (
    high |
    (rs1 << 15) |
    (funct3 << 12) |
    (Field.bits(imm, 4, 1) << 8) |
    (Field.bits(imm, 11, 11) << 7) |
    OP_BRANCH
  );
}

function jType(imm: u32, rd: u32): u32 {
  const high = (Field.bits(imm, 20, 20) << 31) | (Field.bits(imm, 10, 1) << 21);
  return high | (Field.bits(imm, 11, 11) << 20) | (Field.bits(imm, 19, 12) << 12) | (rd << 7) | OP_JAL;
}

function quadrant0(h: u32): u32 {
  const rd = 8 + Field.bits(h, 4, 2);
  const rs1 = 8 + Field.bits(h, 9, 7);
  const word = (Field.bits(h, 5, 5) << 6) | (Field.bits(h, 12, 10) << 3) | (Field.bits(h, 6, 6) << 2);
  const double = (Field.bits(h, 6, 5) << 6) | (Field.bits(h, 12, 10) << 3);
  switch (h >> 13) {
    case 0: {
      const high = (Field.bits(h, 10, 7) << 6) | (Field.bits(h, 12, 11) << 4);
      const imm = high | (Field.bits(h, 5, 5) << 3) | (Field.bits(h, 6, 6) << 2);
      return imm != 0 ? iType(imm, 2, 0, rd, OP_IMM) : ILLEGAL; // c.addi4spn
    }
    case 1:
      return iType(double, rs1, 3, rd, OP_LOAD_FP); // c.fld
    case 2:
      return iType(word, rs1, 2, rd, OP_LOAD); // c.lw
    case 3:
      return iType(double, rs1, 3, rd, OP_LOAD); // c.ld
    case 5:
      return sType(double, rd, rs1, 3, OP_STORE_FP); // c.fsd
    case 6:
      return sType(word, rd, rs1, 2, OP_STORE); // c.sw
    case 7:
      return sType(double, rd, rs1, 3, OP_STORE); // c.sd
    default:
      return ILLEGAL;
  }
}

function quadrant1(h: u32): u32 {
  const rd = Field.bits(h, 11, 7);
  switch (h >> 13) {
    case 0:
      return iType(Field.imm6(h), rd, 0, rd, OP_IMM); // c.addi
    case 1:
      return rd != 0 ? iType(Field.imm6(h), rd, 0, rd, OP_IMM_32) : ILLEGAL; // c.addiw
    case 2:
      return iType(Field.imm6(h), 0, 0, rd, OP_IMM); // c.li
    case 3:
      return rd == 2 ? addi16sp(h) : compressedLui(h, rd);
    case 4:
      return arithmetic(h);
    case 5:
      return jType(jumpOffset(h), 0); // c.j
    case 6:
      return bType(branchOffset(h), 8 + Field.bits(h, 9, 7), 0); // c.beqz
    default:
      return bType(branchOffset(h), 8 + Field.bits(h, 9, 7), 1); // c.bnez
  }
}

function addi16sp(h: u32): u32 {
  const high = (Field.bits(h, 12, 12) << 9) | (Field.bits(h, 4, 3) << 7);
  const imm = high | (Field.bits(h, 5, 5) << 6) | (Field.bits(h, 2, 2) << 5) | (Field.bits(h, 6, 6) << 4);
  return imm != 0 ? iType(Field.signed(imm, 10), 2, 0, 2, OP_IMM) : ILLEGAL;
}

function compressedLui(h: u32, rd: u32): u32 {
  const imm = Field.imm6(h);
  return imm != 0 ? (imm << 12) | (rd << 7) | OP_LUI : ILLEGAL;
}

function arithmetic(h: u32): u32 {
  const rd = 8 + Field.bits(h, 9, 7);
  const rs2 = 8 + Field.bits(h, 4, 2);
  switch (Field.bits(h, 11, 10)) {
    case 0:
      return iType(Field.shift(h), rd, 5, rd, OP_IMM); // c.srli
    case 1:
      return iType(Field.shift(h) | 0x400, rd, 5, rd, OP_IMM); // c.srai
    case 2:
      return iType(Field.imm6(h), rd, 7, rd, OP_IMM); // c.andi
  }
  switch ((Field.bits(h, 12, 12) << 2) | Field.bits(h, 6, 5)) {
    case 0:
      return rType(0x20, rs2, rd, 0, rd, OP_REG); // c.sub
    case 1:
      return rType(0, rs2, rd, 4, rd, OP_REG); // c.xor
    case 2:
      return rType(0, rs2, rd, 6, rd, OP_REG); // c.or
    case 3:
      return rType(0, rs2, rd, 7, rd, OP_REG); // c.and
    case 4:
      return rType(0x20, rs2, rd, 0, rd, OP_REG_32); // c.subw
    case 5:
      return rType(0, rs2, rd, 0, rd, OP_REG_32); // c.addw
    default:
      return ILLEGAL;
  }
}

function jumpOffset(h: u32): u32 {
  const high = (Field.bits(h, 12, 12) << 11) | (Field.bits(h, 8, 8) << 10) | (Field.bits(h, 10, 9) << 8);
  const middle = (Field.bits(h, 6, 6) << 7) | (Field.bits(h, 7, 7) << 6) | (Field.bits(h, 2, 2) << 5);
  return Field.signed(high | middle | (Field.bits(h, 11, 11) << 4) | (Field.bits(h, 5, 3) << 1), 12);
}

function branchOffset(h: u32): u32 {
  const high = (Field.bits(h, 12, 12) << 8) | (Field.bits(h, 6, 5) << 6) | (Field.bits(h, 2, 2) << 5);
  return Field.signed(high | (Field.bits(h, 11, 10) << 3) | (Field.bits(h, 4, 3) << 1), 9);
}

function quadrant2(h: u32): u32 {
  const rd = Field.bits(h, 11, 7);
  const rs2 = Field.bits(h, 6, 2);
  const doubleOffset = (Field.bits(h, 4, 2) << 6) | (Field.bits(h, 12, 12) << 5) | (Field.bits(h, 6, 5) << 3);
  const doubleStoreOffset = (Field.bits(h, 9, 7) << 6) | (Field.bits(h, 12, 10) << 3);
  switch (h >> 13) {
    case 0:
      return iType(Field.shift(h), rd, 1, rd, OP_IMM); // c.slli
    case 1:
      return iType(doubleOffset, 2, 3, rd, OP_LOAD_FP); // c.fldsp
    case 2: {
      const imm = (Field.bits(h, 3, 2) << 6) | (Field.bits(h, 12, 12) << 5) | (Field.bits(h, 6, 4) << 2);
      return rd != 0 ? iType(imm, 2, 2, rd, OP_LOAD) : ILLEGAL; // c.lwsp
    }
    case 3:
      return rd != 0 ? iType(doubleOffset, 2, 3, rd, OP_LOAD) : ILLEGAL; // c.ldsp
    case 4:
      return jumpsAndMoves(h, rd, rs2);
    case 5:
      return sType(doubleStoreOffset, rs2, 2, 3, OP_STORE_FP); // c.fsdsp
    case 6:
      return sType((Field.bits(h, 8, 7) << 6) | (Field.bits(h, 12, 9) << 2), rs2, 2, 2, OP_STORE); // c.swsp
    default:
      return sType(doubleStoreOffset, rs2, 2, 3, OP_STORE); // c.sdsp
  }
}

function jumpsAndMoves(h: u32, rd: u32, rs2: u32): u32 {
  if (Field.bits(h, 12, 12) == 0) {
    if (rs2 != 0) return rType(0, rs2, 0, 0, rd, OP_REG); // c.mv
    return rd != 0 ? iType(0, rd, 0, 0, OP_JALR) : ILLEGAL; // c.jr
  }
  if (rs2 != 0) return rType(0, rs2, rd, 0, rd, OP_REG); // c.add
  return rd != 0 ? iType(0, rd, 0, 1, OP_JALR) : EBREAK; // c.jalr, c.ebreak
}

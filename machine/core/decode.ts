// Decoding: a 32-bit instruction becomes one 64-bit slot (slot.ts), so that the hot loop never looks at encodings.
// Every encoding that this machine does not define becomes Op.Illegal with the raw instruction as its immediate.
import { decodeFloat } from "./decode-float";
import { Function, Immediate } from "./fields";
import { Op } from "./operation";
import { illegal, pack } from "./slot";

/**
 * Decodes one instruction.
 * @param word the instruction, expanded if it was compressed; 0 for an illegal compressed one
 * @param raw its bits as fetched, 16 or 32, for the trap value of an illegal instruction
 * @param halfwords its length: 1 or 2
 */
export function decode(word: u32, raw: u32, halfwords: u32): u64 {
  const slot = decodeOpcode(word);
  if ((slot & 0xff) == <u64>Op.Illegal) return illegal(raw) | ((<u64>halfwords) << 26);
  return slot | ((<u64>halfwords) << 26);
}

function decodeOpcode(word: u32): u64 {
  switch (word & 0x7f) {
    case 0x03:
      return load3(word);
    case 0x07:
    case 0x27:
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53:
      return decodeFloat(word);
    case 0x0f:
      return fence(word);
    case 0x13:
      return immediateOperation(word);
    case 0x17:
      return pack(Op.Auipc, word, word & 0xfffff000);
    case 0x1b:
      return immediateWord(word);
    case 0x23:
      return Function.three(word) < 4
        ? pack(Op.Sb + Function.three(word), word, Immediate.s(word))
        : illegal(word);
    case 0x2f:
      return atomic(word);
    case 0x33:
      return registerOperation(word);
    case 0x37:
      return pack(Op.Lui, word, word & 0xfffff000);
    case 0x3b:
      return registerWord(word);
    case 0x63:
      return branch(word);
    case 0x67:
      return Function.three(word) == 0 ? pack(Op.Jalr, word, Immediate.i(word)) : illegal(word);
    case 0x6f:
      return pack(Op.Jal, word, Immediate.j(word));
    case 0x73:
      return system(word);
    case 0x7b:
      return Function.three(word) == 6 && Function.seven(word) < 5
        ? pack(Op.Uipi, word, word)
        : illegal(word);
    default:
      return illegal(word);
  }
}

function load3(word: u32): u64 {
  const funct3 = Function.three(word);
  return funct3 < 7 ? pack(Op.Lb + funct3, word, Immediate.i(word)) : illegal(word);
}

function fence(word: u32): u64 {
  if (Function.three(word) == 0) {
    const bothSides = (word & 0x0f000000) != 0 && (word & 0x00f00000) != 0;
    return pack(bothSides ? Op.Fence : Op.Nop, word, word); // without one side it is a hint, such as pause
  }
  if (Function.three(word) == 1) return pack(Op.FenceI, word, 0);
  return Function.three(word) == 2 ? cacheBlock(word) : illegal(word);
}

/** Zicbom and Zicboz: inval, clean, flush, and zero. */
function cacheBlock(word: u32): u64 {
  const operation = word >> 20;
  const isDefined = operation <= 2 || operation == 4;
  return isDefined && ((word >> 7) & 31) == 0 ? pack(Op.CacheBlock, word, word) : illegal(word);
}

function branch(word: u32): u64 {
  const offset = Immediate.b(word);
  switch (Function.three(word)) {
    case 0:
      return pack(Op.Beq, word, offset);
    case 1:
      return pack(Op.Bne, word, offset);
    case 4:
      return pack(Op.Blt, word, offset);
    case 5:
      return pack(Op.Bge, word, offset);
    case 6:
      return pack(Op.Bltu, word, offset);
    case 7:
      return pack(Op.Bgeu, word, offset);
    default:
      return illegal(word);
  }
}

/** OP-IMM, with the immediate forms of Zbb and Zbs. Pure operations on x0 are hints. */
function immediateOperation(word: u32): u64 {
  const immediate = Immediate.i(word);
  const isHint = ((word >> 7) & 31) == 0;
  switch (Function.three(word)) {
    case 0:
      if (isHint) return pack(Op.Nop, word, 0);
      if (((word >> 15) & 31) == 0) return pack(Op.Lui, word, immediate);
      return pack(immediate == 0 ? Op.Mv : Op.Addi, word, immediate);
    case 1:
      return shiftLeftImmediate(word);
    case 2:
      return pack(Op.Slti, word, immediate);
    case 3:
      return pack(Op.Sltiu, word, immediate);
    case 4:
      return pack(Op.Xori, word, immediate);
    case 5:
      return shiftRightImmediate(word);
    case 6:
      return pack(Op.Ori, word, immediate);
    default:
      return pack(Op.Andi, word, immediate);
  }
}

function shiftLeftImmediate(word: u32): u64 {
  const amount = (word >> 20) & 63;
  switch (word >> 26) {
    case 0x00:
      return pack(Op.Slli, word, amount);
    case 0x0a:
      return pack(Op.Bseti, word, amount);
    case 0x12:
      return pack(Op.Bclri, word, amount);
    case 0x1a:
      return pack(Op.Binvi, word, amount);
    case 0x18:
      return unaryBitOperation(word, amount);
    default:
      return illegal(word);
  }
}

function unaryBitOperation(word: u32, selector: u32): u64 {
  switch (selector) {
    case 0:
      return pack(Op.Clz, word, 0);
    case 1:
      return pack(Op.Ctz, word, 0);
    case 2:
      return pack(Op.Cpop, word, 0);
    case 4:
      return pack(Op.SextB, word, 0);
    case 5:
      return pack(Op.SextH, word, 0);
    default:
      return illegal(word);
  }
}

function shiftRightImmediate(word: u32): u64 {
  const amount = (word >> 20) & 63;
  switch (word >> 26) {
    case 0x00:
      return pack(Op.Srli, word, amount);
    case 0x10:
      return pack(Op.Srai, word, amount);
    case 0x12:
      return pack(Op.Bexti, word, amount);
    case 0x18:
      return pack(Op.Rori, word, amount);
    case 0x0a:
      return amount == 7 ? pack(Op.OrcB, word, 0) : illegal(word);
    case 0x1a:
      return amount == 0x38 ? pack(Op.Rev8, word, 0) : illegal(word);
    default:
      return illegal(word);
  }
}

function immediateWord(word: u32): u64 {
  const amount = (word >> 20) & 31;
  const funct7 = Function.seven(word);
  switch (Function.three(word)) {
    case 0:
      return pack(Op.Addiw, word, Immediate.i(word));
    case 1:
      if (funct7 == 0) return pack(Op.Slliw, word, amount);
      if (funct7 >> 1 == 2) return pack(Op.SlliUw, word, (word >> 20) & 63);
      if (funct7 != 0x30) return illegal(word);
      if (amount == 0) return pack(Op.Clzw, word, 0);
      if (amount == 1) return pack(Op.Ctzw, word, 0);
      return amount == 2 ? pack(Op.Cpopw, word, 0) : illegal(word);
    case 5:
      if (funct7 == 0) return pack(Op.Srliw, word, amount);
      if (funct7 == 0x20) return pack(Op.Sraiw, word, amount);
      return funct7 == 0x30 ? pack(Op.Roriw, word, amount) : illegal(word);
    default:
      return illegal(word);
  }
}

function registerOperation(word: u32): u64 {
  const funct3 = Function.three(word);
  switch (Function.seven(word)) {
    case 0x00:
      return pack(baseOperation(funct3), word, 0);
    case 0x01:
      return pack(Op.Mul + funct3, word, 0);
    case 0x20:
      return invertedOperation(word, funct3);
    case 0x10:
      if (funct3 == 2) return pack(Op.Sh1add, word, 0);
      if (funct3 == 4) return pack(Op.Sh2add, word, 0);
      return funct3 == 6 ? pack(Op.Sh3add, word, 0) : illegal(word);
    case 0x05:
      return minMax(word, funct3);
    case 0x30:
      if (funct3 == 1) return pack(Op.Rol, word, 0);
      return funct3 == 5 ? pack(Op.Ror, word, 0) : illegal(word);
    case 0x14:
      return funct3 == 1 ? pack(Op.Bset, word, 0) : illegal(word);
    case 0x24:
      if (funct3 == 1) return pack(Op.Bclr, word, 0);
      return funct3 == 5 ? pack(Op.Bext, word, 0) : illegal(word);
    case 0x34:
      return funct3 == 1 ? pack(Op.Binv, word, 0) : illegal(word);
    default:
      return illegal(word);
  }
}

function baseOperation(funct3: u32): Op {
  switch (funct3) {
    case 0:
      return Op.Add;
    case 1:
      return Op.Sll;
    case 2:
      return Op.Slt;
    case 3:
      return Op.Sltu;
    case 4:
      return Op.Xor;
    case 5:
      return Op.Srl;
    case 6:
      return Op.Or;
    default:
      return Op.And;
  }
}

function invertedOperation(word: u32, funct3: u32): u64 {
  switch (funct3) {
    case 0:
      return pack(Op.Sub, word, 0);
    case 4:
      return pack(Op.Xnor, word, 0);
    case 5:
      return pack(Op.Sra, word, 0);
    case 6:
      return pack(Op.Orn, word, 0);
    case 7:
      return pack(Op.Andn, word, 0);
    default:
      return illegal(word);
  }
}

function minMax(word: u32, funct3: u32): u64 {
  switch (funct3) {
    case 4:
      return pack(Op.Min, word, 0);
    case 5:
      return pack(Op.Minu, word, 0);
    case 6:
      return pack(Op.Max, word, 0);
    case 7:
      return pack(Op.Maxu, word, 0);
    default:
      return illegal(word);
  }
}

function registerWord(word: u32): u64 {
  const funct3 = Function.three(word);
  switch ((Function.seven(word) << 3) | funct3) {
    case 0x000:
      return pack(Op.Addw, word, 0);
    case 0x001:
      return pack(Op.Sllw, word, 0);
    case 0x005:
      return pack(Op.Srlw, word, 0);
    case 0x100:
      return pack(Op.Subw, word, 0);
    case 0x105:
      return pack(Op.Sraw, word, 0);
    case 0x008:
      return pack(Op.Mulw, word, 0);
    case 0x00c:
      return pack(Op.Divw, word, 0);
    case 0x00d:
      return pack(Op.Divuw, word, 0);
    case 0x00e:
      return pack(Op.Remw, word, 0);
    case 0x00f:
      return pack(Op.Remuw, word, 0);
    case 0x020:
      return pack(Op.AddUw, word, 0);
    case 0x024:
      return ((word >> 20) & 31) == 0 ? pack(Op.ZextH, word, 0) : illegal(word);
    case 0x082:
      return pack(Op.Sh1addUw, word, 0);
    case 0x084:
      return pack(Op.Sh2addUw, word, 0);
    case 0x086:
      return pack(Op.Sh3addUw, word, 0);
    case 0x181:
      return pack(Op.Rolw, word, 0);
    case 0x185:
      return pack(Op.Rorw, word, 0);
    default:
      return illegal(word);
  }
}

/** The A extension keeps the whole instruction as immediate: atomics are executed out of the hot loop. */
function atomic(word: u32): u64 {
  const funct3 = Function.three(word);
  if (funct3 != 2 && funct3 != 3) return illegal(word);
  const operation = word >> 27;
  const isLoadReserved = operation == 2;
  if (isLoadReserved && ((word >> 20) & 31) != 0) return illegal(word);
  const isDefined = operation <= 4 || ((operation & 3) == 0 && operation <= 28);
  return isDefined ? pack(Op.Atomic, word, word) : illegal(word);
}

function system(word: u32): u64 {
  const funct3 = Function.three(word);
  if (funct3 == 4) return illegal(word);
  return pack(funct3 == 0 ? Op.System : Op.Csr, word, word);
}

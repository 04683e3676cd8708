/**
 * Instruction → 32-bit word (RISC-V unprivileged ISA, section 2.2/2.3 immediate encodings).
 *
 * The target of branches and jumps is already a byte offset from the instruction here; symbols are resolved to `imm`.
 */
import type { Instruction } from "./instruction";
import { type Encoding, OPCODES } from "./opcodes";
import { FIRST_FLOAT, REGISTER_NAMES } from "./registers";

/** An operand does not fit its instruction. */
export class EncodingError extends Error {
  constructor(instruction: Instruction, reason: string) {
    const { op, rd, rs1, rs2, imm } = instruction;
    super(`${op} rd=${rd} rs1=${rs1} rs2=${rs2} imm=${imm}: ${reason}`);
    this.name = "EncodingError";
  }
}

/** Bits `count` from position `from` of `value`, placed at position `to`. */
const field = (value: number, from: number, count: number, to: number): number =>
  ((value >> from) & ((1 << count) - 1)) << to;

function checkSigned(instruction: Instruction, value: number, bits: number): void {
  const limit = 2 ** (bits - 1);
  if (value < -limit || value >= limit || !Number.isInteger(value)) {
    throw new EncodingError(instruction, `${value} does not fit ${bits} signed bits`);
  }
}

function checkUnsigned(instruction: Instruction, value: number, bits: number): void {
  if (value < 0 || value >= 2 ** bits || !Number.isInteger(value)) {
    throw new EncodingError(instruction, `${value} does not fit ${bits} unsigned bits`);
  }
}

/** Number of a register among those of its class. */
const number = (register: number): number => register & (FIRST_FLOAT - 1);

/** Every operand must be a register of the class the instruction works on. */
function checkClasses(instruction: Instruction, floats: Encoding["floats"] = []): void {
  for (const operand of ["rd", "rs1", "rs2", "rs3"] as const) {
    const register = instruction[operand] ?? 0;
    const expected = floats.includes(operand) ? "a floating-point" : "an integer";
    if (register >= FIRST_FLOAT !== floats.includes(operand))
      throw new EncodingError(
        instruction,
        `${operand} = ${REGISTER_NAMES[register] ?? register} is not ${expected} register`,
      );
  }
}

/** Immediate bits of a B-format branch. */
export function branchImmediate(offset: number): number {
  return (
    field(offset, 11, 1, 7) | field(offset, 1, 4, 8) | field(offset, 5, 6, 25) | field(offset, 12, 1, 31)
  );
}

/** Immediate bits of a J-format jump. */
export function jumpImmediate(offset: number): number {
  return (
    field(offset, 12, 8, 12) | field(offset, 11, 1, 20) | field(offset, 1, 10, 21) | field(offset, 20, 1, 31)
  );
}

/** Operand bits of an instruction; `offset` is the distance to the target in bytes for branches and jumps. */
function operandBits(instruction: Instruction, { format }: Encoding, offset: number): number {
  const { imm } = instruction;
  const rd = number(instruction.rd) << 7;
  const rs1 = number(instruction.rs1) << 15;
  const rs2 = number(instruction.rs2) << 20;
  switch (format) {
    case "R":
      return rd | rs1 | rs2;
    case "unary":
      return rd | rs1;
    case "I":
    case "load":
      checkSigned(instruction, imm, 12);
      return rd | rs1 | field(imm, 0, 12, 20);
    case "store":
      checkSigned(instruction, imm, 12);
      return rs1 | rs2 | field(imm, 0, 5, 7) | field(imm, 5, 7, 25);
    case "shift":
    case "shiftW":
      checkUnsigned(instruction, imm, format === "shift" ? 6 : 5);
      return rd | rs1 | (imm << 20);
    case "branch":
      checkSigned(instruction, offset, 13);
      return rs1 | rs2 | branchImmediate(offset);
    case "U":
      if (imm < -0x80000 || imm > 0xfffff) throw new EncodingError(instruction, "does not fit 20 bits");
      return rd | field(imm, 0, 20, 12);
    case "jump":
      checkSigned(instruction, offset, 21);
      return rd | jumpImmediate(offset);
    case "csr":
    case "csrImm":
      checkUnsigned(instruction, imm, 12);
      checkUnsigned(instruction, instruction.rs1, 5);
      return rd | rs1 | (imm << 20);
    case "atomic":
    case "loadReserved":
      checkUnsigned(instruction, imm, 2);
      return rd | rs1 | (format === "atomic" ? rs2 : 0) | (imm << 25);
    case "rounded":
    case "roundedUnary":
    case "fused": {
      checkUnsigned(instruction, imm, 3);
      const more = format === "fused" ? number(instruction.rs3 ?? 0) << 27 : 0;
      return rd | rs1 | (format === "roundedUnary" ? 0 : rs2) | more | (imm << 12);
    }
    case "fence":
      checkUnsigned(instruction, imm, 8);
      return imm << 20;
    case "address":
      return rs1 | rs2;
    case "rs1":
      return rs1;
    case "rd":
      return rd;
    case "none":
      return 0;
    case "pseudo":
      throw new EncodingError(instruction, "a pseudo-instruction has no single encoding");
  }
}

/**
 * Encodes one instruction in its 4-byte form.
 * @param offset distance to the target in bytes, for branches and jumps
 * @throws EncodingError when an operand does not fit
 */
export function encode(instruction: Instruction, offset = 0): number {
  const encoding = OPCODES[instruction.op] as Encoding;
  checkClasses(instruction, encoding.floats);
  return (encoding.match | operandBits(instruction, encoding, offset)) >>> 0;
}

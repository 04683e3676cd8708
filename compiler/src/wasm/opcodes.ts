/**
 * wasm's instructions and the IR operations they become (core spec section 5.4, threads proposal for 0xfe).
 * Opcodes behind a prefix byte are written `prefix << 8 | opcode`.
 */
import type { Type } from "../ir/ir";
import type { Operation } from "../ir/operations";

export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
  atomicNotify: 0xfe00,
  atomicWait32: 0xfe01,
  atomicWait64: 0xfe02,
  atomicFence: 0xfe03,
} as const;

/** A numeric instruction. `swap` exchanges the operands (gt is lt, le is ge). */
export interface NumericInstruction {
  op: Operation;
  operand: Type;
  result: Type;
  operands: 1 | 2;
  swap?: boolean;
}

/** A load or store. `size` in bytes. */
export interface MemoryInstruction {
  type: Type;
  size: number;
  signed: boolean;
}

/** An atomic instruction of the threads proposal. */
export interface AtomicInstruction {
  kind: "load" | "store" | "update" | "exchange";
  type: Type;
  size: number;
  /** For `update`: add, sub, and, or, xor or swap. */
  symbol: string;
}

/** Numeric instructions by opcode. */
export const NUMERIC = new Map<number, NumericInstruction>();
export const LOADS = new Map<number, MemoryInstruction>();
export const STORES = new Map<number, MemoryInstruction>();
export const ATOMICS = new Map<number, AtomicInstruction>();

function defineNumeric(): void {
  const compare: [Operation, boolean][] = [
    ["eq", false],
    ["ne", false],
    ["lts", false],
    ["ltu", false],
    ["lts", true],
    ["ltu", true],
    ["ges", true],
    ["geu", true],
    ["ges", false],
    ["geu", false],
  ];
  const arithmetic: Operation[] = ["clz", "ctz", "popcnt"];
  const binary = "add sub mul divs divu rems remu and or xor shl shrs shru rotl rotr".split(
    " ",
  ) as Operation[];
  const bases: [Type, number, number][] = [
    ["i32", 0x45, 0x67],
    ["i64", 0x50, 0x79],
  ];
  for (const [operand, compareBase, arithmeticBase] of bases) {
    NUMERIC.set(compareBase, { op: "eqz", operand, result: "i32", operands: 1 });
    for (const [k, [op, swap]] of compare.entries())
      NUMERIC.set(compareBase + 1 + k, { op, operand, result: "i32", operands: 2, swap });
    for (const [k, op] of arithmetic.entries())
      NUMERIC.set(arithmeticBase + k, { op, operand, result: operand, operands: 1 });
    for (const [k, op] of binary.entries())
      NUMERIC.set(arithmeticBase + 3 + k, { op, operand, result: operand, operands: 2 });
  }
  const unary: [number, Operation, Type, Type][] = [
    [0xa7, "wrap", "i64", "i32"],
    [0xac, "exts", "i32", "i64"],
    [0xad, "extu", "i32", "i64"],
    [0xc0, "sx8", "i32", "i32"],
    [0xc1, "sx16", "i32", "i32"],
    [0xc2, "sx8", "i64", "i64"],
    [0xc3, "sx16", "i64", "i64"],
  ];
  for (const [opcode, op, operand, result] of unary)
    NUMERIC.set(opcode, { op, operand, result, operands: 1 });
}

/** Floating-point instructions that are one operation; `floats.ts` has the others. */
function defineFloats(): void {
  const bases: [Type, number, number][] = [
    ["f32", 0x5b, 0x8b],
    ["f64", 0x61, 0x99],
  ];
  for (const [type, compareBase, base] of bases) {
    const compare = (offset: number, op: Operation, swap = false) =>
      NUMERIC.set(compareBase + offset, { op, operand: type, result: "i32", operands: 2, swap });
    compare(0, "feq");
    compare(2, "flt");
    compare(3, "flt", true);
    compare(4, "fle");
    compare(5, "fle", true);
    const arithmetic = (offset: number, op: Operation, operands: 1 | 2) =>
      NUMERIC.set(base + offset, { op, operand: type, result: type, operands });
    arithmetic(0, "fabs", 1);
    arithmetic(1, "fneg", 1);
    arithmetic(6, "fsqrt", 1);
    arithmetic(7, "fadd", 2);
    arithmetic(8, "fsub", 2);
    arithmetic(9, "fmul", 2);
    arithmetic(10, "fdiv", 2);
    arithmetic(13, "fcopysign", 2);
  }
  const conversions: [number, Operation, Type, Type][] = [
    [0xb2, "fromSigned", "i32", "f32"],
    [0xb3, "fromUnsigned", "i32", "f32"],
    [0xb4, "fromSigned", "i64", "f32"],
    [0xb5, "fromUnsigned", "i64", "f32"],
    [0xb6, "demote", "f64", "f32"],
    [0xb7, "fromSigned", "i32", "f64"],
    [0xb8, "fromUnsigned", "i32", "f64"],
    [0xb9, "fromSigned", "i64", "f64"],
    [0xba, "fromUnsigned", "i64", "f64"],
    [0xbb, "promote", "f32", "f64"],
    [0xbc, "reinterpret", "f32", "i32"],
    [0xbd, "reinterpret", "f64", "i64"],
    [0xbe, "reinterpret", "i32", "f32"],
    [0xbf, "reinterpret", "i64", "f64"],
  ];
  for (const [opcode, op, operand, result] of conversions)
    NUMERIC.set(opcode, { op, operand, result, operands: 1 });
}

/** Whether an instruction works on floating-point numbers. */
export function isFloatInstruction(opcode: number): boolean {
  const isAccess = opcode === 0x2a || opcode === 0x2b || opcode === 0x38 || opcode === 0x39;
  const isComparison = opcode >= 0x5b && opcode <= 0x66;
  const isArithmetic = opcode >= 0x8b && opcode <= 0xa6;
  const isTruncation = (opcode >= 0xa8 && opcode <= 0xab) || (opcode >= 0xae && opcode <= 0xb1);
  const isConversion = isTruncation || (opcode >= 0xb2 && opcode <= 0xbf);
  const isConstant = opcode === OP.f32Const || opcode === OP.f64Const;
  const isSaturating = opcode >= 0xfc00 && opcode <= 0xfc07;
  return isAccess || isComparison || isArithmetic || isConversion || isConstant || isSaturating;
}

/** i64.extend32_s, which is a wrap and a sign extension. */
export const I64_EXTEND32 = 0xc4;

function defineMemory(): void {
  const loads: [number, Type, number, boolean][] = [
    [0x28, "i32", 4, true],
    [0x29, "i64", 8, true],
    [0x2c, "i32", 1, true],
    [0x2d, "i32", 1, false],
    [0x2e, "i32", 2, true],
    [0x2f, "i32", 2, false],
    [0x30, "i64", 1, true],
    [0x31, "i64", 1, false],
    [0x32, "i64", 2, true],
    [0x33, "i64", 2, false],
    [0x34, "i64", 4, true],
    [0x35, "i64", 4, false],
    [0x2a, "f32", 4, false],
    [0x2b, "f64", 8, false],
  ];
  const stores: [number, Type, number][] = [
    [0x36, "i32", 4],
    [0x37, "i64", 8],
    [0x3a, "i32", 1],
    [0x3b, "i32", 2],
    [0x3c, "i64", 1],
    [0x3d, "i64", 2],
    [0x3e, "i64", 4],
    [0x38, "f32", 4],
    [0x39, "f64", 8],
  ];
  for (const [opcode, type, size, signed] of loads) LOADS.set(opcode, { type, size, signed });
  for (const [opcode, type, size] of stores) STORES.set(opcode, { type, size, signed: false });
}

function defineAtomics(): void {
  const widths: [Type, number][] = [
    ["i32", 4],
    ["i64", 8],
    ["i32", 1],
    ["i32", 2],
    ["i64", 1],
    ["i64", 2],
    ["i64", 4],
  ];
  const groups: [AtomicInstruction["kind"], string][] = [
    ["load", ""],
    ["store", ""],
    ["update", "add"],
    ["update", "sub"],
    ["update", "and"],
    ["update", "or"],
    ["update", "xor"],
    ["update", "swap"],
    ["exchange", ""],
  ];
  let opcode = 0xfe10;
  for (const [kind, symbol] of groups)
    for (const [type, size] of widths) ATOMICS.set(opcode++, { kind, type, size, symbol });
}

defineNumeric();
defineFloats();
defineMemory();
defineAtomics();

/**
 * Evaluates floating-point operations on constants, bit for bit as RISC-V does: rounded to nearest with ties to even; a NaN
 * that is a result of arithmetic is the canonical one.
 *
 * JavaScript computes in f64. For f32, rounding the f64 result of +, −, ×, ÷ and √ once more gives the correctly rounded f32
 * result (53 ≥ 2 · 24 + 2), and demoting is that rounding itself. Only i64 → f32 needs more care.
 */
import { floatBits, floatValue } from "../ir/float-bits";
import { type FloatType, isFloat, sizeOfType, type Type } from "../ir/ir";
import type { Operation } from "../ir/operations";

const flag = (condition: boolean): bigint => (condition ? 1n : 0n);

const BINARY: Partial<Record<Operation, (a: number, b: number) => number>> = {
  fadd: (a, b) => a + b,
  fsub: (a, b) => a - b,
  fmul: (a, b) => a * b,
  fdiv: (a, b) => a / b,
  // if one is a NaN, the other
  fmin: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
  fmax: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
};

const COMPARE: Partial<Record<Operation, (a: number, b: number) => boolean>> = {
  feq: (a, b) => a === b,
  flt: (a, b) => a < b,
  fle: (a, b) => a <= b,
};

/** To a whole number, by rounding mode. */
const ROUND: Record<string, (x: number) => number> = {
  rtz: Math.trunc,
  rdn: Math.floor,
  rup: Math.ceil,
  rne: (x) => {
    const below = Math.floor(x);
    const half = x - below;
    if (half !== 0.5) return half < 0.5 ? below : below + 1;
    return below % 2 === 0 ? below : below + 1;
  },
};

function toInteger(x: number, mode: string, type: Type, signed: boolean): bigint {
  const bits = BigInt(sizeOfType(type) * 8);
  const lowest = signed ? -(1n << (bits - 1n)) : 0n;
  const highest = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  if (Number.isNaN(x)) return highest;
  if (!Number.isFinite(x)) return x < 0 ? lowest : highest;
  const whole = BigInt(ROUND[mode]!(x));
  return whole < lowest ? lowest : whole > highest ? highest : whole;
}

/** An integer as a number that rounds to f32 as the integer does: bits far behind the last that counts become one. */
function withStickyBit(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const low = magnitude & 0x7ffn;
  const sticky = (magnitude >> 11n) | flag(low !== 0n);
  const result = magnitude >> 53n === 0n ? Number(magnitude) : Number(sticky) * 2048;
  return value < 0n ? -result : result;
}

function fromInteger(value: bigint, type: FloatType): bigint {
  return floatBits(type, type === "f32" ? withStickyBit(value) : Number(value));
}

/** Operations that only touch the sign bit. */
function changeSign(op: Operation, type: FloatType, a: bigint, b: bigint | undefined): bigint | undefined {
  const sign = 1n << BigInt(sizeOfType(type) * 8 - 1);
  if (op === "fneg") return a ^ sign;
  if (op === "fabs") return a & ~sign;
  return op === "fcopysign" ? (a & ~sign) | (b! & sign) : undefined;
}

/** An operation on one constant that is no change of sign. */
function foldUnary(op: Operation, from: Type, to: Type, symbol: string, bits: bigint): bigint | undefined {
  if (op === "reinterpret") return bits;
  const width = sizeOfType(from) * 8;
  if (isFloat(to) && !isFloat(from)) {
    if (op === "fromSigned") return fromInteger(BigInt.asIntN(width, bits), to);
    return op === "fromUnsigned" ? fromInteger(BigInt.asUintN(width, bits), to) : undefined;
  }
  if (!isFloat(from)) return undefined;
  const x = floatValue(from, bits);
  if (op === "toSigned" || op === "toUnsigned") return toInteger(x, symbol, to, op === "toSigned");
  if (!isFloat(to)) return undefined;
  if (op === "fsqrt") return floatBits(to, Math.sqrt(x));
  return op === "promote" || op === "demote" ? floatBits(to, x) : undefined;
}

/**
 * The result of an operation on constants, not yet reduced to the result's width; undefined if it is no such operation.
 * @param from type of the operands · @param to type of the result · @param symbol rounding mode of conversions
 */
export function foldFloats(
  op: Operation,
  from: Type,
  to: Type,
  symbol: string,
  operands: readonly bigint[],
): bigint | undefined {
  const [a, b] = operands as [bigint, bigint | undefined];
  const resigned = isFloat(from) ? changeSign(op, from, a, b) : undefined;
  if (resigned !== undefined) return resigned;
  if (b === undefined) return foldUnary(op, from, to, symbol, a);
  if (!isFloat(from)) return undefined;
  const x = floatValue(from, a);
  const y = floatValue(from, b);
  const compare = COMPARE[op];
  if (compare) return flag(compare(x, y));
  const compute = BINARY[op];
  return compute && floatBits(from, compute(x, y));
}

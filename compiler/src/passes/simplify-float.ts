/**
 * Rules for floating-point operations. Only what is the same for every operand, infinities, zeros of both signs and NaNs
 * included, is done.
 */
import { floatBits, floatValue } from "../ir/float-bits";
import { type FloatType, isConstant, isFloat, sizeOfType, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import { become, type Rule } from "./simplifier";

/** The number a constant is, or null. */
function numberOf(value: Value): number | null {
  return isConstant(value) && isFloat(value.type) ? floatValue(value.type, value.constant) : null;
}

/** Whether a value is never NaN. */
function isNumber(value: Value): boolean {
  if (value.op === "fromSigned" || value.op === "fromUnsigned") return true;
  if (value.op === "fabs" || value.op === "fneg" || value.op === "fcopysign") return isNumber(value.args[0]!);
  if (value.op === "promote" || value.op === "demote") return isNumber(value.args[0]!);
  const constant = numberOf(value);
  return constant !== null && !Number.isNaN(constant);
}

const isSignChange = ({ op }: Value): boolean => op === "fneg" || op === "fabs" || op === "fcopysign";

const negate: Rule = (value) => {
  const a = value.args[0]!;
  return a.op === "fneg" ? a.args[0]! : null;
};

const absolute: Rule = (value) => {
  const a = value.args[0]!;
  return isSignChange(a) ? become(value, "fabs", [a.args[0]!]) : null;
};

const copySign: Rule = (value, r) => {
  const [magnitude, sign] = value.args as [Value, Value];
  if (isSignChange(magnitude)) return become(value, "fcopysign", [magnitude.args[0]!, sign]);
  if (sign.op === "fcopysign") return become(value, "fcopysign", [magnitude, sign.args[1]!]);
  if (magnitude === sign) return magnitude;
  if (!isConstant(sign)) return null;
  if (sign.constant >= 0n) return become(value, "fabs", [magnitude]);
  return become(value, "fneg", [r.make("fabs", value.type!, [magnitude])]);
};

/** a + (−b) is a − b, and a − (−b) is a + b: the result of a NaN is canonical either way. */
const add: Rule = (value) => {
  const [a, b] = value.args as [Value, Value];
  if (b.op === "fneg") return become(value, "fsub", [a, b.args[0]!]);
  return a.op === "fneg" ? become(value, "fsub", [b, a.args[0]!]) : null;
};

const subtract: Rule = (value) => {
  const [a, b] = value.args as [Value, Value];
  return b.op === "fneg" ? become(value, "fadd", [a, b.args[0]!]) : null;
};

/** Exponents whose powers of two, and the reciprocals of these, are normal numbers. */
const NORMAL: Record<FloatType, number> = { f32: 126, f64: 1022 };

/** Dividing by a power of two is multiplying by its reciprocal, which is exact. */
const divide: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const divisor = numberOf(b);
  if (divisor === null || divisor === 0 || !Number.isFinite(divisor)) return null;
  const exponent = Math.log2(Math.abs(divisor));
  const type = value.type as FloatType;
  if (!Number.isInteger(exponent) || Math.abs(exponent) > NORMAL[type]) return null;
  if (2 ** exponent !== Math.abs(divisor)) return null;
  return become(value, "fmul", [a, r.constant(type, floatBits(type, 1 / divisor))]);
};

const equal: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  return a === b && isNumber(a) ? r.constant("i32", 1) : null;
};

const less: Rule = (value, r) => (value.args[0] === value.args[1] ? r.constant("i32", 0) : null);

const lessOrEqual: Rule = (value) =>
  value.args[0] === value.args[1] ? become(value, "feq", [...value.args]) : null;

/** Extensions do not change the number. */
const fromInteger: Rule = (value) => {
  const a = value.args[0]!;
  if (a.op === "extu") return become(value, "fromUnsigned", [a.args[0]!]);
  return a.op === "exts" && value.op === "fromSigned" ? become(value, "fromSigned", [a.args[0]!]) : null;
};

const reinterpret: Rule = (value) => {
  const a = value.args[0]!;
  return a.op === "reinterpret" ? a.args[0]! : null;
};

/** What is stored is bits: it does not matter in which register they are. */
export function storeBits(value: Value): Value | null {
  const [address, source] = value.args as [Value, Value];
  if (source.op !== "reinterpret" || value.size !== sizeOfType(source.type!)) return null;
  return become(value, "store", [address, source.args[0]!]);
}

/** Rules by operation. */
export const FLOAT_RULES: Partial<Record<Operation, Rule>> = {
  fneg: negate,
  fabs: absolute,
  fcopysign: copySign,
  fadd: add,
  fsub: subtract,
  fdiv: divide,
  feq: equal,
  flt: less,
  fle: lessOrEqual,
  fromSigned: fromInteger,
  fromUnsigned: fromInteger,
  reinterpret,
};

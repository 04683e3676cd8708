// Comparisons, minimum and maximum of doubles, and the classes of numbers (unprivileged specification, chapter "F",
// "Floating-Point Compare Instructions", "Floating-Point Classify Instruction", version 2.2: minimumNumber and maximumNumber).
import { FLAG_INVALID } from "./encoding";
import { Rounding } from "./float-environment";
import { DOUBLE, Double, SIGN } from "./float-format";

/** feq: false, without complaint, for quiet NaNs. */
export function isEqual(a: u64, b: u64): bool {
  if (Double.isSignaling(a) || Double.isSignaling(b)) Rounding.raise(FLAG_INVALID);
  return reinterpret<f64>(a) == reinterpret<f64>(b);
}

/** flt: any NaN is invalid. */
export function isLess(a: u64, b: u64): bool {
  if (Double.isNaN(a) || Double.isNaN(b)) Rounding.raise(FLAG_INVALID);
  return reinterpret<f64>(a) < reinterpret<f64>(b);
}

/** fle */
export function isLessOrEqual(a: u64, b: u64): bool {
  if (Double.isNaN(a) || Double.isNaN(b)) Rounding.raise(FLAG_INVALID);
  return reinterpret<f64>(a) <= reinterpret<f64>(b);
}

/** Which operand fmin and fmax give. */
export const FIRST: u32 = 0;
export const SECOND: u32 = 1;
export const NEITHER: u32 = 2; // both are NaNs

/** fmin, or fmax: a NaN loses against a number, −0 is less than +0. */
export function chooseExtreme(a: u64, b: u64, isMaximum: bool): u32 {
  if (Double.isSignaling(a) || Double.isSignaling(b)) Rounding.raise(FLAG_INVALID);
  if (Double.isNaN(a)) return Double.isNaN(b) ? NEITHER : SECOND;
  if (Double.isNaN(b)) return FIRST;
  return order(a) < order(b) != isMaximum ? FIRST : SECOND;
}

/** A number that orders doubles as integers. */
function order(bits: u64): i64 {
  return Double.sign(bits) ? <i64>~(bits & ~SIGN) : <i64>bits;
}

/**
 * fclass: one of ten bits.
 * @param bits in their own format, where a single may be subnormal whose double is not
 */
export function classify(format: u32, bits: u64): u64 {
  const isDouble = format == DOUBLE;
  const sign = bits >> (isDouble ? 63 : 31) != 0;
  const exponent = isDouble ? (bits >> 52) & 0x7ff : (bits >> 23) & 0xff;
  const fraction = isDouble ? bits << 12 : bits << 41;
  if (exponent == (isDouble ? 0x7ff : 0xff)) {
    if (fraction == 0) return sign ? 1 << 0 : 1 << 7; // infinities
    return fraction >> 63 != 0 ? 1 << 9 : 1 << 8; // quiet and signaling NaN
  }
  if (exponent != 0) return sign ? 1 << 1 : 1 << 6;
  if (fraction != 0) return sign ? 1 << 2 : 1 << 5;
  return sign ? 1 << 3 : 1 << 4;
}

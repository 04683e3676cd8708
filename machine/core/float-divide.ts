// Quotients of two doubles, rounded to a format.
import { FLAG_DIVIDE_BY_ZERO } from "./encoding";
import { Rounding } from "./float-environment";
import { Double, Format } from "./float-format";
import { invalid, nanResult, round } from "./float-round";

/** Bits of the quotient found by one integer division: as many as fit above a remainder of 53 bits. */
const DIGIT_BITS: u64 = 11;
const DIGITS: u32 = 5;
/** Leading zeros of a quotient of 1. */
const UNIT_SHIFT: i32 = 63 - <i32>DIGIT_BITS * <i32>DIGITS;

export function divide(format: u32, a: u64, b: u64): u64 {
  if (Double.isNaN(a) || Double.isNaN(b)) return nanResult(format, a, b);
  const sign = Double.sign(a) != Double.sign(b);
  if (Double.isInfinite(a)) return Double.isInfinite(b) ? invalid(format) : Format.infinity(format, sign);
  if (Double.isInfinite(b)) return Format.zero(format, sign);
  if (Double.isZero(b)) {
    if (Double.isZero(a)) return invalid(format);
    Rounding.raise(FLAG_DIVIDE_BY_ZERO);
    return Format.infinity(format, sign);
  }
  if (Double.isZero(a)) return Format.zero(format, sign);
  const quotient = divideSignificands(Double.significand(a) >> 11, Double.significand(b) >> 11);
  const shift = clz<u64>(quotient);
  const exponent = Double.exponent(a) - Double.exponent(b);
  return round(format, sign, exponent + UNIT_SHIFT - <i32>shift, quotient << shift);
}

/** dividend / divisor (53 bits each) times 2^55, by long division; the sticky bit tells of a remainder. */
function divideSignificands(dividend: u64, divisor: u64): u64 {
  let quotient = dividend / divisor;
  let remainder = dividend % divisor;
  for (let digit: u32 = 0; digit < DIGITS; digit++) {
    remainder <<= DIGIT_BITS;
    quotient = (quotient << DIGIT_BITS) | (remainder / divisor);
    remainder %= divisor;
  }
  return quotient | (remainder != 0 ? 1 : 0);
}

// Sums of two doubles, rounded to a format.
import { Double, Format, SIGN } from "./float-format";
import { cancelled, invalid, nanResult, round, roundDouble, shiftRightSticky } from "./float-round";

/** a + b. A difference is the sum with b's sign changed. */
export function add(format: u32, a: u64, b: u64): u64 {
  if (Double.isNaN(a) || Double.isNaN(b)) return nanResult(format, a, b);
  const sign = Double.sign(a);
  const isSameSign = sign == Double.sign(b);
  if (Double.isInfinite(a)) {
    if (Double.isInfinite(b) && !isSameSign) return invalid(format);
    return Format.infinity(format, sign);
  }
  if (Double.isInfinite(b)) return Format.infinity(format, Double.sign(b));
  if (Double.isZero(a)) {
    if (!Double.isZero(b)) return roundDouble(format, Double.sign(b), b);
    return isSameSign ? Format.zero(format, sign) : cancelled(format);
  }
  if (Double.isZero(b)) return roundDouble(format, sign, a);
  if ((a & ~SIGN) < (b & ~SIGN)) return addOrdered(format, b, a, isSameSign);
  return addOrdered(format, a, b, isSameSign);
}

/** The same for finite numbers other than zero, the larger magnitude first. */
function addOrdered(format: u32, large: u64, small: u64, isSameSign: bool): u64 {
  const sign = Double.sign(large);
  const exponent = Double.exponent(large);
  const distance = <u32>(exponent - Double.exponent(small));
  // Doubles leave eleven bits free below them: one becomes room for a carry, the others are guard and sticky bits.
  const first = Double.significand(large) >> 1;
  const second = shiftRightSticky(Double.significand(small) >> 1, distance);
  const sum = isSameSign ? first + second : first - second;
  if (sum == 0) return cancelled(format);
  const shift = clz<u64>(sum);
  return round(format, sign, exponent + 1 - <i32>shift, sum << shift);
}

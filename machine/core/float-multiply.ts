// Products of two doubles, rounded to a format.
import { mulhu } from "./arithmetic";
import { Double, Format } from "./float-format";
import { invalid, nanResult, round } from "./float-round";

export function multiply(format: u32, a: u64, b: u64): u64 {
  if (Double.isNaN(a) || Double.isNaN(b)) return nanResult(format, a, b);
  const sign = Double.sign(a) != Double.sign(b);
  const hasZero = Double.isZero(a) || Double.isZero(b);
  if (Double.isInfinite(a) || Double.isInfinite(b))
    return hasZero ? invalid(format) : Format.infinity(format, sign);
  if (hasZero) return Format.zero(format, sign);
  const first = Double.significand(a);
  const second = Double.significand(b);
  const low = first * second;
  const product = mulhu(first, second) | (low != 0 ? 1 : 0);
  // The product of two numbers in [1, 2) lies in [1, 4); the sticky bit stays far below what is kept.
  const shift = clz<u64>(product);
  return round(format, sign, Double.exponent(a) + Double.exponent(b) + 1 - <i32>shift, product << shift);
}

// Fused multiply-add (IEEE 754-2019, section 5.4.1): a · b + c, rounded once, to a format.
import { mulhu } from "./arithmetic";
import { Double, Format } from "./float-format";
import { cancelled, invalid, nanResult, round, roundDouble, shiftRightSticky } from "./float-round";

export function multiplyAdd(format: u32, a: u64, b: u64, c: u64): u64 {
  const sign = Double.sign(a) != Double.sign(b);
  if (Double.isNormal(a) && Double.isNormal(b) && Double.isNormal(c))
    return addProduct(format, sign, a, b, c);
  const hasZero = Double.isZero(a) || Double.isZero(b);
  const hasInfinity = Double.isInfinite(a) || Double.isInfinite(b);
  if (hasZero && hasInfinity) return invalid(format); // whatever c is
  if (Double.isNaN(a) || Double.isNaN(b)) return nanResult(format, Double.isSignaling(c) ? c : a, b);
  if (Double.isNaN(c)) return nanResult(format, c, c);
  const isSameSign = sign == Double.sign(c);
  if (hasInfinity) {
    if (Double.isInfinite(c) && !isSameSign) return invalid(format);
    return Format.infinity(format, sign);
  }
  if (Double.isInfinite(c)) return Format.infinity(format, Double.sign(c));
  if (hasZero) {
    if (!Double.isZero(c)) return roundDouble(format, Double.sign(c), c);
    return isSameSign ? Format.zero(format, sign) : cancelled(format);
  }
  return addProduct(format, sign, a, b, c);
}

/** The same for finite numbers, a and b not zero; in 128 bits, where the product is exact. */
function addProduct(format: u32, sign: bool, a: u64, b: u64, c: u64): u64 {
  const first = Double.significand(a);
  const second = Double.significand(b);
  // The product has 106 significant bits at the top of 128; its leading bit is 127 or 126. One bit is left free for a carry.
  let high = mulhu(first, second);
  let low = first * second;
  let exponent = Double.exponent(a) + Double.exponent(b) + 1;
  if (high >> 63 == 0) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    exponent--;
  }
  low = (low >> 1) | (high << 63);
  high >>= 1;
  exponent++;
  if (Double.isZero(c)) return round128(format, sign, exponent, high, low);
  return sum128(format, sign, exponent, high, low, c);
}

/** (high, low) · 2^(exponent − 127), at most half full, plus c, which is not zero. */
function sum128(format: u32, sign: bool, exponent: i32, high: u64, low: u64, c: u64): u64 {
  const termSign = Double.sign(c);
  const termExponent = Double.exponent(c) + 1;
  let termHigh = Double.significand(c) >> 1;
  let termLow: u64 = 0;
  const isTermLarger = termExponent > exponent || (termExponent == exponent && termHigh > high);
  if (isTermLarger) {
    const distance = <u32>(termExponent - exponent);
    low = shiftedLow(high, low, distance);
    high = distance > 63 ? 0 : high >> distance;
    exponent = termExponent;
  } else {
    const distance = <u32>(exponent - termExponent);
    termLow = shiftedLow(termHigh, 0, distance);
    termHigh = distance > 63 ? 0 : termHigh >> distance;
  }
  if (sign == termSign) {
    low += termLow;
    high += termHigh + (low < termLow ? 1 : 0);
    return round128(format, sign, exponent, high, low);
  }
  if (isTermLarger)
    return round128(format, termSign, exponent, termHigh - high - (termLow < low ? 1 : 0), termLow - low);
  return round128(format, sign, exponent, high - termHigh - (low < termLow ? 1 : 0), low - termLow);
}

/** Low half of (high, low) >> distance, with bit 0 sticky. */
function shiftedLow(high: u64, low: u64, distance: u32): u64 {
  if (distance == 0) return low;
  if (distance > 63) return shiftRightSticky(high, distance - 64) | (low != 0 ? 1 : 0);
  return (high << (64 - distance)) | shiftRightSticky(low, distance);
}

/** Rounds (high, low) · 2^(exponent − 127), bit 0 sticky. */
function round128(format: u32, sign: bool, exponent: i32, high: u64, low: u64): u64 {
  if (high == 0) {
    if (low == 0) return cancelled(format);
    high = low;
    low = 0;
    exponent -= 64;
  }
  const shift = clz<u64>(high);
  if (shift != 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  return round(format, sign, exponent - <i32>shift, high | (low != 0 ? 1 : 0));
}

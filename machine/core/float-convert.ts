// Conversions between doubles and integers, and of doubles to a format (unprivileged specification, chapter "F",
// "Single-Precision Floating-Point Conversion and Move Instructions": what is out of range gives the nearest integer there is).
import { FLAG_INEXACT, FLAG_INVALID } from "./encoding";
import { Rounding } from "./float-environment";
import { DOUBLE, Double, Format } from "./float-format";
import { nanResult, round, roundDouble, roundsAway, shiftRightSticky } from "./float-round";

const HALF: u64 = 1 << 63;

/**
 * The integer a double rounds to.
 * @param bits of the integer: 32 or 64; a 32-bit result is sign-extended, also an unsigned one
 */
export function toInteger(value: u64, bits: u32, isSigned: bool): u64 {
  const most = ~(<u64>0) >> (64 - bits);
  const greatest = isSigned ? most >> 1 : most;
  if (Double.isNaN(value)) return outOfRange(greatest, bits);
  const sign = Double.sign(value);
  const least = isSigned ? greatest + 1 : 0; // magnitude of the least one
  const limit = sign ? least : greatest;
  if (Double.isZero(value)) return 0;
  const exponent = Double.exponent(value); // of an infinity: 1024
  if (exponent > 63) return outOfRange(sign ? 0 - least : greatest, bits);
  const significand = Double.significand(value);
  let magnitude = exponent < 0 ? 0 : significand >> (63 - exponent);
  const fraction = fractionOf(significand, exponent);
  if (roundsAway(sign, (magnitude & 1) != 0, fraction, HALF)) magnitude++;
  if (magnitude > limit) return outOfRange(sign ? 0 - least : greatest, bits);
  if (fraction != 0) Rounding.raise(FLAG_INEXACT);
  return extend(sign ? 0 - magnitude : magnitude, bits);
}

/** What lies behind the binary point, in units of 2^-64, with bit 0 sticky. */
function fractionOf(significand: u64, exponent: i32): u64 {
  if (exponent < 0) return shiftRightSticky(significand, -1 - exponent);
  return exponent == 63 ? 0 : significand << (exponent + 1);
}

function outOfRange(result: u64, bits: u32): u64 {
  Rounding.raise(FLAG_INVALID);
  return extend(result, bits);
}

function extend(value: u64, bits: u32): u64 {
  return bits == 32 ? <u64>(<i64>(<i32>value)) : value;
}

/** The number of a format an integer rounds to. */
export function fromInteger(format: u32, value: u64, isSigned: bool): u64 {
  if (value == 0) return Format.zero(format, false);
  const sign = isSigned && <i64>value < 0;
  const magnitude = sign ? 0 - value : value;
  const shift = clz<u64>(magnitude);
  return round(format, sign, 63 - <i32>shift, magnitude << shift);
}

/** What was a number of the other format, as a number of this one; a single is exactly a double. */
export function toFormat(format: u32, value: u64): u64 {
  if (Double.isNaN(value)) return nanResult(format, value, value);
  if (format == DOUBLE) return value;
  const sign = Double.sign(value);
  if (Double.isInfinite(value)) return Format.infinity(format, sign);
  if (Double.isZero(value)) return Format.zero(format, sign);
  return roundDouble(format, sign, value);
}

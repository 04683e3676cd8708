// Rounding (IEEE 754-2019, sections 4.3 and 7.4 to 7.6): an exact number, or one with a sticky bit, becomes a number of a format.
// Tininess is detected after rounding, as the F extension demands.
import {
  FLAG_INEXACT,
  FLAG_INVALID,
  FLAG_OVERFLOW,
  FLAG_UNDERFLOW,
  ROUND_DOWN,
  ROUND_NEAREST_AWAY,
  ROUND_NEAREST_EVEN,
  ROUND_TO_ZERO,
  ROUND_UP,
} from "./encoding";
import { Rounding } from "./float-environment";
import { Double, Format } from "./float-format";

/** Whether what lies between a number and the next one in magnitude becomes the latter; `rest` of them, `half` is the middle. */
export function roundsAway(sign: bool, isOdd: bool, rest: u64, half: u64): bool {
  switch (Rounding.mode) {
    case ROUND_NEAREST_EVEN:
      return rest > half || (rest == half && isOdd);
    case ROUND_NEAREST_AWAY:
      return rest >= half;
    case ROUND_DOWN:
      return sign && rest != 0;
    case ROUND_UP:
      return !sign && rest != 0;
    default:
      return false;
  }
}

/** value >> distance (any distance), with bit 0 set if a one was lost. */
export function shiftRightSticky(value: u64, distance: u32): u64 {
  if (distance == 0) return value;
  if (distance > 63) return value != 0 ? 1 : 0;
  const lost = value << (64 - distance);
  return (value >> distance) | (lost != 0 ? 1 : 0);
}

/**
 * Rounds significand · 2^(exponent − 63), whose bit 63 is set and whose bit 0 may be sticky, to a format.
 * @returns the format's bits; flags are raised
 */
export function round(format: u32, sign: bool, exponent: i32, significand: u64): u64 {
  const dropped = 64 - Format.precision(format);
  const half = (<u64>1) << (dropped - 1);
  const mask = (half << 1) - 1;
  const smallest = Format.smallest(format);
  let isTiny = false;
  if (exponent < smallest) {
    isTiny = exponent < smallest - 1 || !carriesOut(sign, significand, dropped, mask, half);
    significand = shiftRightSticky(significand, smallest - exponent);
    exponent = smallest;
  }
  const rest = significand & mask;
  let rounded = significand >> dropped;
  if (roundsAway(sign, (rounded & 1) != 0, rest, half)) rounded++;
  if (rest != 0) Rounding.raise(isTiny ? FLAG_INEXACT | FLAG_UNDERFLOW : FLAG_INEXACT);
  // A normal number's leading bit adds one to the exponent field; so does a carry out of rounding, into the leading bit or beyond.
  const field = <u64>(exponent - smallest);
  const magnitude = (field << (Format.precision(format) - 1)) + rounded;
  if (exponent > Format.largest(format) || magnitude >= Format.infinity(format, false))
    return overflow(format, sign);
  return magnitude | Format.zero(format, sign);
}

/** Whether a significand rounds up to the next power of two when its exponent has no bounds. */
function carriesOut(sign: bool, significand: u64, dropped: u32, mask: u64, half: u64): bool {
  const kept = significand >> dropped;
  const isAllOnes = kept == ~(<u64>0) >> dropped;
  return isAllOnes && roundsAway(sign, true, significand & mask, half);
}

function overflow(format: u32, sign: bool): u64 {
  Rounding.raise(FLAG_OVERFLOW | FLAG_INEXACT);
  const towardsZero = Rounding.mode == ROUND_TO_ZERO || Rounding.mode == (sign ? ROUND_UP : ROUND_DOWN);
  return towardsZero ? Format.greatest(format, sign) : Format.infinity(format, sign);
}

/** Rounds a double that is finite and not zero, with the sign given, to a format. */
export function roundDouble(format: u32, sign: bool, value: u64): u64 {
  return round(format, sign, Double.exponent(value), Double.significand(value));
}

/** The zero that a sum gives whose terms cancel (section 6.3). */
export function cancelled(format: u32): u64 {
  return Format.zero(format, Rounding.mode == ROUND_DOWN);
}

/** The result of an operation that has none: raises the invalid flag. */
export function invalid(format: u32): u64 {
  Rounding.raise(FLAG_INVALID);
  return Format.canonicalNaN(format);
}

/** The result of an operation with a NaN among its operands (doubles); signaling ones are invalid. */
export function nanResult(format: u32, a: u64, b: u64): u64 {
  if (Double.isSignaling(a) || Double.isSignaling(b)) return invalid(format);
  return Format.canonicalNaN(format);
}

// Square roots of doubles, rounded to a format.
import { Double, Format } from "./float-format";
import { invalid, nanResult, round } from "./float-round";

/** Bits of the root that are computed; enough for a double, a guard bit and a sticky bit. */
const ROOT_BITS: u32 = 56;

export function squareRoot(format: u32, a: u64): u64 {
  if (Double.isNaN(a)) return nanResult(format, a, a);
  if (Double.isZero(a)) return Format.zero(format, Double.sign(a));
  if (Double.sign(a)) return invalid(format);
  if (Double.isInfinite(a)) return Format.infinity(format, false);
  const exponent = Double.exponent(a);
  const isOdd = (exponent & 1) != 0;
  const root = rootOf(Double.significand(a), isOdd);
  return round(format, false, exponent >> 1, root << (64 - ROOT_BITS));
}

/**
 * The root of a number in [1, 4), ROOT_BITS bits beginning with 1, the last one sticky. The number is significand / 2^63, or twice
 * that. Digit by digit, as with pen and paper: each step brings down two bits of the radicand and finds one of the root.
 */
function rootOf(significand: u64, isDoubled: bool): u64 {
  // Bits still to be brought down; the integer part has two.
  let radicand = isDoubled ? significand : significand >> 1; // 53 significant bits: none is lost
  let root: u64 = 0;
  let remainder: u64 = 0;
  for (let bit: u32 = 0; bit < ROOT_BITS; bit++) {
    remainder = (remainder << 2) | (radicand >> 62);
    radicand <<= 2;
    const trial = (root << 2) | 1;
    root <<= 1;
    if (remainder >= trial) {
      remainder -= trial;
      root |= 1;
    }
  }
  return root | (remainder != 0 ? 1 : 0);
}

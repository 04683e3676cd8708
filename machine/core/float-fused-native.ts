// Fused multiply-add by the host's arithmetic, which has none, under the conditions of float-native.ts: by error-free
// transformations (Dekker's product, Knuth's sum; Muller et al., "Handbook of Floating-Point Arithmetic", chapter 4). What is not
// certain to be rounded right is refused, and float-fused.ts does it.
import { INFINITY } from "./float-format";
import { HART_NATIVE_DOUBLE, HART_NATIVE_SINGLE } from "./state";

/** Multiplies by this to split a double in two halves of 26 bits. */
const SPLITTER: f64 = 134217729;
/** Powers of two between which products and results have errors that are numbers, and splitting does not overflow. */
const SMALL: f64 = reinterpret<f64>((<u64>(1023 - 900)) << 52);
const LARGE: f64 = reinterpret<f64>((<u64>(1023 + 900)) << 52);
/** At least the relative error of a sum, and more than one unit in its last place. */
const ERROR: f64 = reinterpret<f64>((<u64>(1023 - 52)) << 52);
/** The bits of a double that a single lacks, and the pattern of them halfway between two singles. */
const BELOW_SINGLE: u64 = 0x1fffffff;
const HALFWAY: u64 = 0x10000000;

/** Not a result: a signaling NaN. */
export const REFUSED: u64 = INFINITY | 1;

/** a · b + c rounded to a double's bits, or REFUSED. */
export function fuseDoubles(hart: u32, a: f64, b: f64, c: f64): u64 {
  const product = a * b;
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  const productError = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const sum = product + c;
  const added = sum - product;
  const sumError = product - (sum - added) + (c - added);
  // The exact result is sum + productError + sumError; adding the errors errs by less than `doubt`.
  const errors = productError + sumError;
  const doubt = abs<f64>(errors) * ERROR;
  const least = sum + (errors - doubt);
  const most = sum + (errors + doubt);
  const isCertain =
    least == most && isMiddling(product) && isMiddling(most) && abs<f64>(a) < LARGE && abs<f64>(b) < LARGE;
  return isCertain && abs<f64>(most) < load<f64>(hart, HART_NATIVE_DOUBLE) ? reinterpret<u64>(most) : REFUSED;
}

/** The same of singles: their product is exact as a double, and only a sum halfway between two singles is not rounded right twice. */
export function fuseSingles(hart: u32, a: f64, b: f64, c: f64): u64 {
  const sum = a * b + c;
  const rounded = <f32>sum;
  const isCertain =
    (reinterpret<u64>(sum) & BELOW_SINGLE) != HALFWAY && abs<f32>(rounded) > f32.MIN_NORMAL_VALUE;
  return isCertain && abs<f32>(rounded) < load<f32>(hart, HART_NATIVE_SINGLE)
    ? <u64>reinterpret<u32>(rounded)
    : REFUSED;
}

function upperHalf(value: f64): f64 {
  const scaled = SPLITTER * value;
  return scaled - (scaled - value);
}

function isMiddling(value: f64): bool {
  return abs<f64>(value) > SMALL && abs<f64>(value) < LARGE;
}

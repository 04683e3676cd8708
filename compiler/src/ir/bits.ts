/** Small questions about 64-bit constants. Constants are signed bigints. */

/** Whether a constant fits the signed 12-bit immediate of I- and S-format instructions. */
export const fitsImmediate = (value: bigint): boolean => value >= -2048n && value <= 2047n;

/** k if the constant, seen as unsigned 64 bits, is 2^k; else −1. */
export function powerOfTwo(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  return unsigned !== 0n && (unsigned & (unsigned - 1n)) === 0n ? unsigned.toString(2).length - 1 : -1;
}

/** n if the constant is 2^n − 1 (n ≥ 1), seen as unsigned 64 bits; else −1. */
export function lowMask(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  return unsigned !== 0n && (unsigned & (unsigned + 1n)) === 0n ? unsigned.toString(2).length : -1;
}

/** Splits a constant into a part whose low 12 bits are zero and a signed 12-bit rest. */
export function splitLow12(value: bigint): { high: bigint; low: number } {
  const low = BigInt.asIntN(12, value);
  return { high: value - low, low: Number(low) };
}

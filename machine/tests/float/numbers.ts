// Floating-point numbers as bit patterns, taken apart into exact values. An oracle's view: written from IEEE 754-2019, section 3.4,
// with unbounded integers and nothing in common with the machine's arithmetic.

export interface Format {
  name: "S" | "D";
  /** Bits of the whole, significant bits of a normal number, exponents of the smallest and greatest normal numbers. */
  width: number;
  precision: number;
  smallest: number;
  largest: number;
}

export const SINGLE: Format = { name: "S", width: 32, precision: 24, smallest: -126, largest: 127 };
export const DOUBLE: Format = { name: "D", width: 64, precision: 53, smallest: -1022, largest: 1023 };

export type Unpacked =
  | { kind: "nan"; isSignaling: boolean }
  | { kind: "infinity"; isNegative: boolean }
  /** magnitude · 2^exponent */
  | { kind: "finite"; isNegative: boolean; magnitude: bigint; exponent: number };

export const signBit = ({ width }: Format): bigint => 1n << BigInt(width - 1);
const fractionBits = ({ precision }: Format): bigint => BigInt(precision - 1);
export const infinity = (format: Format): bigint =>
  ((1n << BigInt(format.width - format.precision)) - 1n) << fractionBits(format);
export const canonicalNaN = (format: Format): bigint =>
  infinity(format) | (1n << BigInt(format.precision - 2));

export function unpack(format: Format, bits: bigint): Unpacked {
  const isNegative = (bits & signBit(format)) !== 0n;
  const fraction = bits & ((1n << fractionBits(format)) - 1n);
  const field = Number((bits & ~signBit(format)) >> fractionBits(format));
  if ((bits & infinity(format)) === infinity(format)) {
    if (fraction === 0n) return { kind: "infinity", isNegative };
    return { kind: "nan", isSignaling: fraction >> (fractionBits(format) - 1n) === 0n };
  }
  const lastPlace = format.smallest - (format.precision - 1);
  if (field === 0) return { kind: "finite", isNegative, magnitude: fraction, exponent: lastPlace };
  return {
    kind: "finite",
    isNegative,
    magnitude: fraction | (1n << fractionBits(format)),
    exponent: lastPlace + field - 1,
  };
}

/** Bits of magnitude · 2^exponent, which the format has exactly. */
export function pack(format: Format, isNegative: boolean, magnitude: bigint, exponent: number): bigint {
  const sign = isNegative ? signBit(format) : 0n;
  if (magnitude === 0n) return sign;
  const lastPlace = format.smallest - (format.precision - 1);
  let significand = magnitude;
  let place = exponent;
  while (significand >> BigInt(format.precision) !== 0n || place < lastPlace) {
    if ((significand & 1n) !== 0n)
      throw new Error(`${magnitude} · 2^${exponent} is not a number of ${format.name}`);
    significand >>= 1n;
    place++;
  }
  while (significand >> fractionBits(format) === 0n && place > lastPlace) {
    significand <<= 1n;
    place--;
  }
  const isSubnormal = significand >> fractionBits(format) === 0n;
  const field = isSubnormal ? 0n : BigInt(place - lastPlace + 1);
  return sign | (field << fractionBits(format)) | (significand & ((1n << fractionBits(format)) - 1n));
}

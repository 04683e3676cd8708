// What every instruction of F and D must give: result and flags, computed exactly with unbounded integers and rounded once.
// (RISC-V unprivileged ISA, chapters "F" 2.2 and "D" 2.2; IEEE 754-2019, sections 4.3, 5.4 and 7.)
import {
  canonicalNaN,
  DOUBLE,
  type Format,
  infinity,
  pack,
  SINGLE,
  signBit,
  type Unpacked,
  unpack,
} from "./numbers";

export const FLAG = { NX: 1, UF: 2, OF: 4, DZ: 8, NV: 16 } as const;
export const MODES = ["RNE", "RTZ", "RDN", "RUP", "RMM"] as const;
export type Mode = (typeof MODES)[number];

export interface Result {
  /** Bits of the format, or of an x register. */
  bits: bigint;
  flags: number;
}

type Finite = Extract<Unpacked, { kind: "finite" }>;

/** A positive real number, by the floor of itself times 2^k and whether that is exact. */
type Real = (k: number) => { floor: bigint; isExact: boolean };

/** Exceeds what any exact result's exponent can be below zero. */
const FINEST = 4500;

const shift = (value: bigint, by: number): { floor: bigint; isExact: boolean } => {
  if (by >= 0) return { floor: value << BigInt(by), isExact: true };
  const floor = value >> BigInt(-by);
  return { floor, isExact: floor << BigInt(-by) === value };
};

const dyadic =
  (magnitude: bigint, exponent: number): Real =>
  (k) =>
    shift(magnitude, exponent + k);

const quotient =
  (a: bigint, b: bigint, exponent: number): Real =>
  (k) => {
    const by = exponent + k;
    const [top, bottom] = by >= 0 ? [a << BigInt(by), b] : [a, b << BigInt(-by)];
    return { floor: top / bottom, isExact: top % bottom === 0n };
  };

const root =
  (magnitude: bigint, exponent: number): Real =>
  (k) => {
    // sqrt(m · 2^e) · 2^k = sqrt(m · 2^(e + 2k))
    const { floor, isExact } = shift(magnitude, exponent + 2 * k);
    const result = integerRoot(floor);
    return { floor: result, isExact: isExact && result * result === floor };
  };

function integerRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt((n.toString(16).length * 4 + 2) >> 1);
  while (true) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

const bitLength = (n: bigint): number => (n === 0n ? 0 : n.toString(2).length);

/** Whether the discarded part, in halves of the last place kept (and more behind, if not exact), adds one in magnitude. */
function roundsAway(
  mode: Mode,
  isNegative: boolean,
  isOdd: boolean,
  half: bigint,
  isExact: boolean,
): boolean {
  if (half === 0n && isExact) return false;
  switch (mode) {
    case "RNE":
      return half === 1n && (!isExact || isOdd);
    case "RMM":
      return half === 1n;
    case "RDN":
      return isNegative;
    case "RUP":
      return !isNegative;
    case "RTZ":
      return false;
  }
}

/** The multiple of 2^place that a real number rounds to, in units of 2^place. */
function roundAt(
  mode: Mode,
  isNegative: boolean,
  real: Real,
  place: number,
): { units: bigint; isExact: boolean } {
  const { floor, isExact } = real(1 - place);
  const units = floor >> 1n;
  const away = roundsAway(mode, isNegative, (units & 1n) !== 0n, floor & 1n, isExact);
  return { units: away ? units + 1n : units, isExact: isExact && (floor & 1n) === 0n };
}

/** Rounds a positive real number with a sign. */
function round(format: Format, mode: Mode, isNegative: boolean, real: Real, exponentBound = FINEST): Result {
  const exponent = bitLength(real(exponentBound).floor) - 1 - exponentBound;
  const precise = exponent - (format.precision - 1);
  const place = Math.max(precise, format.smallest - (format.precision - 1));
  const { units, isExact } = roundAt(mode, isNegative, real, place);
  if (bitLength(units) - 1 + place > format.largest) return overflow(format, mode, isNegative);
  let flags = isExact ? 0 : FLAG.NX;
  // Tiny: rounded as if exponents had no bound, it is below the smallest normal number.
  const unbounded = roundAt(mode, isNegative, real, precise);
  if (!isExact && bitLength(unbounded.units) - 1 + precise < format.smallest) flags |= FLAG.UF;
  return { bits: pack(format, isNegative, units, place), flags };
}

function overflow(format: Format, mode: Mode, isNegative: boolean): Result {
  const staysFinite = mode === "RTZ" || mode === (isNegative ? "RUP" : "RDN");
  const bits = infinity(format) - (staysFinite ? 1n : 0n);
  return { bits: bits | (isNegative ? signBit(format) : 0n), flags: FLAG.OF | FLAG.NX };
}

const exact = (bits: bigint): Result => ({ bits, flags: 0 });
const invalid = (format: Format): Result => ({ bits: canonicalNaN(format), flags: FLAG.NV });
const signed = (format: Format, bits: bigint, isNegative: boolean): Result =>
  exact(bits | (isNegative ? signBit(format) : 0n));
const isNaNValue = (value: Unpacked): boolean => value.kind === "nan";
const isSignaling = (value: Unpacked): boolean => value.kind === "nan" && value.isSignaling;
const isZero = (value: Unpacked): boolean => value.kind === "finite" && value.magnitude === 0n;

function nan(format: Format, ...values: Unpacked[]): Result {
  return values.some(isSignaling) ? invalid(format) : exact(canonicalNaN(format));
}

const integerOf = (value: Finite): bigint => (value.isNegative ? -value.magnitude : value.magnitude);
const absolute = (n: bigint): bigint => (n < 0n ? -n : n);

/** The sum of finite numbers, exact. A sum of zero has the common sign of its terms, or the rounding mode's. */
function sum(format: Format, mode: Mode, a: Finite, b: Finite): Result {
  const exponent = Math.min(a.exponent, b.exponent);
  const total =
    (integerOf(a) << BigInt(a.exponent - exponent)) + (integerOf(b) << BigInt(b.exponent - exponent));
  if (total !== 0n) return round(format, mode, total < 0n, dyadic(absolute(total), exponent));
  const isNegative = a.isNegative === b.isNegative && isZero(a) ? a.isNegative : mode === "RDN";
  return signed(format, 0n, isNegative);
}

export function add(format: Format, mode: Mode, aBits: bigint, bBits: bigint): Result {
  const [a, b] = [unpack(format, aBits), unpack(format, bBits)];
  if (a.kind === "nan" || b.kind === "nan") return nan(format, a, b);
  if (a.kind === "infinity" && b.kind === "infinity" && a.isNegative !== b.isNegative) return invalid(format);
  if (a.kind === "infinity") return exact(aBits);
  if (b.kind === "infinity") return exact(bBits);
  return sum(format, mode, a, b);
}

export function multiply(format: Format, mode: Mode, aBits: bigint, bBits: bigint): Result {
  const [a, b] = [unpack(format, aBits), unpack(format, bBits)];
  if (a.kind === "nan" || b.kind === "nan") return nan(format, a, b);
  const isNegative = a.isNegative !== b.isNegative;
  if (a.kind === "infinity" || b.kind === "infinity")
    return isZero(a) || isZero(b) ? invalid(format) : signed(format, infinity(format), isNegative);
  const magnitude = a.magnitude * b.magnitude;
  if (magnitude === 0n) return signed(format, 0n, isNegative);
  return round(format, mode, isNegative, dyadic(magnitude, a.exponent + b.exponent));
}

export function divide(format: Format, mode: Mode, aBits: bigint, bBits: bigint): Result {
  const [a, b] = [unpack(format, aBits), unpack(format, bBits)];
  if (a.kind === "nan" || b.kind === "nan") return nan(format, a, b);
  const isNegative = a.isNegative !== b.isNegative;
  if (a.kind === "infinity")
    return b.kind === "infinity" ? invalid(format) : signed(format, infinity(format), isNegative);
  if (b.kind === "infinity") return signed(format, 0n, isNegative);
  if (b.magnitude === 0n) {
    if (a.magnitude === 0n) return invalid(format);
    return { ...signed(format, infinity(format), isNegative), flags: FLAG.DZ };
  }
  if (a.magnitude === 0n) return signed(format, 0n, isNegative);
  return round(format, mode, isNegative, quotient(a.magnitude, b.magnitude, a.exponent - b.exponent));
}

export function squareRoot(format: Format, mode: Mode, aBits: bigint): Result {
  const a = unpack(format, aBits);
  if (a.kind === "nan") return nan(format, a);
  if (isZero(a)) return exact(aBits);
  if (a.isNegative) return invalid(format);
  if (a.kind === "infinity") return exact(aBits);
  return round(format, mode, false, root(a.magnitude, a.exponent), 700);
}

/** ±(a · b) ± c, rounded once. */
export function multiplyAdd(
  format: Format,
  mode: Mode,
  operands: { a: bigint; b: bigint; c: bigint },
  negate: { product: boolean; addend: boolean },
): Result {
  const a = unpack(format, operands.a);
  const b = unpack(format, operands.b);
  const c = unpack(format, operands.c ^ (negate.addend ? signBit(format) : 0n));
  const isInfiniteProduct = a.kind === "infinity" || b.kind === "infinity";
  if (isInfiniteProduct && (isZero(a) || isZero(b))) return invalid(format);
  if (a.kind === "nan" || b.kind === "nan" || c.kind === "nan") return nan(format, a, b, c);
  const isNegative = (a.isNegative !== b.isNegative) !== negate.product;
  if (isInfiniteProduct) {
    if (c.kind === "infinity" && c.isNegative !== isNegative) return invalid(format);
    return signed(format, infinity(format), isNegative);
  }
  if (c.kind === "infinity") return signed(format, infinity(format), c.isNegative);
  const [first, second] = [a as Finite, b as Finite];
  const product: Finite = {
    kind: "finite",
    isNegative,
    magnitude: first.magnitude * second.magnitude,
    exponent: first.exponent + second.exponent,
  };
  return sum(format, mode, product, c);
}

export interface IntegerType {
  width: 32 | 64;
  isSigned: boolean;
}

export function toInteger(format: Format, mode: Mode, aBits: bigint, type: IntegerType): Result {
  const greatest = (1n << BigInt(type.width - (type.isSigned ? 1 : 0))) - 1n;
  const least = type.isSigned ? -greatest - 1n : 0n;
  const register = (value: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(type.width, value));
  const outOfRange = (value: bigint): Result => ({ bits: register(value), flags: FLAG.NV });
  const a = unpack(format, aBits);
  if (a.kind === "nan") return outOfRange(greatest);
  if (a.kind === "infinity") return outOfRange(a.isNegative ? least : greatest);
  const { units, isExact } = roundAt(mode, a.isNegative, dyadic(a.magnitude, a.exponent), 0);
  const value = a.isNegative ? -units : units;
  if (value < least || value > greatest) return outOfRange(value < least ? least : greatest);
  return { bits: register(value), flags: isExact ? 0 : FLAG.NX };
}

/** @param x the whole x register */
export function fromInteger(format: Format, mode: Mode, x: bigint, type: IntegerType): Result {
  const value = type.isSigned ? BigInt.asIntN(type.width, x) : BigInt.asUintN(type.width, x);
  if (value === 0n) return exact(0n);
  return round(format, mode, value < 0n, dyadic(absolute(value), 0));
}

/** A number of one format as one of the other. */
export function convert(from: Format, to: Format, mode: Mode, aBits: bigint): Result {
  const a = unpack(from, aBits);
  if (a.kind === "nan") return nan(to, a);
  if (a.kind === "infinity") return signed(to, infinity(to), a.isNegative);
  if (a.magnitude === 0n) return signed(to, 0n, a.isNegative);
  return round(to, mode, a.isNegative, dyadic(a.magnitude, a.exponent));
}

/** Negative, zero or positive as a is less than, equal to or greater than b; neither is a NaN. */
function order(a: Unpacked, b: Unpacked): number {
  const rank = (value: Unpacked): number => (value.kind === "infinity" ? (value.isNegative ? -1 : 1) : 0);
  if (rank(a) !== rank(b) || a.kind !== "finite" || b.kind !== "finite") return rank(a) - rank(b);
  const exponent = Math.min(a.exponent, b.exponent);
  const difference =
    (integerOf(a) << BigInt(a.exponent - exponent)) - (integerOf(b) << BigInt(b.exponent - exponent));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function compare(format: Format, how: "feq" | "flt" | "fle", aBits: bigint, bBits: bigint): Result {
  const [a, b] = [unpack(format, aBits), unpack(format, bBits)];
  if (isNaNValue(a) || isNaNValue(b)) {
    const isInvalid = how !== "feq" || isSignaling(a) || isSignaling(b);
    return { bits: 0n, flags: isInvalid ? FLAG.NV : 0 };
  }
  const difference = order(a, b);
  const holds = how === "feq" ? difference === 0 : how === "flt" ? difference < 0 : difference <= 0;
  return exact(holds ? 1n : 0n);
}

/** minimumNumber and maximumNumber of IEEE 754-201x. */
export function extreme(format: Format, how: "fmin" | "fmax", aBits: bigint, bBits: bigint): Result {
  const [a, b] = [unpack(format, aBits), unpack(format, bBits)];
  const flags = isSignaling(a) || isSignaling(b) ? FLAG.NV : 0;
  if (a.kind === "nan" && b.kind === "nan") return { bits: canonicalNaN(format), flags };
  if (a.kind === "nan" || b.kind === "nan") return { bits: a.kind === "nan" ? bBits : aBits, flags };
  const difference = order(a, b) || (a.isNegative === b.isNegative ? 0 : a.isNegative ? -1 : 1);
  return { bits: difference < 0 === (how === "fmin") ? aBits : bBits, flags };
}

export function classify(format: Format, aBits: bigint): Result {
  const a = unpack(format, aBits);
  if (a.kind === "nan") return exact(a.isSignaling ? 0x100n : 0x200n);
  if (a.kind === "infinity") return exact(a.isNegative ? 0x001n : 0x080n);
  if (a.magnitude === 0n) return exact(a.isNegative ? 0x008n : 0x010n);
  const isSubnormal = a.magnitude >> BigInt(format.precision - 1) === 0n;
  if (isSubnormal) return exact(a.isNegative ? 0x004n : 0x020n);
  return exact(a.isNegative ? 0x002n : 0x040n);
}

export function injectSign(format: Format, how: "fsgnj" | "fsgnjn" | "fsgnjx", a: bigint, b: bigint): Result {
  const sign = signBit(format);
  const own = how === "fsgnjx" ? a ^ b : how === "fsgnjn" ? ~b : b;
  return exact((a & ~sign) | (own & sign));
}

export const formatOf = (name: "S" | "D"): Format => (name === "S" ? SINGLE : DOUBLE);

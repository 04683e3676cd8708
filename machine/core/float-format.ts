// The two floating-point formats, single and double (IEEE 754-2019, section 3.4), as bit patterns, and how f registers hold
// them (unprivileged specification, chapters "F" and "D", "NaN Boxing of Narrower Values"). Arithmetic is done on doubles:
// every single is exactly a double, and only the result is rounded to the format asked for.
import { HART_F } from "./state";

/** A format, as the fmt field of instructions encodes it. */
export const SINGLE: u32 = 0;
export const DOUBLE: u32 = 1;

export const SIGN: u64 = 1 << 63;
export const INFINITY: u64 = 0x7ff << 52;
const FRACTION: u64 = ((<u64>1) << 52) - 1;
const QUIET: u64 = 1 << 51;
const HIDDEN: u64 = 1 << 52;
const SINGLE_NAN: u32 = 0x7fc00000;
const BOX: u64 = 0xffffffff << 32;
const BIAS: i32 = 1023;

/** What depends on the format. Exponents are those of the leading significant bit, unbiased. */
export class Format {
  /** Significant bits of a normal number. */
  @inline static precision(format: u32): u32 {
    return format == DOUBLE ? 53 : 24;
  }

  /** Exponent of the smallest normal number. */
  @inline static smallest(format: u32): i32 {
    return format == DOUBLE ? -1022 : -126;
  }

  @inline static largest(format: u32): i32 {
    return format == DOUBLE ? 1023 : 127;
  }

  static infinity(format: u32, sign: bool): u64 {
    return format == DOUBLE ? ((<u64>sign) << 63) | INFINITY : ((<u64>sign) << 31) | 0x7f800000;
  }

  /** The finite number of greatest magnitude. */
  static greatest(format: u32, sign: bool): u64 {
    return Format.infinity(format, sign) - 1;
  }

  static zero(format: u32, sign: bool): u64 {
    return (<u64>sign) << (format == DOUBLE ? 63 : 31);
  }

  /** The NaN that operations give: positive, quiet, without payload. */
  static canonicalNaN(format: u32): u64 {
    return format == DOUBLE ? INFINITY | QUIET : <u64>SINGLE_NAN;
  }
}

/** Parts of a double's bit pattern. */
export class Double {
  @inline static sign(bits: u64): bool {
    return bits >> 63 != 0;
  }

  @inline static isNaN(bits: u64): bool {
    return (bits & ~SIGN) > INFINITY;
  }

  @inline static isSignaling(bits: u64): bool {
    return Double.isNaN(bits) && (bits & QUIET) == 0;
  }

  @inline static isInfinite(bits: u64): bool {
    return (bits & ~SIGN) == INFINITY;
  }

  @inline static isZero(bits: u64): bool {
    return bits << 1 == 0;
  }

  /** Neither zero nor subnormal, infinite or a NaN. */
  @inline static isNormal(bits: u64): bool {
    return (((bits >> 52) + 1) & 0x7fe) != 0;
  }

  /** Exponent of the leading significant bit; of finite numbers other than zero. */
  static exponent(bits: u64): i32 {
    const biased = <i32>((bits >> 52) & 0x7ff);
    if (biased != 0) return biased - BIAS;
    return 12 - BIAS - <i32>clz<u64>(bits & FRACTION);
  }

  /** The significand with its leading bit in bit 63; of finite numbers other than zero. */
  static significand(bits: u64): u64 {
    if (((bits >> 52) & 0x7ff) != 0) return ((bits & FRACTION) | HIDDEN) << 11;
    return (bits & FRACTION) << clz<u64>(bits & FRACTION);
  }
}

/** The double that equals a single; a NaN keeps its sign and stays quiet or signaling. */
export function widen(single: u32): u64 {
  if ((single & 0x7fffffff) <= 0x7f800000) return reinterpret<u64>(<f64>reinterpret<f32>(single));
  return ((<u64>(single >> 31)) << 63) | INFINITY | ((<u64>(single & 0x7fffff)) << 29);
}

/** An f register by the offset its slot field gives (decode.ts). */
export class FloatRegister {
  @inline static raw(hart: u32, offset: u32): u64 {
    return load<u64>(hart + offset, HART_F);
  }

  /** The single a register holds; one that is not boxed right counts as the canonical NaN. */
  @inline static single(hart: u32, offset: u32): u32 {
    const bits = FloatRegister.raw(hart, offset);
    return bits >= BOX ? <u32>bits : SINGLE_NAN;
  }

  /** What a register holds as a number of `format`, in that format's bits. */
  @inline static bits(hart: u32, offset: u32, format: u32): u64 {
    return format == DOUBLE ? FloatRegister.raw(hart, offset) : <u64>FloatRegister.single(hart, offset);
  }

  /** The double that equals what a register holds as a number of `format`. */
  @inline static value(hart: u32, offset: u32, format: u32): u64 {
    return format == DOUBLE ? FloatRegister.raw(hart, offset) : widen(FloatRegister.single(hart, offset));
  }

  @inline static set(hart: u32, offset: u32, format: u32, bits: u64): void {
    store<u64>(hart + offset, format == DOUBLE ? bits : bits | BOX, HART_F);
  }
}

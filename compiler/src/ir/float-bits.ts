/**
 * Floating-point constants as bits (IEEE 754): the IR keeps them like integers, as signed numbers of the type's width, so that
 * every NaN is told from every other.
 */
import type { FloatType } from "./ir";

const view = new DataView(new ArrayBuffer(8));

/** The bits of a number in a type, after rounding to it. NaN gives the canonical NaN. */
export function floatBits(type: FloatType, value: number): bigint {
  if (Number.isNaN(value)) return CANONICAL_NAN[type];
  if (type === "f32") {
    view.setFloat32(0, value);
    return BigInt(view.getInt32(0));
  }
  view.setFloat64(0, value);
  return view.getBigInt64(0);
}

/** The number some bits stand for. */
export function floatValue(type: FloatType, bits: bigint): number {
  if (type === "f32") {
    view.setInt32(0, Number(BigInt.asIntN(32, bits)));
    return view.getFloat32(0);
  }
  view.setBigInt64(0, BigInt.asIntN(64, bits));
  return view.getFloat64(0);
}

/** The NaN that RISC-V instructions give: positive, quiet, without a payload. */
export const CANONICAL_NAN: Record<FloatType, bigint> = { f32: 0x7fc0_0000n, f64: 0x7ff8_0000_0000_0000n };

/** Text of a constant: a decimal number, `inf`, `-inf`, or `nan:` and the bits. It reads back to the same bits. */
export function printFloat(type: FloatType, bits: bigint): string {
  const value = floatValue(type, bits);
  if (Number.isNaN(value)) return `nan:0x${BigInt.asUintN(type === "f32" ? 32 : 64, bits).toString(16)}`;
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The bits of a constant that `printFloat` wrote; a plain `nan` is the canonical one. */
export function parseFloatBits(type: FloatType, text: string): bigint {
  if (text.startsWith("nan:")) return BigInt(text.slice(4));
  if (text === "inf" || text === "-inf") return floatBits(type, text === "inf" ? Infinity : -Infinity);
  return floatBits(type, text === "nan" ? Number.NaN : Number(text));
}

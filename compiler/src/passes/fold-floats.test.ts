import { describe, expect, it } from "vitest";
import { parseFloatBits, printFloat } from "../ir/float-bits";
import { type FloatType, isFloat, type Type } from "../ir/ir";
import type { Operation } from "../ir/operations";
import { foldFloats } from "./fold-floats";

const bitsOf = (type: Type, text: string): bigint =>
  isFloat(type) ? parseFloatBits(type, text) : BigInt(text);

/** Folds `op` on operands given as text; the result as text. */
function fold(op: Operation, from: Type, to: Type, operands: string[], symbol = "rtz"): string {
  const result = foldFloats(
    op,
    from,
    to,
    symbol,
    operands.map((text) => bitsOf(from, text)),
  );
  if (result === undefined) return "nothing";
  return isFloat(to) ? printFloat(to, BigInt.asIntN(to === "f32" ? 32 : 64, result)) : String(result);
}

const same = (op: Operation, type: FloatType, ...operands: string[]): string =>
  fold(op, type, type, operands);

describe("floating-point constants", () => {
  it("are rounded to their type", () => {
    expect(same("fadd", "f64", "0.1", "0.2")).toBe("0.30000000000000004");
    expect(same("fadd", "f32", "16777216", "1")).toBe("16777216");
    expect(same("fmul", "f32", "1e30", "1e30")).toBe("inf");
    expect(same("fdiv", "f64", "1", "-0")).toBe("-inf");
    expect(same("fsqrt", "f32", "2")).toBe(String(Math.fround(Math.SQRT2)));
    expect(fold("demote", "f64", "f32", ["1e-46"])).toBe("0");
  });

  it("give the canonical NaN, whatever NaN comes in", () => {
    expect(same("fadd", "f64", "nan:0xfff0000000000001", "1")).toBe("nan:0x7ff8000000000000");
    expect(same("fsub", "f32", "inf", "inf")).toBe("nan:0x7fc00000");
    expect(same("fsqrt", "f64", "-1")).toBe("nan:0x7ff8000000000000");
    expect(fold("promote", "f32", "f64", ["nan:0xff800001"])).toBe("nan:0x7ff8000000000000");
  });

  it("keep all other bits where only the sign changes", () => {
    expect(same("fneg", "f64", "nan:0x7ff0000000000001")).toBe("nan:0xfff0000000000001");
    expect(same("fabs", "f32", "nan:0xff800001")).toBe("nan:0x7f800001");
    expect(same("fcopysign", "f64", "0", "nan:0xfff8000000000000")).toBe("-0");
  });

  it("prefer numbers to NaNs in minimum and maximum, and order zeros", () => {
    expect(same("fmin", "f64", "nan", "3")).toBe("3");
    expect(same("fmax", "f64", "3", "nan")).toBe("3");
    expect(same("fmin", "f64", "0", "-0")).toBe("-0");
    expect(same("fmax", "f32", "-0", "0")).toBe("0");
  });

  it("compare equal only to themselves, zeros to each other, NaN to nothing", () => {
    expect(fold("feq", "f64", "i32", ["0", "-0"])).toBe("1");
    expect(fold("feq", "f64", "i32", ["nan", "nan"])).toBe("0");
    expect(fold("fle", "f32", "i32", ["nan", "1"])).toBe("0");
    expect(fold("flt", "f32", "i32", ["-inf", "1"])).toBe("1");
  });

  it("become integers as RISC-V has them: saturated, NaN the largest", () => {
    expect(fold("toSigned", "f64", "i32", ["-3.9"])).toBe("-3");
    expect(fold("toSigned", "f64", "i32", ["nan"])).toBe("2147483647");
    expect(fold("toUnsigned", "f32", "i64", ["inf"])).toBe("18446744073709551615");
    expect(fold("toUnsigned", "f64", "i32", ["-1"])).toBe("0");
    for (const [text, expected] of [
      ["2.5", "2"],
      ["3.5", "4"],
      ["-2.5", "-2"],
      ["-0.7", "-1"],
    ] as const)
      expect(fold("toSigned", "f64", "i64", [text], "rne"), text).toBe(expected);
    expect(fold("toSigned", "f64", "i64", ["-0.5"], "rup")).toBe("0");
    expect(fold("toSigned", "f64", "i64", ["-0.5"], "rdn")).toBe("-1");
  });

  it("come from integers rounded once", () => {
    expect(fold("fromSigned", "i32", "f32", ["16777217"])).toBe("16777216");
    expect(fold("fromUnsigned", "i32", "f64", ["-1"])).toBe("4294967295");
    // through f64 these would be ties, and round the other way
    expect(fold("fromSigned", "i64", "f32", ["9007199791611905"])).toBe("9007200328482816");
    expect(fold("fromUnsigned", "i64", "f32", ["9223372586610589697"])).toBe("9223373136366404000");
    expect(fold("fromSigned", "i64", "f32", ["-9007199791611905"])).toBe("-9007200328482816");
  });

  it("keep their bits in registers of the other class", () => {
    expect(fold("reinterpret", "f64", "i64", ["1"])).toBe("4607182418800017408");
    expect(fold("reinterpret", "i32", "f32", ["0x7f800001"])).toBe("nan:0x7f800001");
  });
});

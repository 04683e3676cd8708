import { describe, expect, it } from "vitest";
import { parseFunction } from "./parser";
import { printFunction } from "./printer";

const EVERYTHING = `function "kern/sample"(i32,i64)->i64 {
b0:
  v0: i32 = param [index=0]
  v1: i64 = param [index=1]
  v2: i64 = load [offset=-8 size=4 signed=0] v0
  store [offset=2047 size=2] v0, -5:i32
  v3: i64 = call [symbol="rv.\\"odd\\" name"] v1, 9223372036854775807:i64
  v4: i32 = callIndirect [signature=i32,i64->i32] v0, v0, v3
  v5: i64 = atomicUpdate [symbol="add" offset=0 size=8 order=3] v0, v1
  fence [index=51]
  v6: i64 = csrUpdate [symbol="csrrw" index=384] v5
  switch v0, b1, b2, b1, b3
b1 (b0, b1):
  v7: i64 = phi v2, v8
  v8: i64 = add v7, 1:i64
  v9: i32 = eqz v8
  branch v9, b1, b4
b2 (b0):
  trap
b3 (b0):
  table v4, b4, b5
b4 (b1, b3):
  return 0:i64
b5 (b3):
  return v1
}
`;

describe("the textual form of the IR", () => {
  it("reads back what it prints", () => {
    expect(printFunction(parseFunction(EVERYTHING))).toBe(EVERYTHING);
  });

  it("gives new values numbers that are free", () => {
    const fn = parseFunction(EVERYTHING);
    expect(fn.value("add", "i32", []).id).toBeGreaterThan(9);
    expect(fn.addBlock().id).toBe(6);
  });

  it("accepts hexadecimal constants and comments", () => {
    const text = "function f()->i64 {\nb0:\n  ; a comment\n  return 0xff:i64\n}";
    expect(printFunction(parseFunction(text))).toContain("return 255:i64");
  });

  it("keeps every bit of floating-point constants", () => {
    const constants = [
      "1.5:f64",
      "-0:f64",
      "inf:f64",
      "-inf:f32",
      "5e-324:f64",
      "1.7976931348623157e+308:f64",
      "0.10000000149011612:f32",
      "1.401298464324817e-45:f32",
      "nan:0x7ff8000000000000:f64",
      "nan:0xfff0000000000001:f64",
      "nan:0xffc00000:f32",
    ];
    for (const constant of constants) {
      const type = constant.slice(-3);
      const text = `function "f"()->${type} {\nb0:\n  return ${constant}\n}\n`;
      expect(printFunction(parseFunction(text))).toBe(text);
    }
    const short = 'function "f"()->f64 {\nb0:\n  return nan:f64\n}\n';
    expect(printFunction(parseFunction(short))).toContain("nan:0x7ff8000000000000:f64");
  });

  it("names the line of an unknown operation", () => {
    expect(() => parseFunction("function f()-> {\nb0:\n  v0: i32 = frobnicate v1\n}")).toThrow("line 3");
  });

  it("refuses values that are not defined", () => {
    expect(() => parseFunction("function f()->i32 {\nb0:\n  return v7\n}")).toThrow("undefined value v7");
  });
});

import { describe, expect, it } from "vitest";
import type { Type } from "../ir/ir";
import { transform } from "../ir/test-support";
import { removeDeadCode } from "./dead-code";
import { removeDeadStores } from "./dead-stores";
import { forwardMemory } from "./forward-memory";
import { hoistInvariants } from "./hoist-invariants";
import { lowerSelects } from "./lower-select";
import { sinkValues } from "./sink";
import { numberValues } from "./value-numbering";

/** Simplifies `code` (its result named v2) of the f64 parameters v0 and v1; returns what is left behind the parameters. */
function simplify(code: string, result: Type = "f64"): string[] {
  const body = `b0:
    v0: f64 = param [index=0]
    v1: f64 = param [index=1]
    ${code}
    return v2`;
  return transform(body, `(f64,f64)->${result}`, numberValues, removeDeadCode).slice(3);
}

describe("rules for floating point", () => {
  it("compute constants", () => {
    expect(simplify("v3: f64 = fadd 1.5:f64, 2:f64\n v2: f64 = fmul v3, v3")).toEqual(["return 12.25:f64"]);
    expect(simplify("v3: f64 = fdiv 0:f64, 0:f64\n v2: i64 = reinterpret v3", "i64")).toEqual([
      "return 9221120237041090560:i64",
    ]);
    expect(simplify('v2: i32 = toSigned [symbol="rtz"] -7.9:f64', "i32")).toEqual(["return -7:i32"]);
  });

  it("share what is the same, but not conversions that round differently", () => {
    expect(simplify("v3: f64 = fadd v0, v1\n v4: f64 = fadd v0, v1\n v2: f64 = fmul v3, v4")).toHaveLength(3);
    const floor = 'v3: i64 = toSigned [symbol="rdn"] v0\n v4: i64 = toSigned [symbol="rup"] v0';
    expect(simplify(`${floor}\n v2: i64 = sub v3, v4`, "i64")).toHaveLength(4);
  });

  it("leave alone what zeros, infinities or NaNs would tell apart", () => {
    for (const same of [
      "fadd v0, 0:f64",
      "fsub v0, 0:f64",
      "fsub v0, v0",
      "fmul v0, 1:f64",
      "fmul v0, 0:f64",
      "fdiv v0, 3:f64",
      "fdiv v0, v0",
      "fmin v0, v0",
    ])
      expect(simplify(`v2: f64 = ${same}`)[0], same).toContain(same.split(" ")[0]);
    for (const same of ["feq v0, v0", "fle v0, v1"])
      expect(simplify(`v2: i32 = ${same}`, "i32")[0], same).toBe(`v2: i32 = ${same}`);
    expect(simplify("v3: i32 = flt v0, v1\n v2: i32 = eqz v3", "i32")).toHaveLength(3);
  });

  it("compare a number with itself", () => {
    expect(simplify("v2: i32 = flt v0, v0", "i32")).toEqual(["return 0:i32"]);
    expect(simplify("v2: i32 = fle v0, v0", "i32")[0]).toBe("v2: i32 = feq v0, v0");
    const number = 'v3: i32 = toSigned [symbol="rtz"] v0\n v4: f64 = fromSigned v3';
    expect(simplify(`${number}\n v2: i32 = feq v4, v4`, "i32")).toEqual(["return 1:i32"]);
  });

  it("combine changes of sign", () => {
    expect(simplify("v3: f64 = fneg v0\n v2: f64 = fneg v3")).toEqual(["return v0"]);
    expect(simplify("v3: f64 = fneg v0\n v2: f64 = fabs v3")[0]).toBe("v2: f64 = fabs v0");
    expect(simplify("v2: f64 = fcopysign v0, 2:f64")[0]).toBe("v2: f64 = fabs v0");
    expect(simplify("v2: f64 = fcopysign v0, -0:f64").slice(0, 2)).toEqual([
      expect.stringMatching(/fabs v0$/),
      expect.stringMatching(/^v2: f64 = fneg/),
    ]);
    expect(simplify("v3: f64 = fneg v1\n v2: f64 = fadd v0, v3")[0]).toBe("v2: f64 = fsub v0, v1");
  });

  it("divide by powers of two by multiplying, where the reciprocal is exact", () => {
    expect(simplify("v2: f64 = fdiv v0, 8:f64")[0]).toBe("v2: f64 = fmul v0, 0.125:f64");
    expect(simplify("v2: f64 = fdiv v0, -0.5:f64")[0]).toBe("v2: f64 = fmul v0, -2:f64");
    expect(simplify("v2: f64 = fdiv v0, 5e-324:f64")[0]).toContain("fdiv");
  });

  it("convert narrow integers as they are", () => {
    const body = (extension: string, conversion: string) => `b0:
      v0: i32 = param [index=0]
      v1: i64 = ${extension} v0
      v2: f64 = ${conversion} v1
      return v2`;
    const lines = (extension: string, conversion: string) =>
      transform(body(extension, conversion), "(i32)->f64", numberValues, removeDeadCode).at(-2);
    expect(lines("exts", "fromSigned")).toBe("v2: f64 = fromSigned v0");
    expect(lines("extu", "fromSigned")).toBe("v2: f64 = fromUnsigned v0");
    expect(lines("exts", "fromUnsigned")).toBe("v2: f64 = fromUnsigned v1");
  });

  it("do not take the bits 1 and 0 of numbers for truth values", () => {
    const choice = "v3: i32 = flt v0, v1\n v2: f64 = select v3, 5e-324:f64, 0:f64";
    expect(simplify(choice)).toContain("v2: f64 = select v3, 5e-324:f64, 0:f64");
  });
});

describe("other passes and floating point", () => {
  it("branch for the choice between numbers, once for choices by the same condition", () => {
    const body = `b0:
      v0: f64 = param [index=0]
      v1: f64 = param [index=1]
      v2: i32 = flt v0, v1
      v3: f64 = select v2, v0, v1
      v4: f64 = select v2, v1, v0
      v5: f64 = fsub v4, v3
      return v5`;
    expect(transform(body, "(f64,f64)->f64", lowerSelects).slice(3)).toEqual([
      "v2: i32 = flt v0, v1",
      "branch v2, b1, b2",
      "b1 (b0):",
      "jump b2",
      "b2 (b0, b1):",
      "v3: f64 = phi v1, v0",
      "v4: f64 = phi v0, v1",
      "v5: f64 = fsub v4, v3",
      "return v5",
    ]);
  });

  it("move eight numbers out of a loop besides eight integers, comparisons too", () => {
    const numbers = Array.from({ length: 10 }, (_, k) => `v${10 + k}: f64 = fmul v1, ${k}.5:f64`);
    const integers = Array.from({ length: 10 }, (_, k) => `v${30 + k}: i32 = mul v0, ${k + 3}:i32`);
    const uses = Array.from(
      { length: 10 },
      (_, k) =>
        `store [offset=${16 * k} size=8] v0, v${10 + k}\nstore [offset=${16 * k + 8} size=4] v0, v${30 + k}`,
    );
    const body = (inLoop: string[]): string => `b0:
      v0: i32 = param [index=0]
      v1: f64 = param [index=1]
      jump b1
    b1 (b0, b1):
      ${inLoop.join("\n")}
      v2: i32 = load [offset=0 size=4 signed=1] v0
      branch v2, b1, b2
    b2 (b1):
      return`;
    const hoistedFrom = (inLoop: string[]): string[] => {
      const lines = transform(body(inLoop), "(i32,f64)->", hoistInvariants);
      return lines.slice(3, lines.indexOf("jump b1"));
    };
    const hoisted = hoistedFrom([...numbers, ...integers, ...uses]);
    expect(hoisted.filter((line) => line.includes("fmul"))).toHaveLength(8);
    expect(hoisted.filter((line) => line.includes(" mul "))).toHaveLength(8);
    const compared = ["v3: i32 = flt v1, 2:f64", "v4: i32 = lts v0, 2:i32"];
    const used = ["store [offset=0 size=4] v0, v3", "store [offset=4 size=4] v0, v4"];
    expect(hoistedFrom([...compared, ...used])).toEqual(["v3: i32 = flt v1, 2:f64"]);
  });

  it("compute behind a branch what only one side needs", () => {
    const body = `b0:
      v0: f64 = param [index=0]
      v1: f64 = fsqrt v0
      v2: i32 = flt v0, 0:f64
      branch v2, b1, b2
    b1 (b0):
      return 0:f64
    b2 (b0):
      return v1`;
    expect(transform(body, "(f64)->f64", sinkValues).slice(-2)).toEqual(["v1: f64 = fsqrt v0", "return v1"]);
  });

  it("remove stores of numbers that are overwritten", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: f64 = param [index=1]
      store [offset=0 size=8] v0, v1
      store [offset=0 size=8] v0, 0:i64
      return`;
    expect(transform(body, "(i32,f64)->", removeDeadStores).slice(3)).toEqual([
      "store [offset=0 size=8] v0, 0:i64",
      "return",
    ]);
  });
});

describe("memory and floating point", () => {
  const forward = (code: string, signature: string): string[] =>
    transform(`b0:\n${code}`, signature, forwardMemory, numberValues, removeDeadCode);

  it("forwards what was stored, moving it between classes of registers", () => {
    const code = (load: string, type: string) => `v0: i32 = param [index=0]
      v1: f64 = param [index=1]
      store [offset=8 size=8] v0, v1
      v2: ${type} = load [offset=8 size=${load} signed=1] v0
      return v2`;
    expect(forward(code("8", "f64"), "(i32,f64)->f64").at(-1)).toBe("return v1");
    expect(forward(code("8", "i64"), "(i32,f64)->i64").at(-2)).toBe("v2: i64 = reinterpret v1");
    expect(forward(code("4", "i32"), "(i32,f64)->i32").at(-2)).toContain("load");
    expect(forward(code("4", "f32"), "(i32,f64)->f32").at(-2)).toContain("load");
  });

  it("loads once for both classes", () => {
    const code = `v0: i32 = param [index=0]
      v1: f32 = load [offset=0 size=4 signed=0] v0
      v2: i32 = load [offset=0 size=4 signed=1] v0
      v3: i32 = toSigned [symbol="rtz"] v1
      v4: i32 = add v2, v3
      return v4`;
    expect(forward(code, "(i32)->i32")).toContain("v2: i32 = reinterpret v1");
  });

  it("does not take a narrow store of a wide integer for a number", () => {
    const code = `v0: i32 = param [index=0]
      v1: i64 = param [index=1]
      store [offset=0 size=4] v0, v1
      v2: f32 = load [offset=0 size=4 signed=0] v0
      return v2`;
    expect(forward(code, "(i32,i64)->f32").at(-2)).toContain("load");
  });

  it("stores bits from the register they are in", () => {
    const code = `v0: i32 = param [index=0]
      v1: f64 = param [index=1]
      v2: i64 = reinterpret v1
      store [offset=0 size=8] v0, v2
      store [offset=8 size=4] v0, v2
      return`;
    expect(forward(code, "(i32,f64)->")).toEqual([
      "b0:",
      "v0: i32 = param [index=0]",
      "v1: f64 = param [index=1]",
      "v2: i64 = reinterpret v1",
      "store [offset=0 size=8] v0, v1",
      "store [offset=8 size=4] v0, v2",
      "return",
    ]);
  });
});

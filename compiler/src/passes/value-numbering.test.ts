import { describe, expect, it } from "vitest";
import { transform } from "../ir/test-support";
import { removeDeadCode } from "./dead-code";
import { numberValues } from "./value-numbering";

/** Simplifies `expression` (named v2) of parameters v0 and v1; returns the lines that are left without the parameters. */
function simplify(expression: string, type: "i32" | "i64" = "i32", result = type): string[] {
  const body = `b0:
    v0: ${type} = param [index=0]
    v1: ${type} = param [index=1]
    ${expression}
    return v2`;
  return transform(body, `(${type},${type})->${result}`, numberValues, removeDeadCode).slice(3);
}

describe("value numbering", () => {
  it("computes constants", () => {
    expect(simplify("v2: i32 = mul 65536:i32, 65536:i32")).toEqual(["return 0:i32"]);
    expect(simplify("v2: i64 = shru -1:i64, 60:i64", "i64")).toEqual(["return 15:i64"]);
    expect(simplify("v2: i32 = rotl 1:i32, 31:i32")).toEqual(["return -2147483648:i32"]);
    expect(simplify("v2: i32 = clz 0:i32")).toEqual(["return 32:i32"]);
    expect(simplify("v2: i64 = ctz 0:i64", "i64")).toEqual(["return 64:i64"]);
  });

  it("gives RISC-V's results for divisions that wasm would trap on", () => {
    expect(simplify("v2: i32 = divs 7:i32, 0:i32")).toEqual(["return -1:i32"]);
    expect(simplify("v2: i32 = remu 7:i32, 0:i32")).toEqual(["return 7:i32"]);
    expect(simplify("v2: i32 = divs -2147483648:i32, -1:i32")).toEqual(["return -2147483648:i32"]);
  });

  it("shares common subexpressions, also with swapped constants", () => {
    const expression = "v3: i32 = add v0, 5:i32\n v4: i32 = add 5:i32, v0\n v2: i32 = xor v3, v4";
    expect(simplify(expression)).toEqual(["return 0:i32"]);
  });

  it("shares values only with blocks they dominate", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      branch v0, b1, b2
    b1 (b0):
      v1: i32 = mul v0, v0
      return v1
    b2 (b0):
      v2: i32 = mul v0, v0
      return v2`;
    expect(transform(body, "(i32)->i32", numberValues).filter((line) => line.includes("mul"))).toHaveLength(
      2,
    );
  });

  it("combines additions and turns subtractions of constants into them", () => {
    expect(simplify("v3: i32 = sub v0, 3:i32\n v2: i32 = add v3, 10:i32")).toEqual([
      "v2: i32 = add v0, 7:i32",
      "return v2",
    ]);
  });

  it("turns multiplication and division by powers of two into shifts and masks", () => {
    expect(simplify("v2: i32 = mul v0, 8:i32")[0]).toBe("v2: i32 = shl v0, 3:i32");
    expect(simplify("v2: i32 = divu v0, 16:i32")[0]).toBe("v2: i32 = shru v0, 4:i32");
    expect(simplify("v2: i32 = remu v0, 16:i32")[0]).toBe("v2: i32 = and v0, 15:i32");
  });

  it("leaves signed division by powers of two alone", () => {
    expect(simplify("v2: i32 = divs v0, 16:i32")[0]).toBe("v2: i32 = divs v0, 16:i32");
  });

  it("drops masks of shift amounts", () => {
    expect(simplify("v3: i32 = and v1, 31:i32\n v2: i32 = shl v0, v3")[0]).toBe("v2: i32 = shl v0, v1");
    expect(simplify("v3: i32 = and v1, 15:i32\n v2: i32 = shl v0, v3")).toHaveLength(3);
  });

  it("negates comparisons instead of their results", () => {
    expect(simplify("v3: i32 = lts v0, v1\n v2: i32 = eqz v3")[0]).toBe("v2: i32 = ges v0, v1");
  });

  it("does not look through the negation of a number", () => {
    expect(simplify("v3: i32 = eqz v0\n v2: i32 = eqz v3")[0]).toBe("v2: i32 = ne v0, 0:i32");
  });

  it("compares extended values in their own width", () => {
    const extended = (op: string, extension: string): string | undefined =>
      simplify(`v3: i64 = ${extension} v0\n v4: i64 = ${extension} v1\n v2: i32 = ${op} v3, v4`)[0];
    expect(extended("ltu", "extu")).toBe("v2: i32 = ltu v0, v1");
    expect(extended("lts", "extu")).toBe("v2: i32 = ltu v0, v1");
    expect(extended("ges", "exts")).toBe("v2: i32 = ges v0, v1");
    expect(extended("ltu", "exts")).toBe("v2: i32 = ltu v0, v1");
  });

  it("keeps a comparison whose constant the narrow type cannot hold", () => {
    const lines = simplify("v3: i64 = extu v0\n v2: i32 = ltu v3, 4294967296:i64");
    expect(lines).toContain("v2: i32 = ltu v3, 4294967296:i64");
  });

  it("moves constant terms of an address into the offset only while it is an immediate", () => {
    const load = (constant: number): string[] =>
      simplify(`v3: i32 = add v0, ${constant}:i32\n v2: i32 = load [offset=8 size=4 signed=1] v3`);
    expect(load(100)[0]).toBe("v2: i32 = load [offset=108 size=4 signed=1] v0");
    expect(load(4000)[1]).toBe("v2: i32 = load [offset=8 size=4 signed=1] v3");
  });
});

describe("large displacements", () => {
  it("adds their upper part to what does not change in a loop", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      jump b1
    b1 (b0, b1):
      v2: i32 = shl v1, 2:i32
      v3: i32 = phi v1, v4
      v5: i32 = xor v3, 5:i32
      v6: i32 = add v0, v5
      v4: i32 = load [offset=4100 size=4 signed=1] v6
      branch v4, b1, b2
    b2 (b1):
      return v4`;
    const lines = transform(body, "(i32,i32)->i32", numberValues);
    const sum = lines.find((line) => line.endsWith("add v0, 4096:i32"))!.split(":")[0]!;
    const address = lines.find((line) => line.endsWith(`add v5, ${sum}`))!.split(":")[0]!;
    expect(lines).toContain(`v4: i32 = load [offset=4 size=4 signed=1] ${address}`);
  });
});

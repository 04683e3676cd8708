import { describe, expect, it } from "vitest";
import { fragmentText } from "../assembler/disassemble";
import { parseBody } from "../ir/test-support";
import { generateCode } from "./generate";

const RETURN = "jalr zero, ra, 0";

/** Assembly lines of a function given as IR, without the name's line. */
function compile(body: string, signature: string): string[] {
  const fragment = generateCode(parseBody(`b0:\n${body}`, signature), {
    bitmanip: true,
    locate: () => undefined,
  });
  return fragmentText(fragment)
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && line !== "test:");
}

const params = (...types: string[]): string =>
  types.map((type, index) => `v${index}: ${type} = param [index=${index}]`).join("\n");

describe("floating-point code", () => {
  it("computes in the registers arguments come in, rounding to nearest whatever fcsr says", () => {
    const body = `${params("f64", "f64")}\n v2: f64 = fadd v0, v1\n v3: f64 = fsqrt v2\n return v3`;
    expect(compile(body, "(f64,f64)->f64")).toEqual([
      expect.stringMatching(/^fadd\.d fa\d, fa0, fa1, rne$/),
      expect.stringMatching(/^fsqrt\.d fa0, fa\d, rne$/),
      RETURN,
    ]);
  });

  it("changes signs by sign injection", () => {
    const body = `${params("f32")}\n v1: f32 = fneg v0\n v2: f32 = fabs v1\n return v2`;
    expect(compile(body, "(f32)->f32").slice(0, 2)).toEqual([
      expect.stringMatching(/^fsgnjn\.s fa\d, fa0, fa0$/),
      expect.stringMatching(/^fsgnjx\.s fa0, (fa\d), \1$/),
    ]);
  });

  it("converts with the rounding mode in the instruction", () => {
    const body = `${params("f64")}\n v1: i32 = toSigned [symbol="rtz"] v0\n return v1`;
    expect(compile(body, "(f64)->i32")).toEqual(["fcvt.w.d a0, fa0, rtz", RETURN]);
    const unsigned = `${params("i64")}\n v1: f32 = fromUnsigned v0\n return v1`;
    expect(compile(unsigned, "(i64)->f32")).toEqual(["fcvt.s.lu fa0, a0, rne", RETURN]);
  });

  it("takes 32 bits of an integer as they are", () => {
    const body = `${params("i64")}\n v1: i32 = wrap v0\n v2: f64 = fromSigned v1\n return v2`;
    expect(compile(body, "(i64)->f64")).toEqual(["fcvt.d.w fa0, a0", RETURN]);
  });

  it("branches on a comparison's result, also where the comparison must not hold", () => {
    const body = `${params("f64", "f64")}\n v2: i32 = flt v0, v1\n v3: i32 = eqz v2\n branch v3, b1, b2
      b1 (b0):\n return 1:i32\n b2 (b0):\n return 2:i32`;
    const lines = compile(body, "(f64,f64)->i32");
    expect(lines.slice(0, 2)).toEqual(["flt.d a5, fa0, fa1", expect.stringMatching(/^b(ne|eq) a5, zero, /)]);
    expect(lines.join("\n")).not.toContain("sltiu");
  });

  it("makes constants from one integer instruction, or loads them", () => {
    expect(compile("return 0:f64", "()->f64")).toEqual(["fmv.d.x fa0, zero", RETURN]);
    expect(compile("return 1:f32", "()->f32")).toEqual([
      expect.stringMatching(/^lui (a\d), 0x3f800$/),
      expect.stringMatching(/^fmv\.w\.x fa0, a\d$/),
      RETURN,
    ]);
    expect(compile("return 0.1:f64", "()->f64")).toEqual([
      expect.stringMatching(/^lui (a\d), %hi\(__float64 3fb999999999999a\)$/),
      expect.stringMatching(/^fld fa0, %lo\(__float64 3fb999999999999a\)\(a\d\)$/),
      RETURN,
    ]);
  });

  it("stores simple constants from integer registers", () => {
    const body = `${params("i32")}\n store [offset=8 size=8] v0, 0:f64\n return`;
    expect(compile(body, "(i32)->")).toEqual(["sd zero, 8(a0)", RETURN]);
  });

  it("passes arguments where the psABI wants them, at both ends", () => {
    const types = [...Array(9).fill("f64"), "f32", ...Array(7).fill("i64"), "f32", "f64"];
    const body = `${params(...types)}\n v30: f32 = fadd v9, v17\n v31: f64 = promote v30
      v32: f64 = fadd v8, v18\n v33: f64 = fadd v31, v32\n return v33`;
    const callee = compile(body, `(${types.join(",")})->f64`);
    expect(callee).toContainEqual(expect.stringMatching(/^fmv\.d\.x f\w+, a0$/));
    expect(callee).toContainEqual(expect.stringMatching(/^fmv\.w\.x f\w+, a1$/));
    expect(callee).toContainEqual(expect.stringMatching(/^flw f\w+, 8\(sp\)$/));
    expect(callee).toContainEqual(expect.stringMatching(/^fld f\w+, 16\(sp\)$/));
    const args = types
      .map((type, k) => (type === "i64" ? `${k}:i64` : type === "f64" ? "v0" : "v1"))
      .join(", ");
    const caller = compile(
      `${params("f64", "f32")}\n v2: f64 = call [symbol="f"] ${args}\n v3: f64 = fadd v2, v2\n return v3`,
      "(f64,f32)->f64",
    );
    expect(caller).toContainEqual(expect.stringMatching(/^fmv\.x\.d a0, f\w+$/));
    expect(caller).toContainEqual(expect.stringMatching(/^fmv\.x\.w a1, f\w+$/));
    expect(caller).toContainEqual(expect.stringMatching(/^fsw f\w+, 8\(sp\)$/));
    expect(caller).toContainEqual(expect.stringMatching(/^fsd f\w+, 16\(sp\)$/));
  });

  it("keeps values that live across calls in fs registers, which it saves", () => {
    const body = `${params("f64")}\n call [symbol="f"]\n v1: f64 = fadd v0, v0\n return v1`;
    const lines = compile(body, "(f64)->f64");
    expect(lines).toContain("fsd fs0, 0(sp)");
    expect(lines).toContain("fld fs0, 0(sp)");
    expect(lines).toContainEqual(expect.stringMatching(/^fsgnj\.d fs0, fa0, fa0$/));
  });

  it("spills floating-point registers only when those are used up", () => {
    const count = 40;
    const loads = Array.from(
      { length: count },
      (_, k) => `v${k + 1}: f64 = load [offset=${8 * k} size=8 signed=0] v0`,
    );
    const sums = Array.from(
      { length: count - 1 },
      (_, k) => `v${100 + k}: f64 = fmul ${k === 0 ? "v1" : `v${99 + k}`}, v${k + 2}`,
    );
    const last = `v${100 + count - 2}`;
    const body = [params("i32"), ...loads, 'call [symbol="f"]', ...sums, `return ${last}`].join("\n");
    const lines = compile(body, "(i32)->f64");
    const slots = lines.filter((line) => /^fsd f\w+, \d+\(sp\)$/.test(line));
    // 12 saved registers hold values, and the rest of the 40 have slots
    expect(slots.length).toBe(count);
    expect(lines.filter((line) => /^sd /.test(line))).toEqual([expect.stringMatching(/^sd ra, /)]);
  });

  it("reaches the slots of frames beyond 2 KiB", () => {
    const count = 300;
    const loads = Array.from(
      { length: count },
      (_, k) => `v${k + 1}: f64 = load [offset=${8 * (k % 200)} size=8 signed=0] v0`,
    );
    const sums = Array.from(
      { length: count - 1 },
      (_, k) => `v${1000 + k}: f64 = fsub ${k === 0 ? "v1" : `v${999 + k}`}, v${k + 2}`,
    );
    const body = [params("i32"), ...loads, 'call [symbol="f"]', ...sums, `return v${998 + count}`].join("\n");
    const lines = compile(body, "(i32)->f64");
    const displacements = lines.flatMap((line) => /, (-?\d+)\(sp\)$/.exec(line)?.[1] ?? []).map(Number);
    expect(Math.max(...displacements)).toBeLessThan(2048);
    expect(lines).toContainEqual(expect.stringMatching(/^fld f\w+, 0\(t6\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^fsd f\w+, 0\(t6\)$/));
  });

  it("stores what is live across a suspension, and saves no fs registers", () => {
    const body = `${params("f64", "f32")}\n call [symbol="f" suspends=1]
      v2: f64 = promote v1\n v3: f64 = fadd v0, v2\n return v3`;
    const lines = compile(body, "(f64,f32)->f64");
    expect(lines.filter((line) => /^fsd fa[01], /.test(line))).toHaveLength(2);
    expect(lines.join("\n")).not.toMatch(/\bfs\d/);
  });
});

import { describe, expect, it } from "vitest";
import { parseFunction } from "./parser";
import { verify } from "./verifier";

const problems = (body: string): string =>
  verify(parseFunction(`function f(i32)->i32 {\n${body}\n}`)).join("\n");

describe("the verifier", () => {
  it("accepts a well-formed function", () => {
    expect(problems("b0:\n v0: i32 = param [index=0]\n jump b1\nb1 (b0):\n return v0")).toBe("");
  });

  it("finds a use before its definition", () => {
    expect(problems("b0:\n v1: i32 = add v0, 1:i32\n v0: i32 = param [index=0]\n return v1")).toContain(
      "v0 not available",
    );
  });

  it("finds a use that its definition does not dominate", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      branch v0, b1, b2
    b1 (b0):
      v1: i32 = add v0, 1:i32
      jump b2
    b2 (b0, b1):
      return v1`;
    expect(problems(body)).toContain("uses v1, not available");
  });

  it("finds missing predecessors", () => {
    expect(problems("b0:\n jump b1\nb1:\n return 0:i32")).toContain("does not know its predecessor b0");
  });

  it("finds phis with the wrong number of arguments", () => {
    expect(problems("b0:\n jump b1\nb1 (b0):\n v1: i32 = phi 1:i32, 2:i32\n return v1")).toContain(
      "wrong number of arguments",
    );
  });

  it("finds operands of the wrong type", () => {
    expect(problems("b0:\n v0: i64 = add 1:i64, 2:i32\n return 0:i32")).toContain("operand 1 is not i64");
  });

  it.each([
    ["v0: f64 = add 1:f64, 2:f64", "result is floating point"],
    ["v0: i32 = fadd 1:i32, 2:i32", "result is not floating point"],
    ["v0: f64 = fadd 1:f64, 2:f32", "operand 1 is not f64"],
    ["v0: i32 = flt 1:i32, 2:i32", "operands are not floating point"],
    ["v0: i32 = eq 1:f32, 2:f32", "operands are floating point"],
    ["v0: f64 = promote 1:f64", "operand 0 is not f32"],
    ["v0: f64 = reinterpret 1:i32", "operand 0 is not i64"],
    ['v0: f64 = toSigned [symbol="rtz"] 1:f64', "no conversion to an integer"],
    ["v0: i32 = fromSigned 1:i32", "no conversion from an integer"],
    ["v0: f64 = load [offset=0 size=4 signed=0] 8:i32", "loads a part of a number"],
  ])("finds that in `%s` the %s", (line, problem) => {
    expect(problems(`b0:\n ${line}\n return 0:i32`)).toContain(problem);
  });
});

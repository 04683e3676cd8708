import { describe, expect, it } from "vitest";
import { fragmentText } from "../assembler/disassemble";
import { parseBody } from "../ir/test-support";
import { generateCode } from "./generate";

/** Assembly lines of a function given as IR, without the name's line. */
function compile(body: string, signature: string): string[] {
  const result = generateCode(parseBody(body, signature), { bitmanip: false, locate: () => undefined });
  return fragmentText(result)
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && line !== "test:");
}

const RETURN = "jalr zero, ra, 0";
const SUSPEND = 'call [symbol="f" suspends=1]';
const count = (lines: string[], pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;

describe("a switch of stacks", () => {
  it("is five instructions and no frame where nothing follows", () => {
    const body = "b0:\n v0: i32 = param [index=0]\n v1: i32 = param [index=1]\n switchStack v0, v1\n return";
    expect(compile(body, "(i32,i32)->")).toEqual([
      "sd ra, 0(a0)",
      "ld ra, 0(a1)",
      "sd sp, 8(a0)",
      "ld sp, 8(a1)",
      RETURN,
    ]);
  });

  it("leaves the frame that calls before it needed", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      call [symbol="g"] v0
      switchStack v0, v1
      return`;
    const lines = compile(body, "(i32,i32)->");
    expect(lines.slice(-7)).toEqual([
      "ld ra, 8(sp)",
      "addi sp, sp, 16",
      "sd ra, 0(s0)",
      "ld ra, 0(s1)",
      "sd sp, 8(s0)",
      "ld sp, 8(s1)",
      RETURN,
    ]);
    expect(count(lines, /sd s\d/), "it preserves no register").toBe(0);
  });

  it("keeps only what is live, in a slot", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      switchStack v0, v1
      v2: i32 = load [offset=16 size=4 signed=1] v0
      return v2`;
    expect(compile(body, "(i32,i32)->i32")).toEqual([
      "addi sp, sp, -16",
      "sd ra, 8(sp)",
      "sd a0, 0(sp)",
      "call __switchStack a0 a1",
      "ld a5, 0(sp)",
      "lw a0, 16(a5)",
      "ld ra, 8(sp)",
      "addi sp, sp, 16",
      RETURN,
    ]);
  });
});

describe("values that live across suspending calls", () => {
  it("are stored once and loaded where they are read", () => {
    const body = `b0:
      v0: i64 = param [index=0]
      ${SUSPEND}
      ${SUSPEND}
      v1: i64 = add v0, 1:i64
      v2: i64 = mul v1, v0
      ${SUSPEND}
      v3: i64 = xor v2, v0
      return v3`;
    const lines = compile(body, "(i64)->i64");
    expect(count(lines, /^sd (?!ra)/), "v0 and v2, once each").toBe(2);
    expect(count(lines, /^ld (?!ra)/), "v0 twice, v2 once").toBe(3);
  });

  it("are loaded only on the way that reads them", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = call [symbol="f" suspends=1]
      branch v1, b1, b2
    b1 (b0):
      return 5:i32
    b2 (b0):
      v2: i32 = load [offset=0 size=4 signed=1] v0
      return v2`;
    const lines = compile(body, "(i32)->i32");
    const isRestore = (line: string): boolean => /^ld \w+, 0\(sp\)$/.test(line);
    const branch = lines.findIndex((line) => /^(beq|bne)/.test(line));
    expect(count(lines, /^ld \w+, 0\(sp\)$/)).toBe(1);
    expect(lines.findIndex(isRestore)).toBeGreaterThan(branch);
    expect(lines[lines.findIndex(isRestore) + 1]).toMatch(/^lw a0, 0\(/);
  });

  it("are not loaded on a way that does not lead through the call", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      branch v1, b1, b2
    b1 (b0):
      v2: i32 = call [symbol="f" suspends=1]
      branch v2, b3, b2
    b3 (b1):
      return 5:i32
    b2 (b0, b1):
      v3: i32 = load [offset=0 size=4 signed=1] v0
      return v3`;
    const lines = compile(body, "(i32,i32)->i32");
    const call = lines.findIndex((line) => line.startsWith("call f"));
    const first = lines.findIndex((line) => /^(beq|bne)/.test(line));
    const target = lines[first]!.match(/\.\w+$/)![0];
    const join = lines.slice(lines.indexOf(`${target}:`) + 1);
    expect(first).toBeLessThan(call);
    expect(join.findIndex((line) => /^ld \w+, \d+\(sp\)$/.test(line) && !line.startsWith("ld ra"))).toBe(-1);
  });

  it("are stored in front of a loop that does not change them", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      jump b1
    b1 (b0, b2):
      v1: i32 = load [offset=0 size=4 signed=1] v0
      branch v1, b2, b3
    b2 (b1):
      ${SUSPEND}
      jump b1
    b3 (b1):
      return v0`;
    const lines = compile(body, "(i32)->i32");
    expect(count(lines, /^sd \w+, 0\(sp\)$/)).toBe(1);
    expect(lines.findIndex((line) => /^sd \w+, 0\(sp\)$/.test(line))).toBeLessThan(
      lines.findIndex((line) => line.startsWith(".")),
    );
  });

  it("are computed again when they are constants", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      ${SUSPEND.replace("f", "g")} 77:i32
      store [offset=0 size=4] 4096:i32, 77:i32
      return`;
    const lines = compile(body, "(i32)->");
    expect(count(lines, /^(sd|ld) (?!ra)/)).toBe(0);
    expect(count(lines, /^addi \w+, zero, 77$/)).toBe(2);
  });

  it("are computed again when one instruction makes them from another that is kept", () => {
    const body = `b0:
      v0: i64 = param [index=0]
      v1: i64 = shl v0, 3:i64
      v2: i64 = xor v1, v0
      ${SUSPEND.replace("f", "g")} v1, v2
      v3: i64 = add v0, 1:i64
      v4: i64 = mul v1, v2
      v5: i64 = mul v3, v4
      return v5`;
    const lines = compile(body, "(i64)->i64");
    expect(count(lines, /^sd (?!ra)/), "v0 only").toBe(1);
    expect(count(lines, /^ld (?!ra)/)).toBe(1);
    expect(count(lines, /^slli/)).toBe(2);
    expect(count(lines, /^xor/)).toBe(2);
  });

  it("are not constants kept in registers during a loop that suspends", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      jump b1
    b1 (b0, b2):
      v1: i32 = phi v0, v3
      v2: i32 = ltu v1, 100:i32
      branch v2, b2, b3
    b2 (b1):
      ${SUSPEND}
      v3: i32 = add v1, 1:i32
      jump b1
    b3 (b1):
      return v1`;
    const lines = compile(body, "(i32)->i32");
    const call = lines.findIndex((line) => line.startsWith("call"));
    const [test] = /b(?:lt|ge)u \w+, (\w+),/.exec(lines.slice(call).join("\n"))!.slice(1);
    expect(lines.slice(call)).toContain(`addi ${test}, zero, 100`);
    expect(count(lines, /^sd (?!ra)/)).toBe(1);
  });

  it("stay in registers across calls that do not suspend", () => {
    const body = `b0:
      v0: i64 = param [index=0]
      call [symbol="g"]
      v1: i64 = add v0, 1:i64
      call [symbol="g"]
      ${SUSPEND}
      return v1`;
    const lines = compile(body, "(i64)->i64");
    expect(count(lines, /^sd (?!ra)/)).toBe(1);
    expect(lines).toContain("ld a0, 0(sp)");
  });
});

describe("waiting for a change", () => {
  it("reserves, compares and waits", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      waitWhileEqual v0, v1
      v2: i32 = add v0, v1
      return v2`;
    expect(compile(body, "(i32,i32)->i32")).toEqual([
      "lr.w a5, (a0)",
      "bne a5, a1, .done 0",
      "wrs.sto",
      ".done 0:",
      "addw a0, a0, a1",
      RETURN,
    ]);
  });
});

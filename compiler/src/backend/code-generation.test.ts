import { describe, expect, it } from "vitest";
import { fragmentText } from "../assembler/disassemble";
import { parseBody } from "../ir/test-support";
import { type GenerationOptions, generateCode } from "./generate";

/** Assembly lines of a function given as IR, without the name's line. */
function compile(body: string, signature: string, options: Partial<GenerationOptions> = {}): string[] {
  const result = generateCode(parseBody(body, signature), {
    bitmanip: false,
    locate: () => undefined,
    ...options,
  });
  const lines = fragmentText(result).split("\n");
  return lines
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && line !== "test:");
}

const RETURN = "jalr zero, ra, 0";

/** `count` parameters named v0… */
const params = (count: number, type = "i32"): string =>
  Array.from({ length: count }, (_, k) => `v${k}: ${type} = param [index=${k}]`).join("\n");

describe("instruction selection", () => {
  it("keeps i32 results sign-extended", () => {
    const body = `b0:\n ${params(2)}\n v2: i32 = add v0, v1\n return v2`;
    expect(compile(body, "(i32,i32)->i32")).toEqual(["addw a0, a0, a1", RETURN]);
  });

  it("adds addresses in 64 bits and folds the offset into the access", () => {
    const body = `b0:\n ${params(2)}\n v2: i32 = add v0, v1\n v3: i32 = load [offset=12 size=4 signed=1] v2\n return v3`;
    expect(compile(body, "(i32,i32)->i32")).toEqual(["add a5, a0, a1", "lw a0, 12(a5)", RETURN]);
  });

  it("splits absolute addresses into lui and displacement", () => {
    const body = "b0:\n v0: i32 = load [offset=4 size=4 signed=1] -2145386496:i32\n return v0";
    // -2145386496 + 4 = 0x80200004 - 2^32, wrapped
    expect(compile(body, "()->i32")).toEqual(["lui a5, 0x80200", "lw a0, 4(a5)", RETURN]);
  });

  it("fuses comparisons with branches", () => {
    const body = `b0:\n ${params(2)}\n v2: i32 = ltu v0, v1\n branch v2, b1, b2
      b1 (b0):\n return 1:i32\n b2 (b0):\n return v1`;
    const lines = compile(body, "(i32,i32)->i32");
    expect(lines[0]).toMatch(/^(bltu|bgeu) a0, a1, /);
    expect(lines.join("\n")).not.toContain("sltu");
  });

  it("tests single bits by shifting them to the top", () => {
    const body = `b0:\n ${params(1, "i64")}\n v2: i64 = and v0, 70368744177664:i64\n v3: i32 = eqz v2\n branch v3, b1, b2
      b1 (b0):\n return 1:i32\n b2 (b0):\n return 2:i32`;
    expect(compile(body, "(i64)->i32").join("\n")).toMatch(/slli a5, a0, 17\nb(lt|ge) a5, zero/);
  });

  it("calls a helper for clz without Zbb, and uses the instruction with it", () => {
    const body = `b0:\n ${params(1, "i64")}\n v1: i64 = clz v0\n return v1`;
    expect(compile(body, "(i64)->i64").join("\n")).toContain("__clz64");
    expect(compile(body, "(i64)->i64", { bitmanip: true })).toEqual(["clz a0, a0", RETURN]);
  });
});

describe("memory ordering", () => {
  it("follows the RISC-V mapping for acquire, release and sequential consistency", () => {
    const load = (order: number): string[] =>
      compile(
        `b0:\n ${params(1)}\n v1: i32 = atomicLoad [offset=0 size=4 signed=1 order=${order}] v0\n return v1`,
        "(i32)->i32",
      );
    expect(load(2)).toEqual(["lw a0, 0(a0)", "fence r, rw", RETURN]);
    expect(load(3)).toEqual(["fence rw, rw", "lw a0, 0(a0)", "fence r, rw", RETURN]);
    const store = compile(
      `b0:\n ${params(2)}\n atomicStore [offset=8 size=4 order=1] v0, v1\n return`,
      "(i32,i32)->",
    );
    expect(store).toEqual(["fence rw, w", "sw a1, 8(a0)", RETURN]);
  });

  it("marks read-modify-writes with aq and rl", () => {
    const update = (order: number): string | undefined =>
      compile(
        `b0:\n ${params(2)}\n v2: i32 = atomicUpdate [symbol="swap" offset=0 size=4 order=${order}] v0, v1\n return v2`,
        "(i32,i32)->i32",
      )[0];
    expect([0, 1, 2, 3].map(update)).toEqual([
      "amoswap.w a0, a1, (a0)",
      "amoswap.w.rl a0, a1, (a0)",
      "amoswap.w.aq a0, a1, (a0)",
      "amoswap.w.aqrl a0, a1, (a0)",
    ]);
  });

  it("compares and exchanges in a reservation loop that clobbers no operand", () => {
    const body = `b0:\n ${params(3)}\n v3: i32 = atomicCompareExchange [offset=0 size=4 order=3] v0, v1, v2
      v4: i32 = sub v3, v1\n v5: i32 = add v4, v0\n v6: i32 = xor v5, v2\n return v6`;
    const lines = compile(body, "(i32,i32,i32)->i32");
    const [, old] = /^lr\.w\.aqrl (\w+), \(a0\)$/.exec(lines.find((line) => line.startsWith("lr."))!)!;
    const [, scratch] = /^sc\.w\.rl (\w+), a2, \(a0\)$/.exec(lines.find((line) => line.startsWith("sc."))!)!;
    expect(new Set([old, scratch, "a0", "a1", "a2"]).size).toBe(5);
  });

  it("performs volatile accesses once each, in order, even if results are unused", () => {
    const body = `b0:\n ${params(1, "i64")}
      v1: i32 = volatileLoad [offset=0 size=4 signed=1] v0
      v2: i32 = volatileLoad [offset=0 size=4 signed=1] v0
      volatileStore [offset=0 size=4] v0, 1:i32
      volatileStore [offset=0 size=4] v0, 1:i32
      v3: i64 = csrRead [index=434]
      return`;
    expect(compile(body, "(i64)->").filter((line) => /^(lw|sw|csr)/.test(line))).toEqual([
      "lw zero, 0(a0)",
      "lw zero, 0(a0)",
      expect.stringMatching(/^sw \w+, 0\(a0\)$/),
      expect.stringMatching(/^sw \w+, 0\(a0\)$/),
      "csrrs zero, 0x1b2, zero",
    ]);
  });
});

describe("calls", () => {
  it("passes arguments behind the eighth on the stack, at both ends", () => {
    const body = `b0:\n ${params(10, "i64")}\n v10: i64 = add v8, v9\n return v10`;
    expect(compile(body, `(${Array(10).fill("i64").join(",")})->i64`)).toEqual([
      expect.stringMatching(/^ld \w+, 0\(sp\)$/),
      expect.stringMatching(/^ld \w+, 8\(sp\)$/),
      expect.stringMatching(/^add a0, /),
      RETURN,
    ]);
    const args = Array.from({ length: 10 }, () => "v0").join(", ");
    const caller = compile(
      `b0:\n ${params(1, "i64")}\n call [symbol="f"] ${args}\n v1: i64 = add v0, 1:i64\n return v1`,
      "(i64)->i64",
    );
    expect(caller.filter((line) => /^sd \w+, (0|8)\(sp\)$/.test(line))).toHaveLength(2);
  });

  it("turns a call in front of a return into a jump", () => {
    const body = `b0:\n ${params(1)}\n v1: i32 = call [symbol="f"] v0\n return v1`;
    expect(compile(body, "(i32)->i32")).toEqual([expect.stringMatching(/^tail.* f/)]);
  });

  it("saves callee-saved registers that values live across a call occupy", () => {
    const body = `b0:\n ${params(1)}\n call [symbol="f"]\n return v0`;
    const lines = compile(body, "(i32)->i32");
    expect(lines[0]).toBe("addi sp, sp, -16");
    expect(lines).toContain("sd ra, 8(sp)");
    expect(lines).toContain("sd s0, 0(sp)");
    expect(lines).toContain("ld s0, 0(sp)");
  });

  it("gives an ecall's results to whoever asks", () => {
    const body = `b0:\n ${params(2, "i64")}
      v2: i64 = ecall v0, v1, 0:i64, 0:i64, 0:i64, 0:i64, 0:i64, -5:i64
      v3: i64 = ecallResult [index=1] v2
      v4: i64 = add v2, v3
      return v4`;
    const lines = compile(body, "(i64,i64)->i64");
    expect(lines).toContain("addi a7, zero, -5");
    expect(lines.slice(lines.indexOf("ecall"))).toEqual(["ecall", "add a0, a0, a1", RETURN]);
  });
});

describe("register allocation", () => {
  /** Loads `count` values, calls, then combines them all. */
  const pressure = (count: number): string[] => {
    const loads = Array.from(
      { length: count },
      (_, k) => `v${k + 1}: i64 = load [offset=${8 * k} size=8 signed=1] v0`,
    );
    const sums = Array.from({ length: count - 1 }, (_, k) => {
      const left = k === 0 ? "v1" : `v${1000 + k - 1}`;
      return `v${1000 + k}: i64 = xor ${left}, v${k + 2}`;
    });
    const body = [
      "b0:",
      "v0: i32 = param [index=0]",
      ...loads,
      'call [symbol="f"]',
      ...sums,
      `return v${1000 + count - 2}`,
    ];
    return compile(body.join("\n"), "(i32)->i64");
  };

  it("spills what does not fit and keeps the stack aligned", () => {
    const lines = pressure(40);
    const frame = Number(/^addi sp, sp, -(\d+)$/.exec(lines[0]!)![1]);
    expect(frame % 16).toBe(0);
    expect(lines).toContain(`addi sp, sp, ${frame}`);
  });

  it("reaches the slots of frames beyond 2 KiB", () => {
    const lines = pressure(300);
    const displacements = lines.flatMap((line) => /, (-?\d+)\(sp\)$/.exec(line)?.[1] ?? []).map(Number);
    expect(Math.max(...displacements)).toBeLessThan(2048);
    expect(lines.some((line) => /^add sp, sp, t6$/.test(line))).toBe(true);
  });

  it("swaps values at a loop's end without losing one", () => {
    const body = `b0:\n ${params(2)}\n jump b1
      b1 (b0, b1):
      v2: i32 = phi v0, v3
      v3: i32 = phi v1, v2
      v4: i32 = lts v2, v3
      branch v4, b2, b3
      b2 (b1):\n jump b1x
      b3 (b1):\n return v2`
      .replace("b1 (b0, b1)", "b1 (b0, b2)")
      .replace("b1x", "b1");
    const lines = compile(body, "(i32,i32)->i32");
    expect(lines.filter((line) => /^addi \w+, \w+, 0$/.test(line)).length).toBeGreaterThanOrEqual(3);
  });
});

describe("shrink wrapping", () => {
  const EARLY_EXIT = `b0:
    v0: i32 = param [index=0]
    v1: i32 = param [index=1]
    v2: i32 = load [offset=0 size=4 signed=1] v0
    branch v2, b1, b2
    b1 (b0):
    call [symbol="f"] v1
    v3: i32 = load [offset=4 size=4 signed=1] v0
    return v3
    b2 (b0):
    return 7:i32`;

  it("lets an early exit leave without a frame", () => {
    const lines = compile(EARLY_EXIT, "(i32,i32)->i32");
    expect(lines.slice(0, 1)).toEqual(["lw a5, 0(a0)"]);
    expect(lines.filter((line) => line.startsWith("addi sp, sp, -"))).toHaveLength(1);
    expect(lines.filter((line) => /^addi sp, sp, \d/.test(line))).toHaveLength(1);
    const exit = lines.indexOf("addi a0, zero, 7");
    expect(lines[exit + 1]).toBe(RETURN);
  });

  it("sets up the frame at once where every path needs it", () => {
    const lines = compile(
      EARLY_EXIT.replace("return 7:i32", 'call [symbol="g"]\nreturn v0'),
      "(i32,i32)->i32",
    );
    expect(lines[0]).toMatch(/^addi sp, sp, -/);
  });

  it("does not set up a frame in a loop", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      branch v0, b1, b3
      b1 (b0, b2):
      v1: i32 = load [offset=0 size=4 signed=1] v0
      branch v1, b2, b3
      b2 (b1):
      call [symbol="f"]
      jump b1
      b3 (b0, b1):
      return v0`;
    const lines = compile(body, "(i32)->i32");
    const start = lines.findIndex((line) => line.startsWith("addi sp, sp, -"));
    expect(lines.findIndex((line) => line.startsWith("call") || line.includes(" f"))).toBeGreaterThan(start);
    expect(lines.filter((line) => line.startsWith("addi sp, sp, -"))).toHaveLength(1);
    expect(lines.findIndex((line) => line.startsWith("lw"))).toBeGreaterThan(start);
  });
});

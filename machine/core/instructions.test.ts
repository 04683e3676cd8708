// The unprivileged integer instructions, each against its definition in BigInt arithmetic.
import { describe, expect, it } from "vitest";
import { encode } from "../../compiler/src/assembler/encode";
import { instruction } from "../../compiler/src/assembler/instruction";
import type { Opcode } from "../../compiler/src/assembler/opcodes";
import {
  assemble,
  bareMachine,
  CSR,
  halt,
  PAGE,
  RAM,
  reg,
  runBareProgram,
  runToHalt,
  unsigned,
} from "../tests/bare";

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const s64 = (value: bigint) => BigInt.asIntN(64, value);
const s32 = (value: bigint) => BigInt.asIntN(32, value);
const u32 = (value: bigint) => BigInt.asUintN(32, value);
const bool = (value: boolean) => (value ? 1n : 0n);
const choose = (condition: boolean, a: bigint, b: bigint) => (condition ? a : b);
const bits = (value: bigint, width: number) => value.toString(2).padStart(width, "0");
const leadingZeros = (value: bigint, width: number) => BigInt(`${bits(value, width)}1`.indexOf("1"));
const trailingZeros = (value: bigint, width: number) =>
  BigInt(`${[...bits(value, width)].reverse().join("")}1`.indexOf("1"));
const population = (value: bigint) => BigInt([...bits(value, 1)].filter((bit) => bit === "1").length);
const rotateRight = (value: bigint, by: bigint, width: bigint) => {
  const amount = by % width;
  return (value >> amount) | (value << (width - amount));
};
const bytesOf = (value: bigint) => Array.from({ length: 8 }, (_, i) => (value >> BigInt(8 * i)) & 0xffn);
const divide = (a: bigint, b: bigint) => (b === 0n ? -1n : a / b);
const remainder = (a: bigint, b: bigint) => (b === 0n ? a : a % b);

/** What each register-register instruction computes from unsigned 64-bit operands. */
const BINARY: Partial<Record<Opcode, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  sll: (a, b) => a << (b & 63n),
  slt: (a, b) => bool(s64(a) < s64(b)),
  sltu: (a, b) => bool(a < b),
  xor: (a, b) => a ^ b,
  srl: (a, b) => a >> (b & 63n),
  sra: (a, b) => s64(a) >> (b & 63n),
  or: (a, b) => a | b,
  and: (a, b) => a & b,
  addw: (a, b) => s32(a + b),
  subw: (a, b) => s32(a - b),
  sllw: (a, b) => s32(a << (b & 31n)),
  srlw: (a, b) => s32(u32(a) >> (b & 31n)),
  sraw: (a, b) => s32(a) >> (b & 31n),
  mul: (a, b) => a * b,
  mulh: (a, b) => (s64(a) * s64(b)) >> 64n,
  mulhsu: (a, b) => (s64(a) * b) >> 64n,
  mulhu: (a, b) => (a * b) >> 64n,
  div: (a, b) => divide(s64(a), s64(b)),
  divu: (a, b) => divide(a, b),
  rem: (a, b) => remainder(s64(a), s64(b)),
  remu: (a, b) => remainder(a, b),
  mulw: (a, b) => s32(a * b),
  divw: (a, b) => s32(divide(s32(a), s32(b))),
  divuw: (a, b) => s32(divide(u32(a), u32(b))),
  remw: (a, b) => s32(remainder(s32(a), s32(b))),
  remuw: (a, b) => s32(remainder(u32(a), u32(b))),
  "add.uw": (a, b) => u32(a) + b,
  sh1add: (a, b) => (a << 1n) + b,
  sh2add: (a, b) => (a << 2n) + b,
  sh3add: (a, b) => (a << 3n) + b,
  "sh1add.uw": (a, b) => (u32(a) << 1n) + b,
  "sh2add.uw": (a, b) => (u32(a) << 2n) + b,
  "sh3add.uw": (a, b) => (u32(a) << 3n) + b,
  andn: (a, b) => a & ~b,
  orn: (a, b) => a | ~b,
  xnor: (a, b) => ~(a ^ b),
  max: (a, b) => choose(s64(a) > s64(b), a, b),
  maxu: (a, b) => choose(a > b, a, b),
  min: (a, b) => choose(s64(a) < s64(b), a, b),
  minu: (a, b) => choose(a < b, a, b),
  rol: (a, b) => rotateRight(a, 64n - (b & 63n), 64n),
  ror: (a, b) => rotateRight(a, b & 63n, 64n),
  rolw: (a, b) => s32(rotateRight(u32(a), 32n - (b & 31n), 32n)),
  rorw: (a, b) => s32(rotateRight(u32(a), b & 31n, 32n)),
  bclr: (a, b) => a & ~(1n << (b & 63n)),
  bext: (a, b) => (a >> (b & 63n)) & 1n,
  binv: (a, b) => a ^ (1n << (b & 63n)),
  bset: (a, b) => a | (1n << (b & 63n)),
};

const UNARY: Partial<Record<Opcode, (a: bigint) => bigint>> = {
  clz: (a) => leadingZeros(a, 64),
  ctz: (a) => trailingZeros(a, 64),
  cpop: population,
  clzw: (a) => leadingZeros(u32(a), 32),
  ctzw: (a) => trailingZeros(u32(a), 32),
  cpopw: (a) => population(u32(a)),
  "sext.b": (a) => BigInt.asIntN(8, a),
  "sext.h": (a) => BigInt.asIntN(16, a),
  "zext.h": (a) => a & 0xffffn,
  "orc.b": (a) => bytesOf(a).reduce((sum, byte, i) => sum | (byte ? 0xffn << BigInt(8 * i) : 0n), 0n),
  rev8: (a) => bytesOf(a).reduce((sum, byte) => (sum << 8n) | byte, 0n),
};

/** Immediate forms and the register form with the same meaning. */
const IMMEDIATE: [Opcode, Opcode, number[]][] = [
  ["addi", "add", [0, 1, -1, 2047, -2048]],
  ["slti", "slt", [0, -1, 2047]],
  ["sltiu", "sltu", [0, -1, 1]],
  ["xori", "xor", [-1, 0x555]],
  ["ori", "or", [-2048, 0x555]],
  ["andi", "and", [-1, 0x0f0]],
  ["slli", "sll", [0, 1, 31, 32, 63]],
  ["srli", "srl", [0, 1, 31, 32, 63]],
  ["srai", "sra", [0, 1, 31, 32, 63]],
  ["addiw", "addw", [0, 1, -1, 2047]],
  ["slliw", "sllw", [0, 1, 31]],
  ["srliw", "srlw", [0, 1, 31]],
  ["sraiw", "sraw", [0, 1, 31]],
  ["rori", "ror", [0, 1, 33, 63]],
  ["roriw", "rorw", [0, 1, 31]],
  ["bclri", "bclr", [0, 31, 63]],
  ["bexti", "bext", [0, 31, 63]],
  ["binvi", "binv", [0, 31, 63]],
  ["bseti", "bset", [0, 31, 63]],
];

const OPERANDS = [
  0n,
  1n,
  2n,
  31n,
  32n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x0123_4567_89ab_cdefn,
  0x00ff_0000_1000_0001n,
  1n << 63n,
  (1n << 63n) - 1n,
  unsigned(-1),
  unsigned(-2),
];

/** Runs one instruction for each set of a0 and a1, and gives back what it left in a2. */
async function results(word: number, operands: readonly (readonly [bigint, bigint])[]): Promise<bigint[]> {
  const machine = await bareMachine((a) => a.nop());
  machine.memory.write(
    RAM,
    assemble((a) => {
      a.word(word);
      halt(a);
    }),
  );
  const [hart] = machine.harts;
  return operands.map(([first, second]) => {
    hart!.setX(reg.a0, first);
    hart!.setX(reg.a1, second);
    hart!.start(BigInt(RAM), 3);
    runToHalt(machine);
    return hart!.x(reg.a2);
  });
}

const PAIRS = OPERANDS.flatMap((a) => OPERANDS.map((b) => [a, b] as const));

describe("register-register instructions", () => {
  for (const [op, model] of Object.entries(BINARY) as [Opcode, (a: bigint, b: bigint) => bigint][])
    it(`${op} computes its definition`, async () => {
      const word = encode(instruction(op, { rd: reg.a2, rs1: reg.a0, rs2: reg.a1 }));
      expect(await results(word, PAIRS)).toEqual(PAIRS.map(([a, b]) => u64(model(a, b))));
    });
});

describe("register instructions with one operand", () => {
  for (const [op, model] of Object.entries(UNARY) as [Opcode, (a: bigint) => bigint][])
    it(`${op} computes its definition`, async () => {
      const word = encode(instruction(op, { rd: reg.a2, rs1: reg.a0 }));
      const operands = OPERANDS.map((a) => [a, 0n] as const);
      expect(await results(word, operands)).toEqual(operands.map(([a]) => u64(model(a))));
    });
});

describe("immediate instructions", () => {
  for (const [op, same, immediates] of IMMEDIATE)
    it(`${op} does with its immediate what ${same} does with a register`, async () => {
      for (const imm of immediates) {
        const word = encode(instruction(op, { rd: reg.a2, rs1: reg.a0, imm }));
        const operands = OPERANDS.map((a) => [a, 0n] as const);
        const expected = operands.map(([a]) => u64(BINARY[same]!(a, unsigned(imm))));
        expect(await results(word, operands), `immediate ${imm}`).toEqual(expected);
      }
    });

  it("slli.uw shifts the zero-extended word", async () => {
    const word = encode(instruction("slli.uw", { rd: reg.a2, rs1: reg.a0, imm: 40 }));
    expect(await results(word, [[unsigned(-1), 0n]])).toEqual([0xff_ffff_0000_000000n & ((1n << 64n) - 1n)]);
  });
});

describe("x0", () => {
  it("stays zero whatever is written to it", async () => {
    const machine = await runBareProgram((a) => {
      a.li(reg.t0, 5);
      a.li(reg.t1, RAM);
      a.add(reg.zero, reg.t0, reg.t0);
      a.lw(reg.zero, reg.t1, 0);
      a.jal(reg.zero, "next");
      a.label("next");
      a.csrrw(reg.zero, CSR.mscratch, reg.t0);
      a.mul(reg.zero, reg.t0, reg.t0);
      a.add(reg.a0, reg.zero, reg.zero);
      halt(a);
    });
    expect(machine.harts[0]!.x(0)).toBe(0n);
    expect(machine.harts[0]!.x(reg.a0)).toBe(0n);
  });
});

describe("control flow", () => {
  it("jalr clears bit 0 of its target and may use its own link register", async () => {
    const machine = await runBareProgram((a) => {
      a.la(reg.ra, "target");
      a.jalr(reg.ra, reg.ra, 1);
      a.li(reg.a0, 1);
      halt(a);
      a.global("target");
      a.label("target");
      a.li(reg.a0, 2);
      halt(a);
    });
    expect(machine.harts[0]!.x(reg.a0)).toBe(2n);
    expect(machine.harts[0]!.x(reg.ra)).toBe(BigInt(RAM) + 12n);
  });

  it("runs on from one page to the next, also when an instruction lies across the border", async () => {
    const machine = await bareMachine((a) => a.nop());
    const straddling = encode(instruction("addi", { rd: reg.a0, rs1: reg.a0, imm: 77 }));
    const border = RAM + PAGE;
    machine.memory.write(border - 4, new Uint8Array([0x01, 0x00])); // c.nop
    machine.memory.write(border - 2, new Uint8Array(new Uint32Array([straddling]).buffer));
    machine.memory.write(border + 2, new Uint8Array([0x05, 0x05])); // c.addi a0, 1
    machine.memory.write(
      border + 4,
      assemble((a) => halt(a)),
    );
    for (const start of [border - 4, border - 2]) {
      machine.harts[0]!.setX(reg.a0, 0n);
      machine.harts[0]!.start(BigInt(start), 3);
      runToHalt(machine);
      expect(machine.harts[0]!.x(reg.a0)).toBe(78n);
    }
  });

  it("executes what was stored into code after fence.i", async () => {
    const machine = await runBareProgram((a) => {
      a.la(reg.t0, "patched");
      a.li(reg.t1, encode(instruction("addi", { rd: reg.a0, rs1: reg.zero, imm: 9 })));
      a.call("patched");
      a.mv(reg.a1, reg.a0);
      a.sw(reg.t1, reg.t0, 0);
      a.fenceI();
      a.call("patched");
      halt(a);
      a.global("patched");
      a.li(reg.a0, 3);
      a.ret();
    });
    expect(machine.harts[0]!.x(reg.a1)).toBe(3n);
    expect(machine.harts[0]!.x(reg.a0)).toBe(9n);
  });
});

describe("compressed instructions", () => {
  /** Encodings from the specification's tables, with what they do to a0 = 5, a1 = 7. */
  const cases: [string, number, bigint][] = [
    ["c.li a0, -3", 0x5575, unsigned(-3)],
    ["c.addi a0, 6", 0x0519, 11n],
    ["c.addiw a0, -6", 0x3569, unsigned(-1)],
    ["c.lui a0, 0xfffe1", 0x7505, unsigned(-0x1f000)],
    ["c.slli a0, 33", 0x1506, 5n << 33n],
    ["c.srli a0, 1", 0x8105, 2n],
    ["c.srai a0, 1", 0x8505, 2n],
    ["c.andi a0, 4", 0x8911, 4n],
    ["c.mv a0, a1", 0x852e, 7n],
    ["c.add a0, a1", 0x952e, 12n],
    ["c.sub a0, a1", 0x8d0d, unsigned(-2)],
    ["c.xor a0, a1", 0x8d2d, 2n],
    ["c.or a0, a1", 0x8d4d, 7n],
    ["c.and a0, a1", 0x8d6d, 5n],
    ["c.subw a0, a1", 0x9d0d, unsigned(-2)],
    ["c.addw a0, a1", 0x9d2d, 12n],
  ];
  for (const [text, half, expected] of cases)
    it(`${text}`, async () => {
      const machine = await bareMachine((a) => {
        a.word((half | (0x0001 << 16)) >>> 0); // the instruction, then c.nop
        halt(a);
      });
      machine.harts[0]!.setX(reg.a0, 5n);
      machine.harts[0]!.setX(reg.a1, 7n);
      runToHalt(machine);
      expect(machine.harts[0]!.x(reg.a0)).toBe(expected);
    });
});

describe("illegal instructions", () => {
  const words: [string, number, bigint][] = [
    ["all zeros (16 bits)", 0x0000_0000, 0n],
    ["all ones", 0xffff_ffff, 0xffff_ffffn],
    ["c.addiw to x0", 0x2001, 0x2001n],
    ["c.lwsp to x0", 0x4002, 0x4002n],
    ["c.fld", 0x2000, 0x2000n],
    ["a load of a reserved width", 0x0000_7003, 0x7003n],
    ["a store of a reserved width", 0x0000_4023, 0x4023n],
    ["a branch with funct3 2", 0x0000_2063, 0x2063n],
    ["slli with a reserved upper part", 0x0400_1013 | (1 << 28), 0x1400_1013n],
    ["an OP with funct7 0x7f", 0xfe00_0033, 0xfe00_0033n],
    ["flw", 0x0000_2007, 0x2007n],
    ["fadd.s", 0x0000_0053, 0x53n],
    ["an AMO with a reserved function", 0x2800_202f, 0x2800_202fn],
    ["a uipi with a reserved function", 0x0a00_607b, 0x0a00_607bn],
    ["dret", 0x7b20_0073, 0x7b20_0073n],
  ];
  for (const [what, word, trapValue] of words)
    it(`${what} traps with its bits as trap value`, async () => {
      const machine = await bareMachine((a) => {
        a.la(reg.t0, "handler");
        a.csrw(CSR.mtvec, reg.t0);
        a.global("culprit");
        a.word(word >>> 0);
        a.align(4);
        a.global("handler");
        halt(a);
      });
      runToHalt(machine);
      const [hart] = machine.harts;
      expect([hart!.csr(CSR.mcause), hart!.csr(CSR.mtval), hart!.csr(CSR.mepc)]).toEqual([
        2n,
        trapValue,
        BigInt(RAM) + 12n,
      ]);
    });
});

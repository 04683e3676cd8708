import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emitSection } from "../link/emit";
import { placeSection } from "../link/place";
import { Assembler } from "./assembler";
import { compress } from "./compress";
import { disassemble } from "./disassemble";
import { encode } from "./encode";
import { type Fragment, type Instruction, instruction } from "./instruction";
import { type Encoding, OPCODES, type Opcode } from "./opcodes";
import { FIRST_FLOAT, freg, reg } from "./registers";

const noSymbols = (symbol: string): bigint => {
  throw new Error(`unexpected symbol ${symbol}`);
};
const assemble = (fragment: Fragment, compressed: boolean): Uint8Array =>
  emitSection(placeSection([fragment], compressed), 0n, noSymbols);

const gnuAssembler = (() => {
  try {
    execFileSync("riscv64-linux-gnu-as", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Machine code that GNU as produces for assembly text at address 0. */
function gnuAssemble(text: string, march: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "rel4-as-"));
  try {
    const [source, object, binary] = ["t.s", "t.o", "t.bin"].map((file) => join(directory, file));
    writeFileSync(source!, `.option nopic\n.option norelax\n${text}\n`);
    execFileSync("riscv64-linux-gnu-as", [`-march=${march}`, "-o", object!, source!], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    execFileSync("riscv64-linux-gnu-objcopy", ["-O", "binary", "-j", ".text", object!, binary!]);
    return readFileSync(binary!);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const REGISTERS = [0, 1, 2, 5, 8, 10, 15, 16, 31];
const IMMEDIATES = [
  -2048, -512, -496, -33, -32, -16, -1, 0, 1, 4, 8, 16, 31, 32, 64, 124, 128, 248, 252, 256, 496, 504, 508,
  512, 1020, 2047,
];

/** Instructions of one opcode with a spread of operands (the ones GNU as can write). */
function samples(op: Opcode): Instruction[] {
  const { format, floats = [] } = OPCODES[op] as Encoding;
  const pick = <T>(values: readonly T[], index: number) => values[index % values.length]!;
  const amount = format === "shiftW" ? 31 : 63;
  const imm = (index: number): number => {
    switch (format) {
      case "I":
      case "load":
      case "store":
        return pick(IMMEDIATES, index);
      case "shift":
      case "shiftW":
        return pick([1, 5, 31, amount], index);
      case "U":
        return pick([1, 31, 32, 0xfffe0, 0xfffff, 0x80000], index);
      case "csr":
      case "csrImm":
        return pick([0x300, 0x180, 0xc00], index);
      case "atomic":
      case "loadReserved":
        return index & 3;
      case "rounded":
      case "roundedUnary":
      case "fused":
        return pick([0, 1, 2, 3, 4, 7], index);
      case "fence":
        return pick([0x33, 0x11, 0x21, 0xff], index);
      default:
        return 0;
    }
  };
  const result: Instruction[] = [];
  for (let index = 0; index < 400; index++) {
    const rd = pick(REGISTERS, index * 7 + Math.floor(index / 9));
    const rs1 = index % 3 === 0 ? rd : pick(REGISTERS, index * 5 + 1);
    const rs2 = pick(REGISTERS, index * 3 + 2);
    const rs3 = format === "fused" ? pick(REGISTERS, index * 11 + 3) : 0;
    const item = instruction(op, { rd, rs1, rs2, rs3, imm: imm(index) });
    if (format === "unary" || format === "roundedUnary") item.rs2 = 0;
    for (const operand of floats) item[operand]! += FIRST_FLOAT;
    result.push(item);
  }
  return result;
}

describe("encoding", () => {
  it.each([
    ["addi sp, sp, -16", instruction("addi", { rd: 2, rs1: 2, imm: -16 }), 0xff010113],
    ["ld a0, 8(sp)", instruction("ld", { rd: 10, rs1: 2, imm: 8 }), 0x00813503],
    ["sd ra, -8(s0)", instruction("sd", { rs2: 1, rs1: 8, imm: -8 }), 0xfe143c23],
    ["lui t0, 0x80000", instruction("lui", { rd: 5, imm: 0x80000 }), 0x800002b7],
    ["amoadd.w.aqrl a0, a1, (a2)", instruction("amoadd.w", { rd: 10, rs2: 11, rs1: 12, imm: 3 }), 0x06b6252f],
    ["sret", instruction("sret"), 0x10200073],
    ["uret", instruction("uret"), 0x00200073],
    ["uipi.send a0", instruction("uipi.send", { rs1: 10 }), 0x0005607b],
    ["uipi.read a0", instruction("uipi.read", { rd: 10 }), 0x0200657b],
    ["uipi.write t0", instruction("uipi.write", { rs1: 5 }), 0x0402e07b],
    ["uipi.activate", instruction("uipi.activate"), 0x0600607b],
    ["uipi.deactivate", instruction("uipi.deactivate"), 0x0800607b],
    ["sfence.vma zero, zero", instruction("sfence.vma"), 0x12000073],
    ["fld fa0, 8(a1)", instruction("fld", { rd: freg.fa0, rs1: reg.a1, imm: 8 }), 0x0085b507],
    [
      "fmul.s ft0, fs1, fa7, rne",
      instruction("fmul.s", { rd: freg.ft0, rs1: freg.fs1, rs2: freg.fa7 }),
      0x11148053,
    ],
    ["fcvt.w.d a0, fa0, rtz", instruction("fcvt.w.d", { rd: reg.a0, rs1: freg.fa0, imm: 1 }), 0xc2051553],
  ])("of %s is the word of the specification", (text, item, word) => {
    expect(encode(item).toString(16)).toBe(word.toString(16));
    expect(disassemble(item)).toBe(text);
  });

  it.each([
    ["c.mv a0, a1", instruction("addi", { rd: 10, rs1: 11 }), 0x852e],
    ["c.li a0, -1", instruction("addi", { rd: 10, imm: -1 }), 0x557d],
    ["c.addi16sp -64", instruction("addi", { rd: 2, rs1: 2, imm: -64 }), 0x7139],
    ["c.sdsp ra, 8", instruction("sd", { rs1: 2, rs2: 1, imm: 8 }), 0xe406],
    ["c.jr ra", instruction("jalr", { rs1: 1 }), 0x8082],
    ["c.unimp", instruction("unimp"), 0x0000],
    ["c.fldsp ft0, 8", instruction("fld", { rd: freg.ft0, rs1: reg.sp, imm: 8 }), 0x2022],
    ["c.fsd fa0, 16(a1)", instruction("fsd", { rs2: freg.fa0, rs1: reg.a1, imm: 16 }), 0xa988],
  ])("of %s is the 16-bit word of the specification", (_, item, word) => {
    expect(compress(item)!.toString(16)).toBe(word.toString(16));
  });

  it("refuses immediates that do not fit", () => {
    expect(() => encode(instruction("addi", { imm: 2048 }))).toThrow(
      /addi.*2048 does not fit 12 signed bits/,
    );
    expect(() => encode(instruction("slli", { imm: 64 }))).toThrow(/does not fit/);
    expect(() => encode(instruction("slliw", { imm: 32 }))).toThrow(/does not fit/);
    expect(() => encode(instruction("beq"), 4096)).toThrow(/does not fit/);
  });

  it("refuses registers of the wrong class", () => {
    expect(() => encode(instruction("fadd.d", { rd: freg.fa0, rs1: reg.a0, rs2: freg.fa1 }))).toThrow(
      /fadd\.d.*rs1 = a0 is not a floating-point register/,
    );
    expect(() => encode(instruction("add", { rd: reg.a0, rs1: reg.a0, rs2: freg.fa1 }))).toThrow(
      /rs2 = fa1 is not an integer register/,
    );
  });

  it.skipIf(!gnuAssembler)(
    "agrees with GNU as on every opcode (skipped without riscv64-linux-gnu-as)",
    () => {
      const items = (Object.keys(OPCODES) as Opcode[])
        .filter(
          (op) =>
            !op.startsWith("uipi") && op !== "uret" && op !== "unimp" && op !== "pause" && op !== "jalr",
        )
        .filter((op) => !["branch", "jump", "pseudo"].includes((OPCODES[op] as Encoding).format))
        .flatMap((op) => samples(op));
      const text = items.map(disassemble).join("\n");
      for (const base of ["rv64imafd", "rv64imafdc"]) {
        const march = `${base}_zicsr_zifencei_zba_zbb_zbs_zawrs`;
        const compressed = base === "rv64imafdc";
        const expected = gnuAssemble(text, march);
        let at = 0;
        for (const item of items) {
          const short = compressed ? compress(item) : undefined;
          const ours = short ?? encode(item);
          const size = (expected[at]! & 3) === 3 ? 4 : 2;
          const view = new DataView(expected.buffer, expected.byteOffset + at, size);
          const theirs = size === 4 ? view.getUint32(0, true) : view.getUint16(0, true);
          if (ours !== theirs) {
            throw new Error(
              `${march} ${disassemble(item)}: ours ${ours.toString(16)}, as ${theirs.toString(16)}`,
            );
          }
          at += size;
        }
        expect(at).toBe(expected.length);
      }
    },
  );
});

describe("branches", () => {
  /** A forward and a backward branch of each kind over `gap` instructions. */
  function program(gap: number): { fragment: Fragment; text: string } {
    const a = new Assembler("f");
    const text = ["back:"];
    a.label("back");
    for (const op of ["beq", "bne", "blt", "bgeu"] as const) {
      a[op](reg.a0, reg.zero, "forward");
      text.push(`${op} a0, zero, forward`);
    }
    a.j("forward");
    text.push("j forward");
    for (let index = 0; index < gap; index++) {
      a.xori(reg.t0, reg.t0, 1);
      text.push("xori t0, t0, 1");
    }
    a.bne(reg.s0, reg.zero, "back");
    a.blt(reg.t0, reg.t1, "back");
    text.push("bne s0, zero, back", "blt t0, t1, back", "forward: ret");
    a.label("forward");
    a.ret();
    return { fragment: a.finish(), text: text.join("\n") };
  }

  it.skipIf(!gnuAssembler).each([0, 10, 55, 60, 500, 1010, 1030, 3000])(
    "over %i instructions are as GNU as relaxes them (skipped without riscv64-linux-gnu-as)",
    (gap) => {
      const { fragment, text } = program(gap);
      for (const [march, compressed] of [
        ["rv64ima", false],
        ["rv64imac", true],
      ] as const) {
        const theirs = gnuAssemble(text, march);
        const difference = assemble(fragment, compressed).findIndex((byte, index) => byte !== theirs[index]);
        expect(difference, `${march}: first differing byte`).toBe(-1);
      }
    },
  );

  it("beyond 4 KiB become an inverted branch over a jump", () => {
    const { fragment } = program(2000);
    const bytes = assemble(fragment, false);
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(0, true)).toBe(encode(instruction("bne", { rs1: reg.a0 }), 8));
    expect(view.getUint32(4, true) & 0xfff).toBe(0x06f);
  });

  it("to a label nobody defines are refused when the fragment is finished", () => {
    const a = new Assembler("f");
    a.j("nowhere");
    expect(() => a.finish()).toThrow(/label nowhere is not defined/);
  });
});

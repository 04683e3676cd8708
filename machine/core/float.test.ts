// What surrounds floating-point arithmetic: mstatus.FS, fcsr, reserved encodings, loads and stores. (Unprivileged specification,
// chapters "F", "D" and "C"; privileged specification, "Extension Context Status in mstatus Register".) Results and flags of the
// arithmetic itself: tests/float.test.ts.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import { type Assembler, bareMachine, CSR, halt, MSTATUS, PAGE, RAM, reg, runToHalt } from "../tests/bare";
import { cDouble, cFldsp, cFsdsp } from "../tests/differential/compressed";
import { floatLoad, floatOperation, floatStore } from "../tests/float/encode";
import { SINGLE } from "../tests/float/numbers";
import { OPERATIONS, withRounding } from "../tests/float/operations";

const DATA = RAM + 0x8000;
const CODE = RAM + 0x4000;
const BOX = 0xffff_ffffn << 32n;
const PATTERN = 0x8899_aabb_ccdd_eeffn;
const SIGNALING_NAN = 0x7ff0_0000_0000_0001n;
const ONE = 0x3ff0_0000_0000_0000n;
const THREE = 0x4008_0000_0000_0000n;
const FS = { off: 0n, initial: 1n << 13n, clean: 2n << 13n, dirty: 3n << 13n } as const;
const ILLEGAL = 2n;
const LOAD_ACCESS = 5n;
const STORE_ACCESS = 7n;
const LOAD_PAGE = 13n;
const ROUNDING = OPERATIONS.filter(({ isRounding }) => isRounding);
const DYNAMIC = 7;

/** An access of each kind: to the address in a0, f10 loaded or stored. */
const ACCESSES = [floatLoad("w", 10, reg.a0, 0), floatLoad("d", 10, reg.a0, 0)].concat([
  floatStore("w", 10, reg.a0, 0),
  floatStore("d", 10, reg.a0, 0),
]);

const ADD = floatOperation("fadd.d");

/** A machine whose traps end its program; `words` are what it executes. */
async function machineFor(words: readonly number[], options = {}): Promise<Machine> {
  const machine = await bareMachine((a) => {
    a.align(4);
    a.global("handler");
    halt(a);
  }, options);
  put(machine, CODE, words);
  return machine;
}

const WFI = 0x1050_0073;
function put(machine: Machine, address: number, words: readonly number[]): void {
  [...words, WFI].forEach((word, index) => {
    machine.memory.writeU32(address + 4 * index, word);
  });
}

interface Start {
  fs?: bigint;
  fcsr?: bigint;
  at?: number;
  address?: number;
  registers?: Record<number, bigint>;
}

/** Executes what is at `at`; afterwards mcause is 0 unless something trapped. */
function start(
  machine: Machine,
  { fs = FS.dirty, fcsr = 0n, at = CODE, address = DATA, registers = {} }: Start = {},
) {
  const [hart] = machine.harts;
  hart!.setCsr(CSR.mtvec, BigInt(RAM));
  hart!.setCsr(CSR.mcause, 0n);
  hart!.setCsr(CSR.mtval, 0n);
  hart!.setCsr(CSR.fcsr, fcsr);
  for (const [index, value] of Object.entries(registers)) hart!.setF(Number(index), value);
  hart!.setCsr(CSR.mstatus, fs);
  hart!.setX(reg.a0, BigInt(address));
  hart!.start(BigInt(at), 3);
  runToHalt(machine);
  return hart!;
}

const fsOf = (hart: { csr(number: number): bigint }): bigint => hart.csr(CSR.mstatus) & MSTATUS.FS;

describe("while mstatus.FS is Off", () => {
  it("is the state after power-on, with all registers zero", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    expect(hart!.csr(CSR.mstatus) & (MSTATUS.FS | MSTATUS.SD)).toBe(0n);
    expect(hart!.csr(CSR.fcsr)).toBe(0n);
    expect(Array.from({ length: 32 }, (_, index) => hart!.f(index))).toEqual(Array(32).fill(0n));
  });

  it("every instruction is illegal, and its bits are the trap value", async () => {
    const machine = await machineFor([]);
    for (const word of [...OPERATIONS.map(({ word }) => word), ...ACCESSES]) {
      put(machine, CODE, [word]);
      const hart = start(machine, { fs: FS.off });
      expect([hart.csr(CSR.mcause), hart.csr(CSR.mtval)], word.toString(16)).toEqual([ILLEGAL, BigInt(word)]);
    }
  });

  it("the compressed ones as well, with their 16 bits", async () => {
    const machine = await machineFor([]);
    const short = [
      cDouble(1, 10, reg.a0, 8), // c.fld
      cDouble(5, 10, reg.a0, 8), // c.fsd
      cFldsp(10, 8),
      cFsdsp(10, 8),
    ];
    for (const half of short) {
      put(machine, CODE, [half]);
      const hart = start(machine, { fs: FS.off });
      expect([hart.csr(CSR.mcause), hart.csr(CSR.mtval)], half.toString(16)).toEqual([ILLEGAL, BigInt(half)]);
    }
  });

  it("also those that cross a page", async () => {
    const machine = await machineFor([]);
    for (const word of [ADD, ...ACCESSES]) {
      const at = CODE + PAGE - 2;
      put(machine, at, [word]);
      const hart = start(machine, { fs: FS.off, at });
      expect([hart.csr(CSR.mcause), hart.csr(CSR.mtval)], word.toString(16)).toEqual([ILLEGAL, BigInt(word)]);
    }
  });

  it("fflags, frm and fcsr are illegal to read and to write", async () => {
    const machine = await machineFor([]);
    for (const csr of [CSR.fflags, CSR.frm, CSR.fcsr])
      for (const funct3 of [1, 2]) {
        const word = ((csr << 20) | (funct3 << 12) | 0x73) >>> 0;
        put(machine, CODE, [word]);
        expect(start(machine, { fs: FS.off }).csr(CSR.mcause)).toBe(ILLEGAL);
        expect(start(machine, { fs: FS.initial }).csr(CSR.mcause)).toBe(0n);
      }
  });
});

describe("mstatus.FS", () => {
  it("is seen in sstatus, with SD while it is Dirty", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    for (const fs of Object.values(FS)) {
      hart!.setCsr(CSR.sstatus, fs);
      for (const csr of [CSR.mstatus, CSR.sstatus])
        expect(hart!.csr(csr) & (MSTATUS.FS | MSTATUS.SD)).toBe(fs === FS.dirty ? fs | MSTATUS.SD : fs);
    }
    hart!.setCsr(CSR.mstatus, MSTATUS.SD);
    expect(hart!.csr(CSR.mstatus) & MSTATUS.SD).toBe(0n);
  });

  it("becomes Dirty by every instruction that writes an f register", async () => {
    const machine = await machineFor([]);
    const writers = OPERATIONS.filter(({ writes }) => writes === "f").map(({ word }) => word);
    for (const word of [...writers, ...ACCESSES.slice(0, 2)])
      for (const fs of [FS.initial, FS.clean]) {
        put(machine, CODE, [word]);
        expect(fsOf(start(machine, { fs })), word.toString(16)).toBe(FS.dirty);
      }
  });

  it("stays Clean by what only reads f registers, unless a flag is raised", async () => {
    const machine = await machineFor([]);
    for (const { word, name, source, writes } of OPERATIONS) {
      if (writes === "f") continue;
      put(machine, CODE, [word]);
      const one = source === SINGLE ? BOX | 0x3f80_0000n : ONE;
      expect(fsOf(start(machine, { fs: FS.clean, registers: { 1: one, 2: one } })), name).toBe(FS.clean);
    }
    for (const word of ACCESSES.slice(2)) {
      put(machine, CODE, [word]);
      expect(fsOf(start(machine, { fs: FS.clean })), word.toString(16)).toBe(FS.clean);
    }
    put(machine, CODE, [floatOperation("feq.d")]);
    const hart = start(machine, { fs: FS.clean, registers: { 1: SIGNALING_NAN } });
    expect([fsOf(hart), hart.csr(CSR.fflags)]).toEqual([FS.dirty, 16n]);
  });

  it("becomes Dirty by a write of fcsr, not by a read", async () => {
    const machine = await machineFor([]);
    for (const csr of [CSR.fflags, CSR.frm, CSR.fcsr]) {
      put(machine, CODE, [((csr << 20) | (2 << 12) | 0x73) >>> 0]);
      expect(fsOf(start(machine, { fs: FS.clean }))).toBe(FS.clean);
      put(machine, CODE, [((csr << 20) | (1 << 12) | 0x73) >>> 0]);
      expect(fsOf(start(machine, { fs: FS.clean }))).toBe(FS.dirty);
    }
  });

  it("is left alone by a load that faults", async () => {
    const machine = await machineFor([floatLoad("d", 10, reg.a0, 0)]);
    const hart = start(machine, { fs: FS.clean, address: 0x500, registers: { 10: PATTERN } });
    expect([hart.csr(CSR.mcause), hart.csr(CSR.mtval), fsOf(hart), hart.f(10)]).toEqual([
      LOAD_ACCESS,
      0x500n,
      FS.clean,
      PATTERN,
    ]);
  });
});

describe("fcsr", () => {
  it("holds frm and fflags and nothing else", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.fcsr, (1n << 64n) - 1n);
    expect([hart!.csr(CSR.fcsr), hart!.csr(CSR.frm), hart!.csr(CSR.fflags)]).toEqual([0xffn, 7n, 31n]);
    hart!.setCsr(CSR.frm, 0x1_0002n);
    expect(hart!.csr(CSR.fcsr)).toBe(0x5fn);
    hart!.setCsr(CSR.fflags, 0x1_0001n);
    expect(hart!.csr(CSR.fcsr)).toBe(0x41n);
  });

  it("gathers flags: what one instruction raises the next does not take back", async () => {
    const machine = await machineFor([floatOperation("fdiv.d"), floatOperation("fadd.d")]);
    const hart = start(machine, { registers: { 1: ONE, 2: THREE } });
    expect(hart.csr(CSR.fflags)).toBe(1n);
  });
});

describe("rounding modes", () => {
  it("5 and 6 in an instruction are illegal", async () => {
    const machine = await machineFor([]);
    for (const { word, name } of ROUNDING)
      for (const rm of [5, 6]) {
        put(machine, CODE, [withRounding(word, rm)]);
        expect(start(machine).csr(CSR.mcause), name).toBe(ILLEGAL);
      }
  });

  it("5, 6 and 7 in frm are illegal where an instruction asks for it, and nowhere else", async () => {
    const machine = await machineFor([]);
    for (const { word, name, isRounding } of OPERATIONS)
      for (const frm of [5n, 6n, 7n]) {
        put(machine, CODE, [word]);
        expect(start(machine, { fcsr: frm << 5n }).csr(CSR.mcause), name).toBe(0n);
        if (!isRounding) continue;
        put(machine, CODE, [withRounding(word, DYNAMIC)]);
        const hart = start(machine, { fcsr: frm << 5n, fs: FS.clean });
        expect([hart.csr(CSR.mcause), fsOf(hart)], name).toEqual([ILLEGAL, FS.clean]);
      }
  });
});

describe("reserved encodings are illegal:", () => {
  const [, , mul] = OPERATIONS;
  it.each([
    ["the formats half and quad", [ADD ^ (3 << 25), ADD | (3 << 25), mul!.word | (2 << 25)]],
    ["a square root with rs2", [floatOperation("fsqrt.d") | (1 << 20)]],
    [
      "a class or move with rs2",
      [floatOperation("fclass.d") | (1 << 20), floatOperation("fmv.x.d") | (2 << 20)],
    ],
    ["a conversion to the same format", [floatOperation("fcvt.d.s") | (1 << 20)]],
    [
      "a conversion of an unknown integer",
      [floatOperation("fcvt.w.d") | (4 << 20), floatOperation("fcvt.d.w") | (8 << 20)],
    ],
    [
      "the fourth comparison, sign and extreme",
      ["feq.d", "fsgnj.d", "fmin.d"].map((name) => floatOperation(name) | (3 << 12)),
    ],
    [
      "loads and stores of other widths",
      [0, 1, 4, 7].flatMap((width) => [0x07, 0x27].map((opcode) => (10 << 15) | (width << 12) | opcode)),
    ],
  ])("%s", async (_, words) => {
    const machine = await machineFor([]);
    for (const word of words) {
      put(machine, CODE, [word >>> 0]);
      const hart = start(machine);
      expect([hart.csr(CSR.mcause), hart.csr(CSR.mtval)], word.toString(16)).toEqual([
        ILLEGAL,
        BigInt(word >>> 0),
      ]);
    }
  });
});

describe("loads and stores", () => {
  it("flw boxes what it loads, at every alignment and across pages", async () => {
    const machine = await machineFor([floatLoad("w", 10, reg.a0, 0)]);
    for (let shift = -8; shift <= 8; shift++) {
      const address = DATA + PAGE + shift;
      machine.memory.writeU64(address, PATTERN);
      expect(start(machine, { address }).f(10)).toBe(BOX | (PATTERN & 0xffff_ffffn));
    }
  });

  it("fld loads 64 bits, at every alignment and across pages", async () => {
    const machine = await machineFor([floatLoad("d", 10, reg.a0, 0)]);
    for (let shift = -8; shift <= 8; shift++) {
      const address = DATA + PAGE + shift;
      machine.memory.writeU64(address, PATTERN);
      expect(start(machine, { address }).f(10)).toBe(PATTERN);
    }
  });

  it("fsw and fsd store the low bits as they are, boxed or not, and nothing else", async () => {
    for (const [width, bits] of [
      ["w", 32n],
      ["d", 64n],
    ] as const) {
      const machine = await machineFor([floatStore(width, 10, reg.a0, 0)]);
      for (let shift = -8; shift <= 8; shift++) {
        const address = DATA + PAGE + shift;
        machine.memory.writeU64(address, 0n);
        for (const fs of [FS.clean, FS.dirty]) start(machine, { address, fs, registers: { 10: PATTERN } });
        expect(machine.memory.readU64(address)).toBe(BigInt.asUintN(Number(bits), PATTERN));
      }
    }
  });

  it("the compressed ones reach what their offsets say", async () => {
    const machine = await machineFor([]);
    machine.memory.writeU64(DATA + 8 * 31, PATTERN);
    put(machine, CODE, [cDouble(1, 9, reg.a0, 8 * 31)]); // c.fld f9, 248(a0)
    expect(start(machine).f(9)).toBe(PATTERN);
    put(machine, CODE, [cDouble(5, 9, reg.a0, 8 * 21)]); // c.fsd f9, 168(a0)
    start(machine);
    expect(machine.memory.readU64(DATA + 8 * 21)).toBe(PATTERN);
  });

  it("reach devices by aligned accesses, and fault where there is none", async () => {
    const mtimecmp = 0x200_4000;
    const machine = await machineFor([floatStore("d", 10, reg.a0, 0), floatLoad("d", 11, reg.a0, 0)]);
    expect(start(machine, { address: mtimecmp, registers: { 10: PATTERN } }).f(11)).toBe(PATTERN);
    put(machine, CODE, [floatStore("w", 10, reg.a0, 0)]);
    for (const address of [mtimecmp + 2, 0x500]) {
      const hart = start(machine, { address });
      expect([hart.csr(CSR.mcause), hart.csr(CSR.mtval)]).toEqual([STORE_ACCESS, BigInt(address)]);
    }
  });

  it("are translated and fault like those of integers", async () => {
    const table = RAM + 0x2_0000;
    const machine = await machineFor([floatLoad("w", 10, reg.a0, 0)]);
    machine.memory.writeU64(table + 8 * 2, (BigInt((RAM >>> 12) << 10) & 0xffff_ffffn) | 0xcfn); // RAM as it is
    const [hart] = machine.harts;
    hart!.setCsr(CSR.satp, (8n << 60n) | BigInt(table >>> 12));
    hart!.setCsr(CSR.medeleg, 0n);
    hart!.setCsr(CSR.mtvec, BigInt(RAM));
    hart!.setCsr(CSR.mstatus, FS.dirty);
    for (const [address, cause] of [
      [DATA, ILLEGAL], // of the word behind the load
      [0x4000_0000, LOAD_PAGE],
    ] as const) {
      machine.memory.writeU32(CODE + 4, 0);
      machine.memory.writeU32(DATA, 0x1234_5678);
      hart!.setX(reg.a0, BigInt(address));
      hart!.start(BigInt(CODE), 1);
      runToHalt(machine);
      expect(hart!.csr(CSR.mcause)).toBe(cause);
      expect(hart!.f(10)).toBe(BOX | 0x1234_5678n);
    }
  });

  it("a store takes another hart's reservation away", async () => {
    const program = (storing: boolean) => (a: Assembler) => {
      a.li(reg.s0, DATA);
      a.csrr(reg.t0, CSR.mhartid);
      a.bnez(reg.t0, "other");
      a.lrD(reg.t1, reg.s0);
      for (let wait = 0; wait < 40; wait++) a.nop();
      a.scD(reg.a1, reg.zero, reg.s0);
      halt(a);
      a.label("other");
      a.li(reg.t1, FS.dirty);
      a.csrs(CSR.mstatus, reg.t1);
      for (let wait = 0; wait < 10; wait++) a.nop();
      if (storing) a.word(floatStore("w", 10, reg.s0, 4));
      halt(a);
    };
    for (const storing of [false, true]) {
      const machine = await bareMachine(program(storing), { harts: 2 });
      runToHalt(machine);
      expect(machine.harts[0]!.x(reg.a1)).toBe(storing ? 1n : 0n);
    }
  });

  it("a hart sees its own buffered stores at once, others later", async () => {
    const machine = await bareMachine(
      (a) => {
        a.li(reg.s0, DATA);
        a.li(reg.t1, FS.dirty);
        a.csrs(CSR.mstatus, reg.t1);
        a.li(reg.t1, PATTERN);
        a.word(0xf203_0553); // fmv.d.x f10, t1
        a.word(floatStore("d", 10, reg.s0, 0));
        a.word(floatLoad("d", 11, reg.s0, 0));
        a.global("stored");
        a.nop();
        halt(a);
      },
      { storeBuffer: { seed: 1 } },
    );
    runToHalt(machine);
    expect(machine.harts[0]!.f(11)).toBe(PATTERN);
    expect(machine.memory.readU64(DATA)).toBe(PATTERN);
  });
});

describe("the host", () => {
  it("reads and writes f registers as raw bits, and fcsr, also while FS is Off", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setF(0, -1n);
    hart!.setF(31, PATTERN);
    expect([hart!.f(0), hart!.f(31), hart!.x(31)]).toEqual([(1n << 64n) - 1n, PATTERN, 0n]);
    hart!.setCsr(CSR.fcsr, 0x21n);
    expect([hart!.csr(CSR.fcsr), fsOf(hart!)]).toEqual([0x21n, FS.off]);
    expect(() => hart!.f(32)).toThrow(RangeError);
    expect(() => hart!.setF(-1, 0n)).toThrow(RangeError);
  });

  it("may mark a floating-point instruction", async () => {
    const machine = await machineFor([floatLoad("d", 10, reg.a0, 0), floatOperation("fadd.d")]);
    machine.mark({ name: "add", address: BigInt(CODE + 4) });
    const seen: string[] = [];
    machine.onEvent("mark", ({ name }) => seen.push(name));
    expect(start(machine, { registers: { 1: ONE, 2: ONE } }).f(10)).toBe(0x4000_0000_0000_0000n);
    expect(seen).toEqual(["add"]);
  });
});

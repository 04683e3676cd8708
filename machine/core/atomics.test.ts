// Atomic instructions: what they compute, alignment, and reservations between harts.
import { describe, expect, it } from "vitest";
import { encode } from "../../compiler/src/assembler/encode";
import { instruction } from "../../compiler/src/assembler/instruction";
import type { Opcode } from "../../compiler/src/assembler/opcodes";
import type { Machine } from "../src/index";
import { type Assembler, bareMachine, CSR, halt, RAM, reg, runToHalt, unsigned } from "../tests/bare";

const WORD = RAM + 0x4000;

const choose = (condition: boolean, a: bigint, b: bigint) => (condition ? a : b);

const AMO: Record<string, (old: bigint, operand: bigint) => bigint> = {
  amoswap: (_, b) => b,
  amoadd: (a, b) => a + b,
  amoxor: (a, b) => a ^ b,
  amoand: (a, b) => a & b,
  amoor: (a, b) => a | b,
  amomin: (a, b) => choose(BigInt.asIntN(64, a) < BigInt.asIntN(64, b), a, b),
  amomax: (a, b) => choose(BigInt.asIntN(64, a) > BigInt.asIntN(64, b), a, b),
  amominu: (a, b) => choose(a < b, a, b),
  amomaxu: (a, b) => choose(a > b, a, b),
};

const VALUES = [
  0n,
  1n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 63n,
  unsigned(-1),
  0x1234_5678_9abc_def0n,
];

/** A machine that runs `write` with a0 = WORD; a trap ends the program. */
async function machineFor(write: (a: Assembler) => void, harts = 1): Promise<Machine> {
  return bareMachine(
    (a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.li(reg.a0, WORD);
      write(a);
      halt(a);
      a.align(4);
      a.global("handler");
      halt(a);
    },
    { harts },
  );
}

describe("AMOs", () => {
  for (const [name, model] of Object.entries(AMO))
    for (const width of ["w", "d"] as const)
      it(`${name}.${width} stores the combination and gives the old value`, async () => {
        const op = `${name}.${width}` as Opcode;
        const word = encode(instruction(op, { rd: reg.a2, rs1: reg.a0, rs2: reg.a1 }));
        const machine = await machineFor((a) => a.word(word));
        const [hart] = machine.harts;
        for (const old of VALUES)
          for (const operand of VALUES) {
            machine.memory.writeU64(WORD, old);
            hart!.setX(reg.a1, operand);
            hart!.start(BigInt(RAM), 3);
            runToHalt(machine);
            const extend = (value: bigint) => (width === "d" ? value : unsigned(BigInt.asIntN(32, value)));
            const result = unsigned(model(extend(old), extend(operand)));
            const upper = width === "d" ? 0n : old & 0xffff_ffff_0000_0000n;
            const lower = width === "d" ? result : result & 0xffff_ffffn;
            expect(machine.memory.readU64(WORD)).toBe(upper | lower);
            expect(hart!.x(reg.a2)).toBe(extend(old));
          }
      });

  it("fault when misaligned, as do lr and sc, each with its own cause", async () => {
    for (const [write, cause] of [
      [(a: Assembler) => a.amoaddW(reg.a2, reg.a1, reg.a0), 6n],
      [(a: Assembler) => a.scW(reg.a2, reg.a1, reg.a0), 6n],
      [(a: Assembler) => a.lrW(reg.a2, reg.a0), 4n],
    ] as const) {
      const machine = await machineFor((a) => {
        a.addi(reg.a0, reg.a0, 2);
        write(a);
      });
      runToHalt(machine);
      expect([machine.harts[0]!.csr(CSR.mcause), machine.harts[0]!.csr(CSR.mtval)]).toEqual([
        cause,
        BigInt(WORD) + 2n,
      ]);
    }
  });

  it("on devices are access faults", async () => {
    const machine = await machineFor((a) => {
      a.li(reg.a0, 0x1000_0000);
      a.amoaddW(reg.a2, reg.a1, reg.a0);
    });
    runToHalt(machine);
    expect(machine.harts[0]!.csr(CSR.mcause)).toBe(7n);
  });
});

describe("lr and sc", () => {
  /** sc's result in a2 (0 = it stored) after lr, `between`, sc. */
  async function afterLr(between: (a: Assembler) => void): Promise<bigint> {
    const machine = await machineFor((a) => {
      a.li(reg.a1, 5);
      a.lrD(reg.a3, reg.a0);
      between(a);
      a.scD(reg.a2, reg.a1, reg.a0);
    });
    runToHalt(machine);
    expect(machine.memory.readU64(WORD) === 5n).toBe(machine.harts[0]!.x(reg.a2) === 0n);
    return machine.harts[0]!.x(reg.a2);
  }

  it("sc succeeds after lr, and only once", async () => {
    expect(await afterLr(() => {})).toBe(0n);
    expect(await afterLr((a) => a.scD(reg.a4, reg.zero, reg.a0))).toBe(1n);
  });

  it("sc fails at another address than lr's", async () => {
    expect(await afterLr((a) => a.addi(reg.a0, reg.a0, 8))).toBe(1n);
  });

  it("sc without lr fails", async () => {
    const machine = await machineFor((a) => a.scW(reg.a2, reg.a1, reg.a0));
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(1n);
  });

  it("sc succeeds though the hart itself has stored to the word", async () => {
    expect(await afterLr((a) => a.sd(reg.a1, reg.a0, 0))).toBe(0n);
  });

  it("a trap between them makes sc fail", async () => {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.li(reg.a0, WORD);
      a.lrD(reg.a3, reg.a0);
      a.ecall();
      a.align(4);
      a.global("handler");
      a.scD(reg.a2, reg.a1, reg.a0);
      halt(a);
    });
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(1n);
  });

  // A larger quantum may let the other hart run ahead and store before the lr.
  for (const quantum of [1, 3, 8])
    it(`a plain store of the same value by another hart makes sc fail (quantum ${quantum})`, async () => {
      const machine = await bareMachine(
        (a) => {
          a.li(reg.a0, WORD);
          a.li(reg.a1, 5);
          a.bnez(reg.s0, "other");
          a.lrD(reg.a3, reg.a0);
          for (let i = 0; i < 40; i++) a.nop();
          a.fence(15, 15); // both clocks have passed the store now
          a.scD(reg.a2, reg.a1, reg.a0);
          halt(a);
          a.label("other");
          for (let i = 0; i < 12; i++) a.nop();
          a.sd(reg.zero, reg.a0, 0); // ABA: the word holds 0 already
          for (let i = 0; i < 60; i++) a.nop();
          halt(a);
        },
        { harts: 2, quantum },
      );
      machine.harts[1]!.setX(reg.s0, 1n);
      runToHalt(machine);
      expect(machine.harts[0]!.x(reg.a2)).toBe(1n);
    });

  it("a store to the neighbouring word leaves the reservation alone", async () => {
    const machine = await bareMachine(
      (a) => {
        a.li(reg.a0, WORD);
        a.bnez(reg.s0, "other");
        a.lrD(reg.a3, reg.a0);
        for (let i = 0; i < 40; i++) a.nop();
        a.fence(15, 15);
        a.scD(reg.a2, reg.a1, reg.a0);
        halt(a);
        a.label("other");
        for (let i = 0; i < 12; i++) a.nop();
        a.sd(reg.zero, reg.a0, 8);
        for (let i = 0; i < 60; i++) a.nop();
        halt(a);
      },
      { harts: 2, quantum: 1 },
    );
    machine.harts[1]!.setX(reg.s0, 1n);
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(0n);
  });
});

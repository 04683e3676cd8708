// Zawrs: what ends wrs.nto and wrs.sto, when, and what waiting costs the other harts.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import { type Assembler, bareMachine, CSR, halt, MSTATUS, RAM, reg, runToHalt } from "../tests/bare";

const WORD = RAM + 0x4000;
const WRS_NTO = 0x00d0_0073;
const WRS_STO = 0x01d0_0073;
const BOUND = 4096n;
const STORE_AFTER = 500;

/** Hart 0 waits on WORD and leaves the cycle at which it went on in a2; the others run `others`. */
function waiting(
  others: (a: Assembler) => void,
  { instruction = WRS_NTO, harts = 2, quantum = 8, before = (_: Assembler) => {} } = {},
): Promise<Machine> {
  return bareMachine(
    (a) => {
      a.li(reg.a0, WORD);
      a.li(reg.a2, 0);
      a.csrr(reg.t0, CSR.mhartid);
      a.bnez(reg.t0, "other");
      before(a);
      a.lrW(reg.a1, reg.a0);
      a.word(instruction);
      a.csrr(reg.a2, CSR.cycle);
      a.csrr(reg.a3, CSR.instret);
      halt(a);
      a.label("other");
      others(a);
      halt(a);
    },
    { harts, quantum },
  );
}

const nops = (a: Assembler, count: number) => {
  for (let i = 0; i < count; i++) a.nop();
};

/** Leaves in s1 the cycle at which the store that `store` makes has been executed. */
const storeLater =
  (store: (a: Assembler) => void, after = STORE_AFTER) =>
  (a: Assembler) => {
    nops(a, after);
    store(a);
    a.csrr(reg.s1, CSR.cycle);
  };

describe("a hart in wrs goes on", () => {
  const stores: [string, (a: Assembler) => void][] = [
    ["a store of another value", (a) => a.sd(reg.a0, reg.a0, 0)],
    ["a store of the same value", (a) => a.sw(reg.zero, reg.a0, 0)],
    ["a store of one byte of the word", (a) => a.sb(reg.a0, reg.a0, 3)],
    ["a misaligned store that ends in the word", (a) => a.sd(reg.a0, reg.a0, -7)],
    ["an atomic operation", (a) => a.amoaddW(reg.t1, reg.zero, reg.a0)],
  ];
  for (const [name, store] of stores)
    for (const quantum of [1, 8, 100])
      it(`at the clock of ${name} (quantum ${quantum})`, async () => {
        const machine = await waiting(storeLater(store), { quantum });
        runToHalt(machine);
        expect(machine.harts[0]!.x(reg.a2)).toBe(machine.harts[1]!.x(reg.s1));
      });

  it("though the storing hart has stored to the page before, fast", async () => {
    const machine = await waiting((a) => {
      a.sd(reg.a0, reg.a0, 64);
      nops(a, 300);
      storeLater((b) => b.sd(reg.a0, reg.a0, 0))(a);
    });
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(machine.harts[1]!.x(reg.s1));
  });

  it("not at stores beside the word", async () => {
    const machine = await waiting((a) => {
      for (const offset of [-8, 8, 16]) a.sd(reg.a0, reg.a0, offset);
      storeLater((b) => b.sd(reg.a0, reg.a0, 0))(a);
    });
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(machine.harts[1]!.x(reg.s1));
  });

  it("when the host writes to memory", async () => {
    const machine = await waiting(() => {});
    machine.scheduleAt(3000n, () => machine.memory.writeU32(WORD, 1));
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(3000n);
  });

  it("at once without a reservation, by wrs.nto under mstatus.TW too", async () => {
    const machine = await waiting(() => {}, { before: (a) => a.csrr(reg.a4, CSR.cycle) });
    // The lr becomes a load.
    const code = machine.memory.read(RAM, 256);
    const view = new DataView(code.buffer);
    const lr = Array.from({ length: 126 }, (_, i) => i * 2).find(
      (i) => (view.getUint32(i, true) & 0x7f) === 0x2f,
    )!;
    machine.memory.writeU32(RAM + lr, 0x0005_2583); // lw a1, 0(a0)
    runToHalt(machine);
    const [hart] = machine.harts;
    expect(hart!.x(reg.a2) - hart!.x(reg.a4)).toBe(3n);
  });

  it("when an interrupt that mie enables becomes pending, enabled in mstatus or not", async () => {
    const machine = await waiting(() => {}, {
      before: (a) => {
        a.li(reg.t0, 0x80);
        a.csrw(CSR.mie, reg.t0);
      },
    });
    machine.setTimeCompare(0, 250n);
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(2500n);
  });

  it("not for an interrupt that mie disables", async () => {
    const machine = await waiting(() => {});
    machine.setTimeCompare(0, 250n);
    runToHalt(machine);
    expect(machine.harts[0]!.runState).toBe("waiting");
    expect(machine.harts[0]!.x(reg.a2)).toBe(0n);
  });

  it("after a bound by wrs.sto, retiring nothing meanwhile", async () => {
    const machine = await waiting(() => {}, {
      instruction: WRS_STO,
      before: (a) => {
        a.csrr(reg.a4, CSR.cycle);
        a.csrr(reg.a5, CSR.instret);
      },
    });
    runToHalt(machine);
    const hart = machine.harts[0]!;
    expect(hart.x(reg.a2) - hart.x(reg.a4)).toBe(BOUND + 4n);
    expect(hart.x(reg.a3) - hart.x(reg.a5)).toBe(4n);
    expect(hart.counters.waitCycles).toBeGreaterThanOrEqual(BOUND);
  });
});

describe("wrs", () => {
  it("leaves no reservation: sc fails after it", async () => {
    const machine = await bareMachine((a) => {
      a.li(reg.a0, WORD);
      a.lrW(reg.a1, reg.a0);
      a.word(WRS_STO);
      a.scW(reg.a2, reg.zero, reg.a0);
      halt(a);
    });
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a2)).toBe(1n);
  });

  it("of two harts on one word are both ended by one store", async () => {
    const machine = await bareMachine(
      (a) => {
        a.li(reg.a0, WORD);
        a.csrr(reg.t0, CSR.mhartid);
        a.li(reg.t1, 2);
        a.beq(reg.t0, reg.t1, "other");
        a.lrW(reg.a1, reg.a0);
        a.word(WRS_NTO);
        a.csrr(reg.a2, CSR.cycle);
        halt(a);
        a.label("other");
        storeLater((b) => b.sd(reg.a0, reg.a0, 0))(a);
        halt(a);
      },
      { harts: 3 },
    );
    runToHalt(machine);
    const stored = machine.harts[2]!.x(reg.s1);
    expect(machine.harts.slice(0, 2).map((hart) => hart.x(reg.a2))).toEqual([stored, stored]);
  });

  it("nto that would wait is illegal below M mode under mstatus.TW, sto is not", async () => {
    for (const [instruction, cause] of [
      [WRS_NTO, 2n],
      [WRS_STO, 8n],
    ] as const) {
      const machine = await bareMachine((a) => {
        a.la(reg.t0, "handler");
        a.csrw(CSR.mtvec, reg.t0);
        a.la(reg.t0, "user");
        a.csrw(CSR.mepc, reg.t0);
        a.li(reg.t0, MSTATUS.TW);
        a.csrw(CSR.mstatus, reg.t0);
        a.mret();
        a.align(4);
        a.global("user");
        a.li(reg.a0, WORD);
        a.lrW(reg.a1, reg.a0);
        a.word(instruction);
        a.ecall();
        a.align(4);
        a.global("handler");
        halt(a);
      });
      runToHalt(machine);
      expect(machine.harts[0]!.csr(CSR.mcause)).toBe(cause);
    }
  });

  it("takes nothing from the speed of a hart that computes: its slices are as long as alone", async () => {
    const slices = async (instruction: number) => {
      const machine = await waiting(
        (a) => {
          a.li(reg.s2, 20_000);
          a.label("compute");
          a.sd(reg.s2, reg.a0, 2040);
          a.addi(reg.s2, reg.s2, -1);
          a.bnez(reg.s2, "compute");
        },
        { instruction },
      );
      machine.runSync({ maxInstructions: 50_000 });
      return machine.harts[1]!.slices;
    };
    expect(await slices(WRS_NTO)).toBeLessThan(10n);
    // Each return of wrs.sto cuts one.
    expect(await slices(WRS_STO)).toBeLessThan(50n);
  });

  it("polling ends in the same state however the host cuts the run", async () => {
    const run = async (piece: number) => {
      const machine = await bareMachine(
        (a) => {
          a.li(reg.a0, WORD);
          a.li(reg.s2, 100);
          a.csrr(reg.t0, CSR.mhartid);
          a.bnez(reg.t0, "producer");
          a.label("consume");
          a.lrW(reg.t1, reg.a0);
          a.bne(reg.t1, reg.t2, "changed");
          a.word(WRS_STO);
          a.j("consume");
          a.label("changed");
          a.mv(reg.t2, reg.t1);
          a.sw(reg.t2, reg.a0, 128);
          a.bne(reg.t2, reg.s2, "consume");
          halt(a);
          a.label("producer");
          a.addi(reg.t1, reg.t1, 1);
          a.sw(reg.t1, reg.a0, 0);
          a.label("answer");
          a.lw(reg.t2, reg.a0, 128);
          a.bne(reg.t2, reg.t1, "answer");
          a.bne(reg.t1, reg.s2, "producer");
          halt(a);
        },
        { harts: 2 },
      );
      while (machine.runSync({ maxInstructions: piece }).reason === "limit");
      return machine.harts.map((hart) => [hart.clock, hart.instructions, hart.counters.waitCycles]);
    };
    const whole = await run(1_000_000);
    for (const piece of [1, 7, 100]) expect(await run(piece)).toEqual(whole);
  });
});

describe("deadlock", () => {
  it("is reported when every hart waits in wfi or wrs.nto", async () => {
    const machine = await waiting(() => {});
    expect(machine.runSync().reason).toBe("deadlock");
  });

  it("is not what a hart that polls with wrs.sto is in: its instructions count against the limit", async () => {
    const machine = await bareMachine((a) => {
      a.li(reg.a0, WORD);
      a.label("poll");
      a.lrW(reg.a1, reg.a0);
      a.word(WRS_STO);
      a.j("poll");
    });
    expect(machine.runSync({ maxInstructions: 3000 }).reason).toBe("limit");
    expect(machine.harts[0]!.clock).toBeGreaterThan(900n * BOUND);
  });
});

// Litmus tests of the store-buffer mode (unprivileged specification, appendix "Memory Model Explanatory Material"): what
// RVWMO forbids never happens, and what a missing fence allows does happen.
import { describe, expect, it } from "vitest";
import { encode } from "../../compiler/src/assembler/encode";
import { instruction } from "../../compiler/src/assembler/instruction";
import { type Hart, type Machine, MachineError } from "../src/index";
import { Random } from "../src/test-support/random";
import { type Assembler, bareMachine, CSR, halt, RAM, reg, runToHalt } from "../tests/bare";

const X = RAM + 0x4000;
const Y = RAM + 0x4040;
const ROUNDS = 300;
const SEEDS = [1, 2, 3, 4];

/** Bits of a fence's sets. */
const I = 8;
const O = 4;
const R = 2;
const W = 1;
const FENCE_TSO = 0x8330_000f;

type Code = (a: Assembler) => void;
const nothing: Code = () => {};
const fence =
  (before: number, after: number): Code =>
  (a) =>
    a.fence(before, after);

/** In every thread: x in s0, y in s1, 1 in t1, 2 in t2; results in a2 and a3, which begin as 9. */
const storeX: Code = (a) => a.sw(reg.t1, reg.s0, 0);
const storeY: Code = (a) => a.sw(reg.t1, reg.s1, 0);
const loadX =
  (to: number): Code =>
  (a) =>
    a.lw(to, reg.s0, 0);
const loadY =
  (to: number): Code =>
  (a) =>
    a.lw(to, reg.s1, 0);
const sequence =
  (...parts: Code[]): Code =>
  (a) => {
    for (const part of parts) part(a);
  };

/** Goes on in S mode, with a value in menvcfg; what is illegal there, as the halt, is done in M mode. */
const enterSupervisorMode =
  (environment: number): Code =>
  (a) => {
    a.csrwi(CSR.menvcfg, environment);
    a.la(reg.t4, "halt");
    a.csrw(CSR.mtvec, reg.t4);
    a.la(reg.t4, "supervisor");
    a.csrw(CSR.mepc, reg.t4);
    a.li(reg.t4, 1 << 11);
    a.csrs(CSR.mstatus, reg.t4);
    a.mret();
    a.align(4);
    a.global("halt");
    halt(a);
    a.global("supervisor");
  };

/** A machine in store-buffer mode with a thread for each hart. */
async function threads(seed: number, codes: Code[]): Promise<Machine> {
  return bareMachine(
    (a) => {
      a.csrr(reg.t0, CSR.mhartid);
      a.li(reg.s0, X);
      a.li(reg.s1, Y);
      a.li(reg.t1, 1);
      a.li(reg.t2, 2);
      a.fence(15, 15);
      codes.forEach((_, index) => {
        a.li(reg.t3, index);
        a.beq(reg.t0, reg.t3, `thread${index}`);
      });
      codes.forEach((code, index) => {
        a.label(`thread${index}`);
        code(a);
        halt(a);
      });
    },
    { harts: codes.length, storeBuffer: { seed } },
  );
}

/** Runs threads often under several seeds; outcomes are `a2,a3` of each thread and then x,y, joined by blanks. */
async function outcomes(...codes: Code[]): Promise<Set<string>> {
  const seen = new Set<string>();
  for (const seed of SEEDS) {
    const machine = await threads(seed, codes);
    for (let round = 0; round < ROUNDS; round++) {
      machine.memory.writeU32(X, 0);
      machine.memory.writeU32(Y, 0);
      for (const hart of machine.harts) {
        for (const register of [reg.a2, reg.a3]) hart.setX(register, 9n);
        hart.start(BigInt(RAM), 3);
      }
      runToHalt(machine);
      const results = machine.harts.map((hart) => `${hart.x(reg.a2)},${hart.x(reg.a3)}`);
      seen.add([...results, `${machine.memory.readU32(X)},${machine.memory.readU32(Y)}`].join(" "));
    }
  }
  return seen;
}

const atomicSwap = (ordering: "" | "acquire" | "release" | "acquire-release", base: number): Code => {
  const bits = { "": 0, acquire: 2, release: 1, "acquire-release": 3 }[ordering];
  return (a) =>
    a.word(encode(instruction("amoswap.w", { rd: reg.zero, rs1: base, rs2: reg.t1 })) | (bits << 25));
};

describe("stores that wait", () => {
  it("are seen by the host, the oldest first, until memory has them", async () => {
    const machine = await threads(1, [
      sequence(storeX, (a) => a.sb(reg.t2, reg.s1, 1), fence(W, W), storeY, fence(R | W, R | W)),
    ]);
    const [hart] = machine.harts as [Hart];
    const seen = new Set<string>();
    while (machine.runSync({ maxInstructions: 1 }).reason === "limit" && hart.runState === "running") {
      const stores = hart.bufferedStores.map(
        ({ address, bytes, value }) => `${address - BigInt(RAM)}:${bytes}:${value}`,
      );
      seen.add(stores.join(" "));
      for (const { address, bytes, value } of hart.bufferedStores)
        if (bytes === 4) expect(machine.memory.readU32(address)).not.toBe(Number(value));
    }
    expect(seen).toContain(`${X - RAM}:4:1`);
    expect([...seen].some((stores) => stores.includes(`${Y - RAM + 1}:1:2 ${Y - RAM}:4:1`))).toBe(true);
    expect(hart.bufferedStores).toEqual([]);
    expect([machine.memory.readU32(X), machine.memory.readU32(Y)]).toEqual([1, 1]);
  });
});

describe("SB: store x, load y against store y, load x", () => {
  const run = (between: Code, storeFirst = storeX, storeSecond = storeY) =>
    outcomes(sequence(storeFirst, between, loadY(reg.a2)), sequence(storeSecond, between, loadX(reg.a2)));
  const WEAK = "0,9 0,9 1,1";

  for (const [name, code] of [
    ["no fence", nothing],
    ["fence w,w", fence(W, W)],
    ["fence r,rw", fence(R, R | W)],
    ["fence w,o", fence(W, O)],
    ["fence.tso", (a: Assembler) => a.word(FENCE_TSO)],
  ] as const)
    it(`both load 0 with ${name}`, async () => {
      expect(await run(code)).toContain(WEAK);
    });

  it("never both load 0 with fence rw,rw or w,r", async () => {
    expect(await run(fence(R | W, R | W))).not.toContain(WEAK);
    expect(await run(fence(W, R))).not.toContain(WEAK);
  });

  it("never both load 0 when the stores are atomic swaps", async () => {
    const swap = (base: number) => atomicSwap("acquire-release", base);
    expect(await run(nothing, swap(reg.s0), swap(reg.s1))).not.toContain(WEAK);
  });

  it("both load 0 when atomics with acquire stand on another word", async () => {
    const other = sequence((a) => a.addi(reg.s2, reg.s0, 512), atomicSwap("acquire", reg.s2));
    expect(await run(other)).toContain(WEAK);
  });
});

describe("MP: store x, store y against load y, load x", () => {
  const reader = sequence(loadY(reg.a2), loadX(reg.a3));
  const polling = (a: Assembler) => {
    a.label("poll");
    a.lw(reg.a2, reg.s1, 0);
    a.beqz(reg.a2, "poll");
    a.lw(reg.a3, reg.s0, 0);
  };
  const run = (between: Code, publish = storeY, read: Code = polling) =>
    outcomes(sequence(storeX, between, publish), read);
  const WEAK = "9,9 1,0 1,1";

  it("sees the flag before the data without a fence", async () => {
    expect(await run(nothing)).toContain(WEAK);
    expect(await run(fence(R, W))).toContain(WEAK);
    expect(await run(fence(W, O))).toContain(WEAK);
    expect(await run(nothing, atomicSwap("", reg.s1))).toContain(WEAK);
    // A fence behind both is no help: it waits for them, but they become visible one after the other.
    expect(await run(nothing, sequence(storeY, fence(R | W, R | W)))).toContain(WEAK);
    expect(await run(nothing, atomicSwap("acquire", reg.s1))).toContain(WEAK);
  });

  it("never does with fence w,w, fence rw,w, fence.tso or a release", async () => {
    expect(await run(fence(W, W))).not.toContain(WEAK);
    expect(await run(fence(R | W, W))).not.toContain(WEAK);
    expect(await run((a) => a.word(FENCE_TSO))).not.toContain(WEAK);
    expect(await run(nothing, atomicSwap("release", reg.s1))).not.toContain(WEAK);
    expect(await run(fence(W, W), atomicSwap("", reg.s1))).not.toContain(WEAK);
  });

  it("with fence o,o or o,w in S mode never does where menvcfg.FIOM says that I/O means memory, too", async () => {
    for (const [environment, expected] of [
      [0, true],
      [1, false],
    ] as const)
      for (const successors of [O, W]) {
        const writer = sequence(enterSupervisorMode(environment), storeX, fence(O, successors), storeY);
        expect((await outcomes(writer, polling)).has(WEAK), `FIOM ${environment}`).toBe(expected);
      }
  });

  it("never does with an sc that releases", async () => {
    const publish = (a: Assembler) => {
      a.label("again");
      a.lrW(reg.t4, reg.s1);
      a.word(encode(instruction("sc.w", { rd: reg.t4, rs1: reg.s1, rs2: reg.t1 })) | (1 << 25));
      a.bnez(reg.t4, "again");
    };
    expect(await run(nothing, publish)).not.toContain(WEAK);
  });

  it("also shows the orders that sequential consistency has", async () => {
    const seen = await run(fence(W, W), storeY, reader);
    expect(seen).not.toContain("9,9 1,0 1,1");
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe("other shapes", () => {
  it("LB: loads never see stores that follow them", async () => {
    const seen = await outcomes(sequence(loadX(reg.a2), storeY), sequence(loadY(reg.a2), storeX));
    expect(seen).not.toContain("1,9 1,9 1,1");
  });

  const twoTwoW = (between: Code) =>
    outcomes(
      sequence(storeX, between, (a) => a.sw(reg.t2, reg.s1, 0)),
      sequence(storeY, between, (a) => a.sw(reg.t2, reg.s0, 0)),
    );

  it("2+2W: both first stores can end up last, and never with fence w,w", async () => {
    expect(await twoTwoW(nothing)).toContain("9,9 9,9 1,1");
    expect(await twoTwoW(fence(W, W))).not.toContain("9,9 9,9 1,1");
  });

  it("CoRR and CoWW: one word's stores are seen in their order", async () => {
    const seen = await outcomes(
      sequence(storeX, (a) => a.sw(reg.t2, reg.s0, 0)),
      sequence(loadX(reg.a2), loadX(reg.a3)),
    );
    for (const outcome of seen) expect(outcome).toMatch(/^9,9 (0,0|0,1|0,2|1,1|1,2|2,2) 2,0$/);
  });

  it("IRIW: two readers never see two stores in different orders", async () => {
    const seen = await outcomes(
      storeX,
      storeY,
      sequence(loadX(reg.a2), loadY(reg.a3)),
      sequence(loadY(reg.a2), loadX(reg.a3)),
    );
    expect(seen).not.toContain("9,9 9,9 1,0 1,0 1,1");
  });
});

describe("I/O", () => {
  const MSIP_1 = 0x200_0004;
  const interrupt: Code = (a) => {
    a.li(reg.t4, MSIP_1);
    a.sw(reg.t1, reg.t4, 0);
  };
  const sleeper: Code = (a) => {
    a.li(reg.t4, 8);
    a.csrw(CSR.mie, reg.t4);
    a.wfi();
    a.lw(reg.a2, reg.s0, 0);
    a.li(reg.t4, MSIP_1);
    a.sw(reg.zero, reg.t4, 0);
  };
  const run = (between: Code) => outcomes(sequence(storeX, between, interrupt), sleeper);

  it("an interrupt to another hart overtakes stores unless fence w,o orders them", async () => {
    expect(await run(nothing)).toContain("9,9 0,9 1,0");
    expect(await run(fence(W, W))).toContain("9,9 0,9 1,0");
    expect([...(await run(fence(W, O)))]).toEqual(["9,9 1,9 1,0"]);
    expect([...(await run(fence(R | W, I | O)))]).toEqual(["9,9 1,9 1,0"]);
  });
});

describe("waiting", () => {
  it("in wrs ends when the other hart's store drains", async () => {
    const waiter: Code = (a) => {
      a.lrW(reg.a2, reg.s0);
      a.word(0x00d0_0073); // wrs.nto
      a.lw(reg.a3, reg.s0, 0);
    };
    const writer: Code = (a) => {
      for (let i = 0; i < 100; i++) a.nop();
      storeX(a);
    };
    expect([...(await outcomes(waiter, writer))]).toEqual(["0,1 9,9 1,0"]);
  });
});

describe("one hart", () => {
  /** Random loads and stores of all sizes in 64 bytes, then everything summed up. */
  const program =
    (seed: number): Code =>
    (a) => {
      const random = new Random(seed);
      for (let i = 0; i < 400; i++) {
        const offset = random.below(56);
        const store = random.pick(["sb", "sh", "sw", "sd"] as const);
        const load = random.pick(["lb", "lhu", "lw", "ld"] as const);
        a.addi(reg.t1, reg.t1, random.below(2000));
        a.mul(reg.t1, reg.t1, reg.t2);
        a[store](reg.t1, reg.s0, offset);
        if (random.chance(8)) a.amoaddW(reg.t3, reg.t1, reg.s0);
        a[load](reg.t3, reg.s0, random.below(56));
        a.add(reg.a2, reg.a2, reg.t3);
        if (random.chance(20)) a.fence(1 + random.below(15), 1 + random.below(15));
      }
    };

  for (const at of [X, RAM + 0x5000 - 32])
    it(`sees its own stores at 0x${at.toString(16)}, of any size and overlap, as without buffers`, async () => {
      for (const seed of [11, 12, 13]) {
        const run = async (storeBuffer?: { seed: number }) => {
          const machine = await bareMachine(
            (a) => {
              a.li(reg.s0, at);
              a.li(reg.t2, 0x9e37_79b9);
              program(seed)(a);
              halt(a);
            },
            { storeBuffer },
          );
          runToHalt(machine);
          return [
            machine.harts[0]!.x(reg.a2),
            [...machine.memory.read(at, 64)],
            machine.harts[0]!.instructions,
          ];
        };
        expect(await run({ seed }), `seed ${seed}`).toEqual(await run());
      }
    });
});

describe("a run", () => {
  const LOCK = X;
  const COUNTER = Y;
  const spinlock =
    (release: Code): Code =>
    (a) => {
      a.li(reg.s2, 40);
      a.label("acquire");
      a.amoswapW(reg.t0, reg.t1, reg.s0, "acquire");
      a.bnez(reg.t0, "acquire");
      a.lw(reg.t3, reg.s1, 0);
      a.addi(reg.t3, reg.t3, 1);
      a.sw(reg.t3, reg.s1, 0);
      release(a);
      a.addi(reg.s2, reg.s2, -1);
      a.bnez(reg.s2, "acquire");
      halt(a);
    };
  const machine = (seed: number, release: Code) =>
    bareMachine(
      (a) => {
        a.li(reg.s0, LOCK);
        a.li(reg.s1, COUNTER);
        a.li(reg.t1, 1);
        spinlock(release)(a);
      },
      { harts: 3, storeBuffer: { seed } },
    );
  const count = async (seed: number, release: Code) => {
    const m = await machine(seed, release);
    runToHalt(m);
    return m.memory.readU32(COUNTER);
  };
  const unlock: Code = (a) => a.sw(reg.zero, reg.s0, 0);

  it("with a lock counts right if the lock is released by a release, and wrong by a bare store", async () => {
    const wrong = [];
    for (const seed of SEEDS) {
      expect(await count(seed, (a) => a.amoswapW(reg.zero, reg.zero, reg.s0, "release"))).toBe(120);
      expect(await count(seed, sequence(fence(R | W, W), unlock))).toBe(120);
      wrong.push(await count(seed, unlock));
    }
    expect(Math.min(...wrong)).toBeLessThan(120);
  });

  it("is the same for the same seed, however the host cuts it, and another for another", async () => {
    const run = async (seed: number, piece: number) => {
      const m = await machine(seed, unlock);
      while (m.runSync({ maxInstructions: piece }).reason === "limit");
      return JSON.stringify([m.memory.readU32(COUNTER), ...m.harts.map((hart) => `${hart.clock}`)]);
    };
    const whole = await run(1, 1_000_000);
    for (const piece of [1, 7, 100]) expect(await run(1, piece)).toBe(whole);
    expect(await run(2, 1_000_000)).not.toBe(whole);
  });

  it("that ends shows all its stores to the host", async () => {
    const m = await bareMachine(
      (a) => {
        a.li(reg.s0, X);
        a.li(reg.t1, 1);
        for (let i = 0; i < 8; i++) a.sw(reg.t1, reg.s0, i * 8);
        a.li(reg.t2, 0x10_0000); // the test device
        a.li(reg.t3, 0x5555);
        a.sw(reg.t3, reg.t2, 0);
      },
      { storeBuffer: { seed: 5 } },
    );
    expect(m.runSync().reason).toBe("poweroff");
    for (let i = 0; i < 8; i++) expect(m.memory.readU32(X + i * 8)).toBe(1);
  });

  it("needs a sensible depth and seed", async () => {
    for (const storeBuffer of [{ seed: 1, depth: 0 }, { seed: 1, depth: 65 }, { seed: 0.5 }])
      await expect(bareMachine(nothing, { storeBuffer })).rejects.toThrow(MachineError);
  });
});

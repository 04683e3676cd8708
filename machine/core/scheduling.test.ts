// Interleaving of harts: determinism, independence of the quantum, waiting, idling, and how runs end.
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { InterruptBit, Machine, MachineError } from "../src/index";
import { type Assembler, bareMachine, CSR, halt, RAM, reg, runToHalt } from "../tests/bare";

const LOCK = RAM + 0x4000;
const COUNTER = RAM + 0x4040;
const ROUNDS = 50;
const UART_IER = 0x1000_0001;
const PLIC_BASE = 0xc00_0000;

/** Every hart adds 1 to the counter ROUNDS times, in a critical section, with plain loads and stores. */
function spinlockProgram(a: Assembler, kind: "swap" | "reserved"): void {
  a.li(reg.s0, LOCK);
  a.li(reg.s1, COUNTER);
  a.li(reg.s2, ROUNDS);
  a.li(reg.t1, 1);
  a.label("round");
  a.label("acquire");
  if (kind === "swap") a.amoswapW(reg.t0, reg.t1, reg.s0, "acquire");
  else {
    a.lrW(reg.t0, reg.s0);
    a.bnez(reg.t0, "acquire");
    a.scW(reg.t0, reg.t1, reg.s0);
  }
  a.bnez(reg.t0, "acquire");
  a.ld(reg.t2, reg.s1, 0);
  a.addi(reg.t2, reg.t2, 1);
  a.sd(reg.t2, reg.s1, 0);
  a.amoswapW(reg.zero, reg.zero, reg.s0, "release");
  a.addi(reg.s2, reg.s2, -1);
  a.bnez(reg.s2, "round");
  halt(a);
}

/** Everything a guest could see, as text. */
function stateOf(machine: Machine): string {
  const harts = machine.harts.map((hart) => ({
    x: Array.from({ length: 32 }, (_, i) => hart.x(i)),
    pc: hart.pc,
    clock: hart.clock,
    counters: hart.counters,
  }));
  const memory = [...machine.memory.read(RAM, 0x5000)].join();
  return JSON.stringify({ harts, memory }, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}

describe("a program with a spinlock", () => {
  for (const kind of ["swap", "reserved"] as const)
    for (const harts of [2, 4])
      it(`counts right on ${harts} harts with every quantum (${kind})`, async () => {
        for (const quantum of [1, 4, 8, 1000, 1_000_000]) {
          const machine = await bareMachine((a) => spinlockProgram(a, kind), { harts, quantum });
          runToHalt(machine);
          expect(machine.memory.readU64(COUNTER), `quantum ${quantum}`).toBe(BigInt(harts * ROUNDS));
        }
      });

  it("takes its locks in the same order, at the same clocks, whatever the quantum", async () => {
    const clocks = async (quantum: number) => {
      const machine = await bareMachine((a) => spinlockProgram(a, "swap"), { harts: 3, quantum });
      runToHalt(machine);
      return machine.harts.map((hart) => hart.counters.instructions);
    };
    const exact = await clocks(1);
    for (const quantum of [4, 8, 1000]) expect(await clocks(quantum)).toEqual(exact);
  });

  it("run twice is the same run, bit for bit", async () => {
    const run = async () => {
      const machine = await bareMachine((a) => spinlockProgram(a, "reserved"), { harts: 4, quantum: 5 });
      runToHalt(machine);
      return stateOf(machine);
    };
    expect(await run()).toBe(await run());
  });

  it("does not depend on how the host cuts the run", async () => {
    const run = async (piece: number) => {
      const machine = await bareMachine((a) => spinlockProgram(a, "reserved"), { harts: 3, quantum: 16 });
      while (machine.runSync({ maxInstructions: piece }).reason === "limit");
      return stateOf(machine);
    };
    const whole = await run(1_000_000);
    for (const piece of [1, 7, 100]) expect(await run(piece)).toBe(whole);
  });
});

describe("quanta", () => {
  it("bound how far harts' clocks are apart", async () => {
    for (const quantum of [1, 8, 100]) {
      const machine = await bareMachine(
        (a) => {
          a.label("loop");
          a.addi(reg.a0, reg.a0, 1);
          a.j("loop");
        },
        { harts: 3, quantum },
      );
      for (let i = 0; i < 50; i++) {
        machine.runSync({ maxInstructions: 37 });
        const clocks = machine.harts.map((hart) => Number(hart.clock));
        expect(Math.max(...clocks) - Math.min(...clocks)).toBeLessThanOrEqual(quantum);
      }
    }
  });

  it("do not change when an interrupt from another hart is taken by a waiting one", async () => {
    const clocks = [];
    for (const quantum of [1, 8, 1000]) {
      const machine = await bareMachine(
        (a) => {
          a.bnez(reg.s0, "sender");
          a.li(reg.t0, 8);
          a.csrw(CSR.mie, reg.t0);
          a.wfi();
          a.csrr(reg.a0, CSR.cycle);
          halt(a);
          a.label("sender");
          for (let i = 0; i < 100; i++) a.nop();
          a.li(reg.t0, 0x200_0000); // CLINT: msip of hart 0
          a.li(reg.t1, 1);
          a.sw(reg.t1, reg.t0, 0);
          for (let i = 0; i < 2000; i++) a.nop();
          halt(a);
        },
        { harts: 2, quantum },
      );
      machine.harts[1]!.setX(reg.s0, 1n);
      runToHalt(machine);
      clocks.push(machine.harts[0]!.x(reg.a0));
    }
    expect(new Set(clocks).size).toBe(1);
  });
});

describe("waiting", () => {
  it("the timers of several harts wake them in the order of time", async () => {
    const machine = await bareMachine(
      (a) => {
        a.li(reg.t0, 0x80);
        a.csrw(CSR.mie, reg.t0);
        a.wfi();
        a.li(reg.t0, COUNTER);
        a.li(reg.t1, 1);
        a.amoaddD(reg.a0, reg.t1, reg.t0);
        halt(a);
      },
      { harts: 3 },
    );
    [300n, 100n, 200n].forEach((ticks, hart) => {
      machine.setTimeCompare(hart, ticks);
    });
    runToHalt(machine);
    expect(machine.harts.map((hart) => hart.x(reg.a0))).toEqual([2n, 0n, 1n]);
    expect(machine.harts[0]!.clock).toBeGreaterThanOrEqual(3000n);
  });

  it("device events happen at their clock, also when every hart waits", async () => {
    const machine = await bareMachine((a) => {
      a.li(reg.t0, 0x800);
      a.csrw(CSR.mie, reg.t0);
      a.wfi();
      a.csrr(reg.a0, CSR.cycle);
      halt(a);
    });
    const at: bigint[] = [];
    machine.scheduleAt(5000n, () => {
      at.push(machine.now());
      machine.setInterrupt(0, InterruptBit.machineExternal, true);
    });
    machine.scheduleAt(400n, () => at.push(machine.now()));
    machine.scheduleAt(600n, () => at.push(machine.now()))();
    runToHalt(machine);
    expect(at).toEqual([400n, 5000n]);
    expect(machine.harts[0]!.x(reg.a0)).toBe(5000n);
  });

  it("device events interrupt a running hart at their clock", async () => {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.li(reg.t0, 0x800);
      a.csrw(CSR.mie, reg.t0);
      a.csrsi(CSR.mstatus, 8);
      a.label("loop");
      a.j("loop");
      a.align(4);
      a.global("handler");
      a.csrr(reg.a0, CSR.cycle);
      halt(a);
    });
    machine.scheduleAt(1234n, () => machine.setInterrupt(0, InterruptBit.machineExternal, true));
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a0)).toBe(1234n);
  });

  it("a timer interrupts a running hart at its tick", async () => {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.li(reg.t0, 0x80);
      a.csrw(CSR.mie, reg.t0);
      a.csrsi(CSR.mstatus, 8);
      a.label("loop");
      a.j("loop");
      a.align(4);
      a.global("handler");
      a.csrr(reg.a0, CSR.cycle);
      halt(a);
    });
    machine.setTimeCompare(0, 77n);
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a0)).toBe(770n);
  });
});

describe("between runs", () => {
  it("a hart that the host starts gets its turn at once", async () => {
    const machine = await bareMachine(
      (a) => {
        a.label("loop");
        a.j("loop");
      },
      { harts: 2 },
    );
    machine.harts[1]!.stop();
    machine.runSync({ maxInstructions: 1000 });
    machine.harts[1]!.start(BigInt(RAM), 3);
    machine.runSync({ maxInstructions: 1000 });
    expect(machine.harts.map((hart) => Math.round(Number(hart.counters.instructions) / 100))).toEqual([
      15, 5,
    ]);
    expect(machine.harts[1]!.counters.waitCycles).toBe(1000n);
  });

  it("an interrupt that the host raises is taken at once", async () => {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.li(reg.t0, 0x800);
      a.csrw(CSR.mie, reg.t0);
      a.csrsi(CSR.mstatus, 8);
      a.label("loop");
      a.j("loop");
      a.align(4);
      a.global("handler");
      a.csrr(reg.a0, CSR.cycle);
      halt(a);
    });
    machine.runSync({ maxInstructions: 500 });
    machine.setInterrupt(0, InterruptBit.machineExternal, true);
    runToHalt(machine);
    expect(machine.harts[0]!.x(reg.a0)).toBe(500n);
  });
});

describe("a run ends", () => {
  it("by a deadlock when no hart can ever run again", async () => {
    const machine = await bareMachine((a) => halt(a), { harts: 2 });
    expect(machine.runSync()).toEqual({ reason: "deadlock" });
  });

  /** Waits for the serial port's interrupt: IER, PLIC priority and enable of source 10 for hart 0's M context. */
  function awaitInput(a: Assembler): void {
    const store = (address: number, value: number) => {
      a.li(reg.t0, address);
      a.li(reg.t1, value);
      if (address === UART_IER) a.sb(reg.t1, reg.t0, 0);
      else a.sw(reg.t1, reg.t0, 0);
    };
    store(UART_IER, 1);
    store(PLIC_BASE + 4 * 10, 1);
    store(PLIC_BASE + 0x2000, 1 << 10);
    halt(a);
  }

  it("by waiting for input that would interrupt, and goes on when input closes", async () => {
    const machine = await bareMachine(awaitInput);
    machine.console.openInput();
    expect(machine.runSync()).toEqual({ reason: "input" });
    const run = machine.run();
    machine.console.closeInput();
    expect(await run).toEqual({ reason: "deadlock" });
  });

  it("by a deadlock although the console is open, when input would interrupt nobody", async () => {
    const machine = await bareMachine((a) => halt(a));
    machine.console.openInput();
    expect(machine.runSync()).toEqual({ reason: "deadlock" });
  });

  it("by its limit, exactly", async () => {
    const machine = await bareMachine((a) => {
      a.label("loop");
      a.addi(reg.a0, reg.a0, 1);
      a.j("loop");
    });
    expect(machine.runSync({ maxInstructions: 1001 })).toEqual({ reason: "limit" });
    expect(machine.harts[0]!.x(reg.a0)).toBe(501n);
    expect(machine.harts[0]!.counters.instructions).toBe(1001n);
  });

  it("by its condition", async () => {
    const machine = await bareMachine((a) => {
      a.label("loop");
      a.addi(reg.a0, reg.a0, 1);
      a.j("loop");
    });
    const result = machine.runSync({ until: (m) => m.harts[0]!.x(reg.a0) > 5000n, pollInterval: 100 });
    expect(result).toEqual({ reason: "until" });
    expect(machine.harts[0]!.x(reg.a0)).toBeLessThan(5100n);
  });

  it("by power-off with an exit code, or by reset, right behind the store", async () => {
    for (const [value, result] of [
      [0x5555, { reason: "poweroff", exitCode: 0 }],
      [0x3333 | (7 << 16), { reason: "poweroff", exitCode: 7 }],
      [0x7777, { reason: "reset" }],
    ] as const) {
      const machine = await bareMachine((a) => {
        a.li(reg.t0, 0x10_0000);
        a.li(reg.t1, value);
        a.sw(reg.t1, reg.t0, 0);
        a.li(reg.a0, 1);
        halt(a);
      });
      expect(machine.runSync()).toEqual(result);
      expect(machine.harts[0]!.x(reg.a0)).toBe(0n);
      expect(machine.runSync()).toEqual({ reason: "deadlock" }); // it may be continued
    }
  });

  it("while another run of the same machine goes on is refused", async () => {
    const machine = await bareMachine((a) => {
      a.li(reg.t0, 0x10_0000);
      a.li(reg.t1, 0x5555);
      a.sw(reg.t1, reg.t0, 0);
    });
    let refusal: unknown;
    machine.scheduleAt(1n, () => {});
    machine.onEvent("trap", () => {});
    const original = machine.powerOff.bind(machine);
    machine.powerOff = (code) => {
      try {
        machine.runSync();
      } catch (error) {
        refusal = error;
      }
      original(code);
    };
    machine.runSync();
    expect(refusal).toBeInstanceOf(MachineError);
  });
});

describe("a machine that cannot be built", () => {
  for (const [what, options] of [
    ["no harts", { harts: 0 }],
    ["too many harts", { harts: 9 }],
    ["half a hart", { harts: 1.5 }],
    ["too little memory", { memory: 4096 }],
    ["memory that is no multiple of a page", { memory: (1 << 20) + 1 }],
    ["too much memory", { memory: 2 ** 33 }],
    ["a quantum of nothing", { quantum: 0 }],
  ] as const)
    it(`${what} is refused with a hint`, async () => {
      const core = await ensureCore();
      const attempt = Machine.create({
        ...{ harts: 1, memory: 1 << 20 },
        core,
        firmware: "none",
        ...options,
      });
      await expect(attempt).rejects.toMatchObject({
        name: "MachineError",
        hint: expect.stringMatching(/give/),
      });
    });
});

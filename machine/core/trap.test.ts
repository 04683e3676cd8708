// Traps: where they go, what they save, in which order interrupts are taken, and how one returns.
import { describe, expect, it } from "vitest";
import { InterruptBit, type Machine } from "../src/index";
import {
  type Assembler,
  assemble,
  bareMachine,
  CSR,
  halt,
  INTERRUPT,
  MSTATUS,
  RAM,
  reg,
  runToHalt,
  unsigned,
} from "../tests/bare";

/** Offsets of the program's parts. */
const M_HANDLER = RAM + 0x400;
const S_HANDLER = RAM + 0x500;
const U_HANDLER = RAM + 0x600;
const PROGRAM = RAM + 0x100;

/**
 * A machine with handlers for each mode that note their mode in a7; S and U mode's handlers then halt the machine by an
 * ecall that M mode gets. The program is at PROGRAM.
 */
async function trapMachine(write: (a: Assembler) => void, options = {}): Promise<Machine> {
  const machine = await bareMachine((a) => a.nop(), options);
  const { memory } = machine;
  const place = (address: number, part: (a: Assembler) => void) =>
    memory.write(address, assemble(part, address));
  place(PROGRAM, write);
  // Vectored entries of every table end in the same handler, with the entry's number in a6.
  for (const [handler, mode] of [
    [M_HANDLER, 3],
    [S_HANDLER, 1],
    [U_HANDLER, 0],
  ] as const)
    for (let entry = 0; entry < 16; entry++)
      place(handler + 4 * entry, (a) => {
        a.jal(reg.zero, "away");
        for (let i = entry; i < 16; i++) a.nop();
        a.label("away");
        if (entry !== 0) return;
        a.bnez(reg.a7, "again");
        a.li(reg.a7, mode + 10);
        if (mode === 3) halt(a);
        a.label("again");
        if (mode === 3) halt(a);
        else a.ecall();
      });
  for (const hart of machine.harts) {
    hart.setCsr(CSR.mtvec, BigInt(M_HANDLER));
    hart.setCsr(CSR.stvec, BigInt(S_HANDLER));
    hart.setCsr(CSR.utvec, BigInt(U_HANDLER));
  }
  return machine;
}

/** Runs PROGRAM in a mode until the first trap has been taken; a7 says into which mode. */
function runFrom(machine: Machine, privilege: 0 | 1 | 3): "M" | "S" | "U" {
  const [hart] = machine.harts;
  hart!.setX(reg.a7, 0n);
  hart!.start(BigInt(PROGRAM), privilege);
  runToHalt(machine);
  return ({ 13: "M", 11: "S", 10: "U" } as const)[Number(hart!.x(reg.a7)) as 13 | 11 | 10];
}

describe("exceptions", () => {
  it("go to M mode unless delegated, to U mode only if both M and S delegate", async () => {
    const machine = await trapMachine((a) => a.ebreak());
    const [hart] = machine.harts;
    const breakpoint = 1n << 3n;
    for (const [medeleg, sedeleg, privilege, target] of [
      [0n, 0n, 0, "M"],
      [breakpoint, 0n, 0, "S"],
      [breakpoint, breakpoint, 0, "U"],
      [0n, breakpoint, 0, "M"],
      [breakpoint, breakpoint, 1, "S"],
      [breakpoint, breakpoint, 3, "M"],
    ] as const) {
      hart!.setCsr(CSR.medeleg, medeleg);
      hart!.setCsr(CSR.sedeleg, sedeleg);
      expect(runFrom(machine, privilege), `medeleg ${medeleg} sedeleg ${sedeleg} in ${privilege}`).toBe(
        target,
      );
    }
  });

  it("report the address of an ebreak, and nothing for an ecall, as the trap value", async () => {
    for (const [name, instruction, value] of [
      ["ebreak", (a: Assembler) => a.ebreak(), BigInt(PROGRAM + 4)],
      ["c.nop, c.ebreak", (a: Assembler) => a.word(0x9002_0001), BigInt(PROGRAM + 6)],
      ["ecall", (a: Assembler) => a.ecall(), 0n],
    ] as const) {
      const machine = await trapMachine((a) => {
        a.nop();
        instruction(a);
      });
      const [hart] = machine.harts;
      hart!.setCsr(CSR.mtval, 0x5555n);
      runFrom(machine, 3);
      expect(hart!.csr(CSR.mtval), name).toBe(value);
    }
  });

  it("save pc, cause and trap value of their level, and its interrupt enable", async () => {
    const machine = await trapMachine((a) => a.ld(reg.a0, reg.a1, 0));
    const [hart] = machine.harts;
    hart!.setX(reg.a1, 0x4000_0000n);
    hart!.setCsr(CSR.medeleg, 1n << 5n);
    hart!.setCsr(CSR.mstatus, MSTATUS.SIE);
    expect(runFrom(machine, 1)).toBe("S");
    expect([hart!.csr(CSR.sepc), hart!.csr(CSR.scause), hart!.csr(CSR.stval)]).toEqual([
      BigInt(PROGRAM),
      5n,
      0x4000_0000n,
    ]);
    const status = hart!.csr(CSR.sstatus);
    expect([status & MSTATUS.SIE, status & MSTATUS.SPIE, status & MSTATUS.SPP]).toEqual([
      0n,
      MSTATUS.SPIE,
      MSTATUS.SPP,
    ]);
  });

  it("delegated to U mode touch no S or M register", async () => {
    const machine = await trapMachine((a) => a.ld(reg.a0, reg.a1, 0));
    const [hart] = machine.harts;
    hart!.setX(reg.a1, 0x4000_0000n);
    hart!.setCsr(CSR.medeleg, 1n << 5n);
    hart!.setCsr(CSR.sedeleg, 1n << 5n);
    hart!.setCsr(CSR.mstatus, MSTATUS.UIE);
    hart!.setCsr(CSR.scause, 77n);
    expect(runFrom(machine, 0)).toBe("U");
    expect([hart!.csr(CSR.uepc), hart!.csr(CSR.ucause), hart!.csr(CSR.utval)]).toEqual([
      BigInt(PROGRAM),
      5n,
      0x4000_0000n,
    ]);
    expect(hart!.csr(CSR.scause)).toBe(77n);
    expect(hart!.csr(CSR.ustatus)).toBe(MSTATUS.UPIE);
  });

  it("ecall's cause is the mode it came from", async () => {
    const machine = await trapMachine((a) => a.ecall());
    for (const [privilege, cause] of [
      [0, 8n],
      [1, 9n],
      [3, 11n],
    ] as const) {
      expect(runFrom(machine, privilege)).toBe("M");
      expect(machine.harts[0]!.csr(CSR.mcause)).toBe(cause);
    }
  });
});

describe("interrupts", () => {
  const lines: [string, number][] = Object.entries(InterruptBit);

  async function withInterrupts(setUp: (machine: Machine) => void, privilege: 0 | 1 | 3): Promise<string> {
    const machine = await trapMachine((a) => {
      a.nop();
      a.ebreak(); // no interrupt was taken
    });
    setUp(machine);
    const target = runFrom(machine, privilege);
    const [hart] = machine.harts;
    const cause = hart!.csr({ M: CSR.mcause, S: CSR.scause, U: CSR.ucause }[target]);
    return (cause & INTERRUPT) === 0n ? "none" : `${target}${cause & 0xffn}`;
  }

  it("are taken external before software before timer, M before S before U", async () => {
    const order = [11, 3, 7, 9, 1, 5, 8, 0, 4];
    for (let first = 0; first < order.length; first++) {
      const taken = await withInterrupts((machine) => {
        const [hart] = machine.harts;
        hart!.setCsr(CSR.mie, unsigned(-1));
        hart!.setCsr(CSR.mip, 0n);
        for (const bit of order.slice(first)) hart!.setInterrupt(bit, true);
        hart!.setCsr(CSR.mstatus, MSTATUS.MIE);
      }, 3);
      // Timer lines follow the timers, which are off, and so go low at once.
      const present = order.slice(first).find((bit) => bit !== 7 && bit !== 5);
      expect(taken, `from ${first}`).toBe(`M${present}`);
    }
  });

  it("of the timers follow in the same order", async () => {
    const machine = await trapMachine((a) => a.nop());
    const [hart] = machine.harts;
    hart!.setCsr(CSR.menvcfg, 1n << 63n);
    machine.setTimeCompare(0, 0n);
    machine.setSupervisorTimer(0, 0n);
    hart!.setInterrupt(InterruptBit.userTimer, true);
    hart!.setCsr(CSR.mie, unsigned(-1));
    hart!.setCsr(CSR.mstatus, MSTATUS.MIE);
    for (const cause of [7n, 5n, 4n]) {
      runFrom(machine, 3);
      expect(hart!.csr(CSR.mcause)).toBe(INTERRUPT | cause);
      hart!.setCsr(CSR.mie, hart!.csr(CSR.mie) | unsigned(-1));
      if (cause === 7n) machine.setTimeCompare(0, unsigned(-1));
      else machine.setSupervisorTimer(0, unsigned(-1));
      hart!.setCsr(CSR.mstatus, MSTATUS.MIE);
    }
  });

  it("of S mode are masked in S mode by SIE, never in U mode, and always in M mode", async () => {
    const setUp = (enable: bigint) => (machine: Machine) => {
      const [hart] = machine.harts;
      hart!.setCsr(CSR.mideleg, 0x222n);
      hart!.setCsr(CSR.mie, 0x222n);
      hart!.setInterrupt(InterruptBit.supervisorExternal, true);
      hart!.setCsr(CSR.mstatus, enable);
    };
    expect(await withInterrupts(setUp(0n), 1)).toBe("none");
    expect(await withInterrupts(setUp(MSTATUS.SIE), 1)).toBe("S9");
    expect(await withInterrupts(setUp(0n), 0)).toBe("S9");
    expect(await withInterrupts(setUp(MSTATUS.SIE | MSTATUS.MIE), 3)).toBe("none");
  });

  it("of M mode are taken in lower modes whatever MIE says", async () => {
    const setUp = (machine: Machine) => {
      machine.harts[0]!.setCsr(CSR.mie, 0x8n);
      machine.harts[0]!.setInterrupt(InterruptBit.machineSoftware, true);
      machine.harts[0]!.setCsr(CSR.mstatus, 0n);
    };
    expect(await withInterrupts(setUp, 1)).toBe("M3");
    expect(await withInterrupts(setUp, 0)).toBe("M3");
    expect(await withInterrupts(setUp, 3)).toBe("none");
  });

  it("need their bit in mie", async () => {
    for (const [name, bit] of lines)
      expect(
        await withInterrupts((machine) => {
          machine.harts[0]!.setCsr(CSR.mie, unsigned(-1) & ~(1n << BigInt(bit)));
          machine.harts[0]!.setInterrupt(bit, true);
          machine.harts[0]!.setCsr(CSR.mstatus, MSTATUS.MIE);
        }, 3),
        name,
      ).toBe("none");
  });

  it("in vectored mode enter the table at four times the cause, exceptions at its beginning", async () => {
    const machine = await trapMachine((a) => a.ebreak());
    const [hart] = machine.harts;
    const table = RAM + 0x800;
    const entries = (a: Assembler) => {
      for (let entry = 0; entry < 16; entry++) a.li(reg.a0, 100 + entry);
    };
    machine.memory.write(table, assemble(entries, table));
    hart!.setCsr(CSR.mtvec, BigInt(table) | 1n);
    hart!.setCsr(CSR.mstatus, MSTATUS.MIE);
    hart!.setInterrupt(InterruptBit.machineExternal, true);
    for (const [enabled, entry] of [
      [0x800n, 11n],
      [0n, 0n],
    ] as const) {
      hart!.setCsr(CSR.mstatus, MSTATUS.MIE);
      hart!.setCsr(CSR.mie, enabled);
      hart!.start(BigInt(PROGRAM), 3);
      // An interrupt takes no cycle, an exception one: the instruction at the entry is executed in either case.
      machine.runSync({ maxInstructions: enabled ? 1 : 2 });
      expect(hart!.x(reg.a0)).toBe(100n + entry);
    }
  });
});

describe("returns", () => {
  it("mret restores MIE and the mode, leaves MPP at U, and clears MPRV unless it stays in M mode", async () => {
    const machine = await trapMachine((a) => a.mret());
    const [hart] = machine.harts;
    hart!.setCsr(CSR.mepc, BigInt(S_HANDLER));
    hart!.setCsr(CSR.mstatus, MSTATUS.MPIE | MSTATUS.MPRV | (1n << 11n));
    hart!.start(BigInt(PROGRAM), 3);
    machine.runSync({ maxInstructions: 1 });
    expect(hart!.privilege).toBe(1);
    expect(hart!.pc).toBe(BigInt(S_HANDLER));
    const status = hart!.csr(CSR.mstatus) & (MSTATUS.MIE | MSTATUS.MPIE | MSTATUS.MPP | MSTATUS.MPRV);
    expect(status).toBe(MSTATUS.MIE | MSTATUS.MPIE);
  });

  it("sret restores SIE and the mode in SPP", async () => {
    const machine = await trapMachine((a) => a.sret());
    const [hart] = machine.harts;
    hart!.setCsr(CSR.sepc, BigInt(U_HANDLER));
    hart!.setCsr(CSR.mstatus, MSTATUS.SPIE);
    hart!.start(BigInt(PROGRAM), 1);
    machine.runSync({ maxInstructions: 1 });
    expect([hart!.privilege, hart!.pc]).toEqual([0, BigInt(U_HANDLER)]);
    expect(hart!.csr(CSR.sstatus) & (MSTATUS.SIE | MSTATUS.SPIE | MSTATUS.SPP)).toBe(
      MSTATUS.SIE | MSTATUS.SPIE,
    );
  });

  it("of a higher mode than the present one are illegal, as are those TSR and TW intercept", async () => {
    for (const [write, privilege, status, legal] of [
      [(a: Assembler) => a.mret(), 1, 0n, false],
      [(a: Assembler) => a.sret(), 0, 0n, false],
      [(a: Assembler) => a.sret(), 1, MSTATUS.TSR, false],
      [(a: Assembler) => a.wfi(), 1, MSTATUS.TW, false],
      [(a: Assembler) => a.wfi(), 0, 0n, false],
      [(a: Assembler) => a.sret(), 3, MSTATUS.TSR, true],
    ] as const) {
      const machine = await trapMachine((a) => {
        write(a);
        a.ebreak();
      });
      const [hart] = machine.harts;
      hart!.setCsr(CSR.sepc, BigInt(PROGRAM) + 4n);
      hart!.setCsr(CSR.mstatus, status);
      runFrom(machine, privilege);
      expect(hart!.csr(CSR.mcause)).toBe(legal ? 3n : 2n);
    }
  });
});

describe("wfi", () => {
  it("waits for an interrupt that is enabled in mie even when it cannot be taken, and goes on behind the wfi", async () => {
    const machine = await trapMachine((a) => {
      a.wfi();
      a.li(reg.a0, 1);
      halt(a);
    });
    const [hart] = machine.harts;
    machine.setTimeCompare(0, 50n);
    hart!.setCsr(CSR.mie, 0x80n);
    hart!.start(BigInt(PROGRAM), 3);
    runToHalt(machine);
    expect(hart!.x(reg.a0)).toBe(1n);
    expect(hart!.counters.waitCycles).toBeGreaterThan(450n);
    expect(hart!.counters.interrupts.every((count) => count === 0n)).toBe(true);
  });

  it("skips time to the timer, and the clock shows it", async () => {
    const machine = await trapMachine((a) => {
      a.wfi();
      a.csrr(reg.a0, CSR.time);
      a.csrr(reg.a1, CSR.instret);
      halt(a);
    });
    const [hart] = machine.harts;
    machine.setTimeCompare(0, 1_000_000n);
    hart!.setCsr(CSR.mie, 0x80n);
    hart!.start(BigInt(PROGRAM), 3);
    runToHalt(machine);
    expect(hart!.x(reg.a0)).toBe(1_000_000n);
    expect(hart!.x(reg.a1)).toBeLessThan(10n);
  });

  it("does nothing when an enabled interrupt is already pending", async () => {
    const machine = await trapMachine((a) => {
      a.wfi();
      halt(a);
    });
    const [hart] = machine.harts;
    hart!.setInterrupt(InterruptBit.machineSoftware, true);
    hart!.setCsr(CSR.mie, 0x8n);
    hart!.start(BigInt(PROGRAM), 3);
    runToHalt(machine);
    expect(hart!.counters.waitCycles).toBe(0n);
  });
});

describe("events", () => {
  it("report every trap with its cause, pc and modes", async () => {
    const machine = await trapMachine((a) => {
      a.nop();
      a.ecall();
    });
    const seen: unknown[] = [];
    machine.onEvent("trap", ({ hart, cause, interrupt, pc, from, to }) =>
      seen.push({ hart, cause, interrupt, pc, from, to }),
    );
    runFrom(machine, 0);
    expect(seen).toEqual([{ hart: 0, cause: 8, interrupt: false, pc: BigInt(PROGRAM) + 4n, from: 0, to: 3 }]);
  });

  it("stop when the listener is removed", async () => {
    const machine = await trapMachine((a) => a.ecall());
    let count = 0;
    const remove = machine.onEvent("trap", () => count++);
    runFrom(machine, 0);
    remove();
    runFrom(machine, 0);
    expect(count).toBe(1);
  });
});

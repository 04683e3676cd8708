// Control and status registers: existence, privilege, fixed fields, and the counters.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import {
  type Assembler,
  bareMachine,
  CSR,
  halt,
  MSTATUS,
  RAM,
  reg,
  runBareProgram,
  runInMode,
  runToHalt,
  unsigned,
} from "../tests/bare";

/** Runs `write` in a privilege mode; returns mcause when it trapped, "done" when it reached its end. */
async function runIn(...program: Parameters<typeof runInMode>): Promise<bigint | "done"> {
  return (await runInMode(...program)).cause;
}

const ILLEGAL = 2n;

describe("access", () => {
  it("a register of a higher privilege is illegal to read", async () => {
    for (const [csr, lowest] of [
      [CSR.sscratch, 1],
      [CSR.mscratch, 3],
      [CSR.suist, 1],
      [CSR.sideleg, 1],
      [CSR.uscratch, 0],
    ] as const)
      for (const privilege of [0, 1, 3] as const)
        expect(
          await runIn(privilege, (a) => a.csrr(reg.a0, csr)),
          `${csr.toString(16)} in ${privilege}`,
        ).toBe(privilege >= lowest ? "done" : ILLEGAL);
  });

  it("a read-only register can be read by csrrs with x0, and not be written", async () => {
    expect(await runIn(3, (a) => a.csrrs(reg.a0, CSR.mhartid, reg.zero))).toBe("done");
    expect(await runIn(3, (a) => a.csrrsi(reg.a0, CSR.mhartid, 0))).toBe("done");
    expect(await runIn(3, (a) => a.csrrs(reg.a0, CSR.mhartid, reg.a1))).toBe(ILLEGAL);
    expect(await runIn(3, (a) => a.csrrw(reg.zero, CSR.mhartid, reg.zero))).toBe(ILLEGAL);
  });

  it("registers that do not exist are illegal, floating point's among them", async () => {
    for (const csr of [0x001, 0x003, 0x200, 0x3a1, 0x5c0, 0x7c0, 0xb01, 0xfff])
      expect(await runIn(3, (a) => a.csrr(reg.a0, csr)), csr.toString(16)).toBe(ILLEGAL);
  });

  it("TVM makes satp and sfence.vma of S mode illegal", async () => {
    const tvm = (machine: Machine) => machine.harts[0]!.setCsr(CSR.mstatus, MSTATUS.TVM | (1n << 11n));
    expect(await runIn(1, (a) => a.csrr(reg.a0, CSR.satp), tvm)).toBe(ILLEGAL);
    expect(await runIn(1, (a) => a.sfenceVma(), tvm)).toBe(ILLEGAL);
    expect(await runIn(1, (a) => a.sfenceVma())).toBe("done");
  });

  it("without user-interrupt hardware its registers, instructions and UINTC do not exist", async () => {
    const stock = { uintc: false };
    for (const csr of [CSR.ustatus, CSR.utvec, CSR.uip, CSR.sideleg, CSR.suist, CSR.suirs, CSR.suicfg])
      expect(await runIn(3, (a) => a.csrr(reg.a0, csr), undefined, stock), csr.toString(16)).toBe(ILLEGAL);
    expect(await runIn(3, (a) => a.uipiSend(reg.a0), undefined, stock)).toBe(ILLEGAL);
    expect(await runIn(0, (a) => a.uret(), undefined, stock)).toBe(ILLEGAL);
    const load = (a: Assembler) => {
      a.li(reg.a0, 0x2f1_0000);
      a.ld(reg.a0, reg.a0, 0);
    };
    expect(await runIn(3, load, undefined, stock)).toBe(5n);
    expect(await runIn(3, load)).toBe("done");
    const machine = await runBareProgram((a) => halt(a), stock);
    machine.harts[0]!.setCsr(CSR.mideleg, unsigned(-1));
    expect(machine.harts[0]!.csr(CSR.mideleg)).toBe(0x222n);
    machine.harts[0]!.setCsr(CSR.mstatus, unsigned(-1));
    expect(machine.harts[0]!.csr(CSR.mstatus) & 0x11n).toBe(0n);
  });
});

describe("writes", () => {
  it("keep what the machine fixes", async () => {
    const machine = await runBareProgram((a) => halt(a));
    const [hart] = machine.harts;
    for (const [csr, written, read] of [
      [CSR.misa, 0n, (2n << 62n) | 0x14_312dn], // RV64 A C D F I M N S U
      [CSR.mtvec, 0x8000_0001n, 0x8000_0001n],
      [CSR.mtvec, 0x9000_0002n, 0x8000_0001n], // a reserved mode is ignored
      [CSR.mepc, 0x8000_0003n, 0x8000_0002n],
      [CSR.medeleg, unsigned(-1), 0xb3ffn],
      [CSR.mideleg, unsigned(-1), 0x333n],
      [CSR.sideleg, unsigned(-1), 0x111n],
      [CSR.mie, unsigned(-1), 0xbbbn],
      [CSR.mcounteren, unsigned(-1), 0xffff_ffffn],
      [CSR.suirs, unsigned(-1), (1n << 63n) | 0xffffn],
      [CSR.suist, unsigned(-1), (1n << 63n) | ((1n << 56n) - 1n)],
    ] as const) {
      hart!.setCsr(csr, written);
      expect(hart!.csr(csr), csr.toString(16)).toBe(read);
    }
  });

  it("mstatus.MPP never holds the mode that does not exist", async () => {
    const machine = await runBareProgram((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.mstatus, 1n << 11n);
    hart!.setCsr(CSR.mstatus, 2n << 11n);
    expect(hart!.csr(CSR.mstatus) & MSTATUS.MPP).toBe(1n << 11n);
  });

  it("sstatus and ustatus are windows on mstatus", async () => {
    const machine = await runBareProgram((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.mstatus, 0n);
    hart!.setCsr(CSR.sstatus, unsigned(-1));
    const visible =
      MSTATUS.SIE |
      MSTATUS.SPIE |
      MSTATUS.SPP |
      MSTATUS.FS |
      MSTATUS.SUM |
      MSTATUS.MXR |
      MSTATUS.UIE |
      MSTATUS.UPIE;
    expect(hart!.csr(CSR.mstatus)).toBe(visible | MSTATUS.SD | (2n << 32n) | (2n << 34n));
    hart!.setCsr(CSR.ustatus, 0n);
    expect(hart!.csr(CSR.sstatus)).toBe((visible & ~0x11n) | MSTATUS.SD | (2n << 32n));
  });

  it("sie and sip show only what M mode delegated, uie and uip what both did", async () => {
    const machine = await runBareProgram((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.mie, unsigned(-1));
    hart!.setCsr(CSR.mideleg, 0x002n);
    expect(hart!.csr(CSR.sie)).toBe(0x002n);
    hart!.setCsr(CSR.mideleg, 0x111n);
    hart!.setCsr(CSR.sideleg, 0x001n);
    expect([hart!.csr(CSR.sie), hart!.csr(CSR.uie)]).toEqual([0x111n, 0x001n]);
    hart!.setCsr(CSR.uie, 0n);
    expect(hart!.csr(CSR.sie)).toBe(0x110n);
    hart!.setCsr(CSR.sip, unsigned(-1));
    expect([hart!.csr(CSR.mip), hart!.csr(CSR.uip)]).toEqual([0x111n, 0x001n]);
    hart!.setCsr(CSR.sideleg, 0x111n);
    hart!.setCsr(CSR.uip, 0n); // U mode clears only its software interrupt
    expect(hart!.csr(CSR.mip)).toBe(0x110n);
  });

  it("csrrs, csrrc and csrrw give the old value and combine", async () => {
    const machine = await runBareProgram((a) => {
      a.li(reg.t0, 0b1100);
      a.csrrw(reg.a0, CSR.mscratch, reg.t0);
      a.li(reg.t0, 0b0011);
      a.csrrs(reg.a1, CSR.mscratch, reg.t0);
      a.csrrci(reg.a2, CSR.mscratch, 0b0101);
      a.csrrw(reg.t0, CSR.mscratch, reg.t0);
      a.mv(reg.a3, reg.t0);
      a.csrr(reg.a4, CSR.mscratch);
      halt(a);
    });
    const values = [reg.a0, reg.a1, reg.a2, reg.a3, reg.a4].map((r) => machine.harts[0]!.x(r));
    expect(values).toEqual([0n, 0b1100n, 0b1111n, 0b1010n, 0b0011n]);
  });
});

describe("counters", () => {
  it("cycle and instret count the instructions before the one that reads them", async () => {
    const machine = await runBareProgram((a) => {
      a.csrr(reg.a0, CSR.cycle);
      a.nop();
      a.nop();
      a.csrr(reg.a1, CSR.cycle);
      a.csrr(reg.a2, CSR.instret);
      halt(a);
    });
    const [hart] = machine.harts;
    expect([hart!.x(reg.a0), hart!.x(reg.a1), hart!.x(reg.a2)]).toEqual([0n, 3n, 4n]);
  });

  it("a written counter reads its new value in the next instruction", async () => {
    const machine = await runBareProgram((a) => {
      a.li(reg.t0, 1000);
      a.csrw(CSR.minstret, reg.t0);
      a.csrr(reg.a0, CSR.instret);
      a.csrw(CSR.mcycle, reg.t0);
      a.nop();
      a.csrr(reg.a1, CSR.mcycle);
      halt(a);
    });
    expect([machine.harts[0]!.x(reg.a0), machine.harts[0]!.x(reg.a1)]).toEqual([1000n, 1001n]);
  });

  it("an instruction that traps takes a cycle but does not retire", async () => {
    const machine = await runBareProgram((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.csrr(reg.a0, CSR.cycle);
      a.csrr(reg.a1, CSR.instret);
      a.ecall();
      a.align(4);
      a.global("handler");
      a.csrr(reg.a2, CSR.cycle);
      a.csrr(reg.a3, CSR.instret);
      halt(a);
    });
    const [hart] = machine.harts;
    expect(hart!.x(reg.a2) - hart!.x(reg.a0)).toBe(3n);
    expect(hart!.x(reg.a3) - hart!.x(reg.a1)).toBe(2n); // the two reads before it
  });

  it("stop while inhibited and go on from where they were", async () => {
    const machine = await runBareProgram((a) => {
      a.csrwi(CSR.mcountinhibit, 5);
      a.csrr(reg.a0, CSR.mcycle);
      a.csrr(reg.a1, CSR.mcycle);
      a.csrr(reg.a2, CSR.minstret);
      a.csrwi(CSR.mcountinhibit, 0);
      a.csrr(reg.a3, CSR.mcycle);
      halt(a);
    });
    const [a0, a1, , a3] = [reg.a0, reg.a1, reg.a2, reg.a3].map((r) => machine.harts[0]!.x(r));
    expect(a1).toBe(a0);
    expect(a3! - a0!).toBeLessThanOrEqual(1n);
  });

  it("are open to S mode by mcounteren and to U mode by both enables", async () => {
    for (const [privilege, machineEnable, supervisorEnable, expected] of [
      [1, 0n, 0n, ILLEGAL],
      [1, 4n, 0n, "done"],
      [0, 4n, 0n, ILLEGAL],
      [0, 0n, 4n, ILLEGAL],
      [0, 4n, 4n, "done"],
    ] as const) {
      const cause = await runIn(
        privilege,
        (a) => a.csrr(reg.a0, CSR.instret),
        (machine) => {
          machine.harts[0]!.setCsr(CSR.mcounteren, machineEnable);
          machine.harts[0]!.setCsr(CSR.scounteren, supervisorEnable);
        },
      );
      expect(cause, `mode ${privilege}, ${machineEnable}, ${supervisorEnable}`).toBe(expected);
    }
  });

  it("mtime runs at a tenth of the clock", async () => {
    const machine = await runBareProgram((a) => {
      for (let i = 0; i < 95; i++) a.nop();
      a.csrr(reg.a0, CSR.time);
      for (let i = 0; i < 10; i++) a.nop();
      a.csrr(reg.a1, CSR.time);
      halt(a);
    });
    expect([machine.harts[0]!.x(reg.a0), machine.harts[0]!.x(reg.a1)]).toEqual([9n, 10n]);
  });

  it("an event counter counts traps into S and M mode", async () => {
    const machine = await runBareProgram((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.csrwi(CSR.mhpmevent3, 1);
      a.csrwi(CSR.mhpmcounter3, 0);
      a.ecall();
      a.ecall();
      a.csrr(reg.a0, CSR.mhpmcounter3);
      halt(a);
      a.align(4);
      a.global("handler");
      a.csrr(reg.t1, CSR.mepc);
      a.addi(reg.t1, reg.t1, 4);
      a.csrw(CSR.mepc, reg.t1);
      a.mret();
    });
    expect(machine.harts[0]!.x(reg.a0)).toBe(2n);
  });

  it("the host's counts divide cycles and instructions by mode", async () => {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.la(reg.t0, "user");
      a.csrw(CSR.mepc, reg.t0);
      a.mret();
      a.global("user");
      a.nop();
      a.nop();
      a.ecall();
      a.align(4);
      a.global("handler");
      halt(a);
    });
    runToHalt(machine);
    const { instructionsIn, cyclesIn, exceptions, trapsTo } = machine.harts[0]!.counters;
    expect(instructionsIn).toEqual({ user: 2n, supervisor: 0n, machine: 9n });
    expect(cyclesIn.user).toBe(3n);
    expect(exceptions[8]).toBe(1n);
    expect(trapsTo).toEqual({ user: 0n, supervisor: 0n, machine: 1n });
  });

  it("the host is told when it names a register that does not exist", async () => {
    const machine = await runBareProgram((a) => halt(a));
    expect(() => machine.harts[0]!.csr(0x7c0)).toThrow(RangeError);
    expect(machine.harts[0]!.pc).toBeGreaterThan(BigInt(RAM));
  });
});

// The supervisor's own timer (Sstc): stimecmp, who may use it, and whose the timer's pending bit is.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import { CSR, halt, INTERRUPT, MSTATUS, reg, runBareProgram, runInMode, unsigned } from "../tests/bare";

const STCE = 1n << 63n;
const TM = 2n;
const ILLEGAL = 2n;
const STIP = 1n << 5n;
const SUPERVISOR_TIMER = INTERRUPT | 5n;
/** mtime counts once in so many cycles. */
const CYCLES_PER_TICK = 10n;

/** Lets S mode use the timer. */
function open(machine: Machine): void {
  machine.harts[0]!.setCsr(CSR.menvcfg, STCE);
  machine.harts[0]!.setCsr(CSR.mcounteren, TM);
}

describe("stimecmp", () => {
  it("is M mode's always, S mode's by menvcfg.STCE and mcounteren.TM together, and never U mode's", async () => {
    for (const privilege of [0, 1, 3] as const)
      for (const environment of [0n, STCE])
        for (const counters of [0n, TM]) {
          const { cause } = await runInMode(
            privilege,
            (a) => a.csrr(reg.a0, CSR.stimecmp),
            ({ harts: [hart] }) => {
              hart!.setCsr(CSR.menvcfg, environment);
              hart!.setCsr(CSR.mcounteren, counters);
              hart!.setCsr(CSR.scounteren, TM);
            },
          );
          const isAllowed = privilege === 3 || (privilege === 1 && environment !== 0n && counters !== 0n);
          expect(cause, `mode ${privilege}, STCE ${environment}, TM ${counters}`).toBe(
            isAllowed ? "done" : ILLEGAL,
          );
        }
  });

  it("holds all 64 bits", async () => {
    const { machine } = await runInMode(
      1,
      (a) => {
        a.li(reg.a0, unsigned(-2));
        a.csrw(CSR.stimecmp, reg.a0);
        a.csrr(reg.a1, CSR.stimecmp);
      },
      open,
    );
    expect(machine.harts[0]!.x(reg.a1)).toBe(unsigned(-2));
  });
});

describe("the supervisor timer interrupt", () => {
  it("comes in the cycle in which time reaches stimecmp", async () => {
    const { machine, cause } = await runInMode(
      1,
      (a) => {
        a.csrsi(CSR.sstatus, 2);
        a.li(reg.a0, 20);
        a.csrw(CSR.stimecmp, reg.a0);
        a.label("loop");
        a.j("loop");
      },
      (machine) => {
        open(machine);
        machine.harts[0]!.setCsr(CSR.mie, STIP);
      },
    );
    const [hart] = machine.harts;
    expect(cause).toBe(SUPERVISOR_TIMER);
    // Only the two instructions of the halt came after it.
    expect(hart!.clock - 2n).toBe(20n * CYCLES_PER_TICK);
  });

  it("wakes a hart in wfi, and time skips to it", async () => {
    const { machine, cause } = await runInMode(
      1,
      (a) => {
        a.li(reg.a0, 1_000_000);
        a.csrw(CSR.stimecmp, reg.a0);
        a.wfi();
        a.csrr(reg.a1, CSR.time);
      },
      (machine) => {
        open(machine);
        machine.harts[0]!.setCsr(CSR.mideleg, STIP); // pending in S mode, where SIE is clear: not taken
        machine.harts[0]!.setCsr(CSR.mie, STIP);
      },
    );
    expect(cause).toBe("done");
    expect(machine.harts[0]!.x(reg.a1)).toBe(1_000_000n);
  });

  it("is pending exactly while time is not below stimecmp", async () => {
    const { machine } = await runInMode(
      1,
      (a) => {
        a.csrw(CSR.stimecmp, reg.zero);
        a.csrr(reg.a1, CSR.sip);
        a.li(reg.a0, -1n);
        a.csrw(CSR.stimecmp, reg.a0);
        a.csrr(reg.a2, CSR.sip);
      },
      (machine) => {
        open(machine);
        machine.harts[0]!.setCsr(CSR.mideleg, STIP);
      },
    );
    expect([machine.harts[0]!.x(reg.a1), machine.harts[0]!.x(reg.a2)]).toEqual([STIP, 0n]);
  });

  it("belongs to software while STCE is clear, and to stimecmp while it is set", async () => {
    const machine = await runBareProgram((a) => {
      a.csrw(CSR.stimecmp, reg.zero); // due, but nobody is told
      a.csrr(reg.a1, CSR.mip);
      a.csrsi(CSR.mip, 0);
      a.li(reg.a0, STIP);
      a.csrs(CSR.mip, reg.a0);
      a.csrr(reg.a2, CSR.mip);
      a.li(reg.t0, -1n);
      a.csrw(CSR.stimecmp, reg.t0);
      a.li(reg.t0, STCE);
      a.csrs(CSR.menvcfg, reg.t0); // software's bit goes
      a.csrr(reg.a3, CSR.mip);
      a.csrs(CSR.mip, reg.a0); // and cannot be set
      a.csrr(reg.a4, CSR.mip);
      a.csrw(CSR.stimecmp, reg.zero);
      a.csrr(reg.a5, CSR.mip);
      a.csrc(CSR.mip, reg.a0); // nor cleared
      a.csrr(reg.a6, CSR.mip);
      a.csrc(CSR.menvcfg, reg.t0);
      a.csrr(reg.a7, CSR.mip);
      halt(a);
    });
    const values = [reg.a1, reg.a2, reg.a3, reg.a4, reg.a5, reg.a6, reg.a7].map((r) =>
      machine.harts[0]!.x(r),
    );
    expect(values).toEqual([0n, STIP, 0n, 0n, STIP, STIP, 0n]);
  });

  it("of one hart is not another's", async () => {
    const machine = await runBareProgram(
      (a) => {
        a.csrr(reg.a0, CSR.mhartid);
        a.li(reg.t0, STCE);
        a.csrs(CSR.menvcfg, reg.t0);
        a.bnez(reg.a0, "other");
        a.csrw(CSR.stimecmp, reg.zero);
        a.label("other");
        for (let i = 0; i < 50; i++) a.nop();
        a.csrr(reg.a1, CSR.mip);
        halt(a);
      },
      { harts: 2 },
    );
    expect(machine.harts.map((hart) => hart.x(reg.a1))).toEqual([STIP, 0n]);
  });

  it("is masked by SIE only in S mode", async () => {
    for (const [privilege, status, expected] of [
      [1, 0n, "done"],
      [1, MSTATUS.SIE, SUPERVISOR_TIMER],
      [0, 0n, SUPERVISOR_TIMER],
    ] as const) {
      const { machine, cause } = await runInMode(
        privilege,
        (a) => a.nop(),
        (machine) => {
          const [hart] = machine.harts;
          open(machine);
          hart!.setCsr(CSR.stimecmp, 0n);
          hart!.setCsr(CSR.stvec, hart!.csr(CSR.mtvec));
          hart!.setCsr(CSR.mideleg, STIP);
          hart!.setCsr(CSR.mie, STIP);
          hart!.setCsr(CSR.mstatus, (BigInt(privilege) << 11n) | status | (status << 4n));
          hart!.setCsr(CSR.medeleg, 0n);
          hart!.setCsr(CSR.stvec, 0x8000_1000n); // nothing there: an illegal instruction, seen by M mode
        },
      );
      const scause = machine.harts[0]!.csr(CSR.scause);
      expect(scause === 0n ? cause : scause, `mode ${privilege}, status ${status}`).toBe(expected);
    }
  });
});

// User interrupts: when they are delivered into user mode, and what keeps processes safe from each other.
import { describe, expect, it } from "vitest";
import { InterruptBit, type Machine } from "../src/index";
import { assemble, CSR, INTERRUPT, MSTATUS, RAM, reg } from "../tests/bare";
import {
  ACTIVE,
  ENABLE,
  enableUserInterrupts,
  HANDLER,
  HIGH,
  LOW,
  low,
  machineWith,
  nops,
  read,
  register,
  S_HANDLER,
  SEND,
  senderEntry,
  step,
  TABLE,
  USER,
  userInterrupts,
  write,
} from "../tests/user-interrupt-machine";

describe("delivery into user mode", () => {
  /** A pending interrupt for a receiver on hart 1, with every condition met. */
  async function ready(): Promise<Machine> {
    const machine = await machineWith(nops);
    enableUserInterrupts(machine, 1);
    write(machine, register(3n, LOW), low(1n, true));
    write(machine, register(3n, SEND), 5n);
    return machine;
  }

  it("happens before the next user instruction, in the same mode, with cause and pc saved", async () => {
    const machine = await ready();
    const hart = machine.harts[1]!;
    step(machine, 1, USER, 0);
    expect(hart.x(reg.a7)).toBe(10n);
    expect(hart.privilege).toBe(0);
    expect([hart.csr(CSR.uepc), hart.csr(CSR.ucause), hart.csr(CSR.utval)]).toEqual([
      BigInt(USER),
      INTERRUPT,
      0n,
    ]);
    expect(hart.csr(CSR.ustatus)).toBe(MSTATUS.UPIE);
    expect(userInterrupts(machine, 1)).toBe(1n);
    expect(hart.counters.trapsTo).toEqual({ user: 0n, supervisor: 0n, machine: 0n });
  });

  const conditions: [string, (machine: Machine) => void][] = [
    ["ustatus.UIE is clear", (m) => m.harts[1]!.setCsr(CSR.mstatus, 0n)],
    ["uie.USIE is clear", (m) => m.harts[1]!.setCsr(CSR.mie, 0x110n)],
    ["the receiver is not active", (m) => write(m, register(3n, ACTIVE), 0n)],
    ["the receiver is bound to another hart", (m) => write(m, register(3n, LOW), low(0n, true))],
    ["pending was read, which clears it", (m) => void read(m, register(3n, HIGH))],
  ];
  for (const [condition, breakIt] of conditions)
    it(`does not happen when ${condition}`, async () => {
      const machine = await ready();
      breakIt(machine);
      step(machine, 1, USER, 0, 3);
      expect(userInterrupts(machine, 1)).toBe(0n);
    });

  it("needs delegation by both M and S: else the interrupt is M's or S's", async () => {
    for (const [mideleg, sideleg, target] of [
      [0x333n, 0x111n, "U"],
      [0x333n, 0n, "S"],
      [0x222n, 0x111n, "M"],
    ] as const) {
      const machine = await ready();
      const hart = machine.harts[1]!;
      hart.setCsr(CSR.mideleg, mideleg);
      hart.setCsr(CSR.sideleg, sideleg);
      hart.setCsr(CSR.mtvec, BigInt(S_HANDLER));
      step(machine, 1, USER, 0);
      const { trapsTo, userInterrupts: taken } = hart.counters;
      expect([taken, trapsTo.supervisor, trapsTo.machine], target).toEqual([
        target === "U" ? 1n : 0n,
        target === "S" ? 1n : 0n,
        target === "M" ? 1n : 0n,
      ]);
      if (target === "S") expect(hart.csr(CSR.scause)).toBe(INTERRUPT);
    }
  });

  it("waits while the hart is in S or M mode, whatever their enables, and comes with the return to U mode", async () => {
    const machine = await ready();
    const hart = machine.harts[1]!;
    machine.memory.write(
      USER,
      assemble((a) => {
        a.nop();
        a.sret();
      }, USER),
    );
    hart.setCsr(CSR.mstatus, MSTATUS.UIE | MSTATUS.SIE | MSTATUS.MIE);
    step(machine, 1, USER, 3, 1);
    step(machine, 1, USER, 1, 1);
    expect(userInterrupts(machine, 1)).toBe(0n);
    hart.setCsr(CSR.sepc, BigInt(USER) + 0x40n);
    hart.setX(reg.a7, 0n);
    step(machine, 1, USER + 4, 1, 2); // sret, then the handler's first instruction
    expect(userInterrupts(machine, 1)).toBe(1n);
    expect(hart.csr(CSR.uepc)).toBe(BigInt(USER) + 0x40n);
    expect(hart.x(reg.a7)).toBe(10n);
  });

  it("prefers external to software to timer, and S mode's interrupts to all of them", async () => {
    const machine = await machineWith(nops);
    enableUserInterrupts(machine, 1);
    const hart = machine.harts[1]!;
    hart.setInterrupt(InterruptBit.userExternal, true);
    hart.setCsr(CSR.mip, 0x11n); // software and timer, held by software
    for (const cause of [8n, 0n, 4n]) {
      hart.setCsr(CSR.mstatus, MSTATUS.UIE);
      step(machine, 1, USER, 0);
      expect(hart.csr(CSR.ucause)).toBe(INTERRUPT | cause);
      if (cause === 8n) hart.setInterrupt(InterruptBit.userExternal, false);
      else hart.setCsr(CSR.mip, 0x10n);
    }
    hart.setCsr(CSR.mie, 0x113n);
    hart.setInterrupt(InterruptBit.supervisorSoftware, true);
    hart.setCsr(CSR.mstatus, MSTATUS.UIE);
    step(machine, 1, USER, 0);
    expect(hart.csr(CSR.scause)).toBe(INTERRUPT | 1n);
  });

  it("in vectored mode enters the table at four times the cause", async () => {
    const machine = await ready();
    const hart = machine.harts[1]!;
    hart.setCsr(CSR.utvec, BigInt(HANDLER) | 1n);
    step(machine, 1, USER, 0); // software interrupts have cause 0
    expect(hart.pc).toBe(BigInt(HANDLER) + 4n);
    hart.setInterrupt(InterruptBit.userExternal, true);
    hart.setCsr(CSR.mstatus, MSTATUS.UIE);
    machine.memory.write(
      HANDLER + 32,
      assemble((a) => a.nop(), HANDLER + 32),
    );
    step(machine, 1, USER, 0);
    expect(hart.pc).toBe(BigInt(HANDLER) + 36n);
  });

  it("ends with uret, which restores UIE and the pc", async () => {
    const machine = await ready();
    const hart = machine.harts[1]!;
    step(machine, 1, USER + 4, 0);
    read(machine, register(3n, HIGH));
    step(machine, 1, HANDLER + 4, 0);
    expect(hart.pc).toBe(BigInt(USER) + 4n);
    expect(hart.csr(CSR.ustatus)).toBe(MSTATUS.UIE | MSTATUS.UPIE);
  });

  it("uret outside U mode is illegal", async () => {
    const machine = await machineWith((a) => a.uret());
    for (const privilege of [1, 3] as const) {
      step(machine, 1, USER, privilege);
      expect(machine.harts[1]!.csr(CSR.mcause)).toBe(2n);
    }
  });

  it("happens again as long as the line is high", async () => {
    const machine = await ready();
    step(machine, 1, USER, 0, 6); // handler, uret, handler, uret, handler, uret
    expect(userInterrupts(machine, 1)).toBe(3n);
  });

  it("is an event with the interrupted pc", async () => {
    const machine = await ready();
    const seen: unknown[] = [];
    machine.onEvent("userInterrupt", ({ hart, cause, pc }) => seen.push({ hart, cause, pc }));
    step(machine, 1, USER, 0);
    expect(seen).toEqual([{ hart: 1, cause: 0, pc: BigInt(USER) }]);
  });
});

describe("protection", () => {
  it("user mode cannot touch suist, suirs or suicfg", async () => {
    for (const csr of [CSR.suist, CSR.suirs, CSR.suicfg]) {
      const machine = await machineWith((a) => a.csrw(csr, reg.a0));
      step(machine, 0, USER, 0);
      expect(machine.harts[0]!.csr(CSR.mcause)).toBe(2n);
    }
  });

  it("user mode cannot reach UINTC registers that its page table does not map", async () => {
    const machine = await machineWith((a) => a.sd(reg.a1, reg.a0, 0));
    const root = RAM + 0x10000;
    // One user gigapage maps RAM to itself; the UINTC's addresses have none.
    machine.memory.writeU64(root + 16, ((BigInt(RAM) >> 12n) << 10n) | 0xdfn);
    const [hart] = machine.harts;
    hart!.setCsr(CSR.satp, (8n << 60n) | (BigInt(root) >> 12n));
    hart!.setX(reg.a0, register(3n, SEND));
    step(machine, 0, USER, 0);
    expect(hart!.csr(CSR.mcause)).toBe(15n);
    expect(read(machine, register(3n, HIGH))).toBe(0n);
  });

  it("the sender table is read by physical address, whatever is mapped there", async () => {
    const machine = await machineWith((a) => a.uipiSend(reg.a0));
    const root = RAM + 0x10000;
    const middle = RAM + 0x11000;
    const leaves = RAM + 0x12000;
    const decoy = RAM + 0x13000;
    const pte = (physical: number, flags: bigint) => ((BigInt(physical) >> 12n) << 10n) | flags;
    // The virtual page with the table's number is the decoy; the code is mapped to itself.
    machine.memory.writeU64(root + 16, pte(middle, 1n));
    machine.memory.writeU64(middle, pte(leaves, 1n));
    machine.memory.writeU64(leaves, pte(RAM, 0xdfn));
    machine.memory.writeU64(leaves + 8 * ((TABLE - RAM) >> 12), pte(decoy, 0xdfn));
    machine.memory.writeU64(TABLE, senderEntry(3n, 9n));
    machine.memory.writeU64(decoy, senderEntry(4n, 9n));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.satp, (8n << 60n) | (BigInt(root) >> 12n));
    hart!.setCsr(CSR.suist, ENABLE | (1n << 44n) | (BigInt(TABLE) >> 12n));
    hart!.setX(reg.a0, 0n);
    step(machine, 0, USER, 0);
    expect([read(machine, register(3n, HIGH)), read(machine, register(4n, HIGH))]).toEqual([1n << 9n, 0n]);
  });

  it("a receiver that was switched out collects its vectors and disturbs nobody", async () => {
    const machine = await machineWith(nops);
    enableUserInterrupts(machine, 1);
    write(machine, register(3n, LOW), low(1n, false));
    for (const vector of [1n, 2n, 40n]) write(machine, register(3n, SEND), vector);
    step(machine, 1, USER, 0, 4);
    expect(userInterrupts(machine, 1)).toBe(0n);
    expect(read(machine, register(3n, HIGH))).toBe((1n << 1n) | (1n << 2n) | (1n << 40n));
  });

  it("a receiver that moved is interrupted on its new hart only", async () => {
    const machine = await machineWith(nops);
    enableUserInterrupts(machine, 0);
    enableUserInterrupts(machine, 1);
    write(machine, register(3n, LOW), low(1n, false));
    write(machine, register(3n, SEND), 6n);
    write(machine, register(3n, LOW), low(0n, true)); // as a kernel does on switch-in on hart 0
    step(machine, 1, USER, 0, 3);
    machine.harts[0]!.setCsr(CSR.mstatus, MSTATUS.UIE);
    step(machine, 0, USER, 0, 1);
    expect([userInterrupts(machine, 0), userInterrupts(machine, 1)]).toEqual([1n, 0n]);
  });
});

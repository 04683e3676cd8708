// User interrupts: the N extension's delivery rules, the UINTC and the uipi instructions, and what keeps processes safe
// from each other.
import { describe, expect, it } from "vitest";
import { InterruptBit, type Machine } from "../src/index";
import {
  type Assembler,
  assemble,
  bareMachine,
  CSR,
  INTERRUPT,
  MSTATUS,
  RAM,
  reg,
  unsigned,
} from "../tests/bare";

const UINTC = 0x2f1_0000n;
const SEND = 0x00n;
const LOW = 0x08n;
const HIGH = 0x10n;
const ACTIVE = 0x18n;
const ENABLE = 1n << 63n;

/** Code addresses. */
const STORE = RAM + 0x100;
const LOAD = RAM + 0x104;
const USER = RAM + 0x200;
const HANDLER = RAM + 0x400;
const S_HANDLER = RAM + 0x480;
const TABLE = RAM + 0x8000;

const register = (receiver: bigint, offset: bigint) => UINTC + receiver * 32n + offset;
const low = (hart: bigint, active: boolean) => (hart << 16n) | 2n | (active ? 1n : 0n);
const senderEntry = (receiver: bigint, vector: bigint, valid = 1n) =>
  (receiver << 48n) | (vector << 16n) | valid;

/** A machine whose harts are stopped, with `user` at USER and handlers that note themselves in a7. */
async function machineWith(user: (a: Assembler) => void, harts = 2): Promise<Machine> {
  const machine = await bareMachine((a) => a.wfi(), { harts });
  for (const hart of machine.harts) hart.stop();
  const place = (address: number, write: (a: Assembler) => void) =>
    machine.memory.write(address, assemble(write, address));
  place(STORE, (a) => a.sd(reg.a1, reg.a0, 0));
  place(LOAD, (a) => a.ld(reg.a2, reg.a0, 0));
  place(USER, user);
  place(HANDLER, (a) => {
    a.li(reg.a7, 10);
    a.uret();
  });
  place(S_HANDLER, (a) => {
    a.li(reg.a7, 11);
    a.sret();
  });
  return machine;
}

/** Executes one instruction on a hart, alone. */
function step(
  machine: Machine,
  hartId: number,
  pc: number | bigint,
  privilege: 0 | 1 | 3,
  instructions = 1,
): void {
  const hart = machine.harts[hartId]!;
  hart.start(BigInt(pc), privilege);
  machine.runSync({ maxInstructions: instructions });
  hart.stop();
}

/** A store by hart 0 in M mode. */
function write(machine: Machine, address: bigint, value: bigint): void {
  machine.harts[0]!.setX(reg.a0, address);
  machine.harts[0]!.setX(reg.a1, value);
  step(machine, 0, STORE, 3);
}

/** A load by hart 0 in M mode. */
function read(machine: Machine, address: bigint): bigint {
  machine.harts[0]!.setX(reg.a0, address);
  step(machine, 0, LOAD, 3);
  return machine.harts[0]!.x(reg.a2);
}

/** Prepares a hart as a kernel does for a running receiver. */
function enableUserInterrupts(machine: Machine, hartId: number): void {
  const hart = machine.harts[hartId]!;
  hart.setCsr(CSR.mideleg, 0x333n);
  hart.setCsr(CSR.sideleg, 0x111n);
  hart.setCsr(CSR.mie, 0x111n);
  hart.setCsr(CSR.mstatus, MSTATUS.UIE);
  hart.setCsr(CSR.utvec, BigInt(HANDLER));
  hart.setCsr(CSR.stvec, BigInt(S_HANDLER));
}

const usip = (machine: Machine, hartId: number) => machine.harts[hartId]!.csr(CSR.mip) & 1n;
const userInterrupts = (machine: Machine, hartId: number) => machine.harts[hartId]!.counters.userInterrupts;
const nops = (a: Assembler) => {
  for (let i = 0; i < 8; i++) a.nop();
};

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

describe("UINTC registers", () => {
  it("LOW keeps active, mode and hartid, and nothing else", async () => {
    const machine = await machineWith(nops);
    write(machine, register(511n, LOW), unsigned(-1));
    expect(read(machine, register(511n, LOW))).toBe(0xffff_0003n);
  });

  it("SEND sets one of 64 vectors and reads as zero", async () => {
    const machine = await machineWith(nops);
    for (const vector of [0n, 31n, 32n, 63n]) write(machine, register(9n, SEND), vector);
    expect(read(machine, register(9n, SEND))).toBe(0n);
    expect(read(machine, register(9n, HIGH))).toBe(1n | (1n << 31n) | (1n << 32n) | (1n << 63n));
  });

  it("HIGH reads pending and clears it; writing adds to it", async () => {
    const machine = await machineWith(nops);
    write(machine, register(0n, HIGH), 0b1010n);
    write(machine, register(0n, HIGH), 0b0001n);
    expect(read(machine, register(0n, HIGH))).toBe(0b1011n);
    expect(read(machine, register(0n, HIGH))).toBe(0n);
  });

  it("ACTIVE shows and sets the active bit alone", async () => {
    const machine = await machineWith(nops);
    write(machine, register(2n, LOW), low(1n, false));
    write(machine, register(2n, ACTIVE), unsigned(-1));
    expect(read(machine, register(2n, ACTIVE))).toBe(1n);
    expect(read(machine, register(2n, LOW))).toBe(low(1n, true));
    write(machine, register(2n, ACTIVE), 0n);
    expect(read(machine, register(2n, LOW))).toBe(low(1n, false));
  });

  it("entries do not disturb each other", async () => {
    const machine = await machineWith(nops);
    write(machine, register(4n, HIGH), 0xffn);
    expect(read(machine, register(3n, HIGH))).toBe(0n);
    expect(read(machine, register(5n, HIGH))).toBe(0n);
    expect(read(machine, register(4n, HIGH))).toBe(0xffn);
  });

  it("take aligned 64-bit accesses only", async () => {
    const machine = await machineWith((a) => a.lw(reg.a2, reg.a0, 0));
    machine.harts[1]!.setX(reg.a0, register(0n, LOW));
    step(machine, 1, USER, 3);
    expect(machine.harts[1]!.csr(CSR.mcause)).toBe(5n);
    machine.harts[0]!.setX(reg.a0, register(0n, LOW) + 4n);
    step(machine, 0, LOAD, 3);
    expect(machine.harts[0]!.csr(CSR.mcause)).toBe(5n);
  });
});

describe("the line to a hart", () => {
  it("is a level: it falls when pending is read, when active is cleared and when the receiver moves", async () => {
    const lower: ((machine: Machine) => void)[] = [
      (m) => void read(m, register(1n, HIGH)),
      (m) => write(m, register(1n, ACTIVE), 0n),
      (m) => write(m, register(1n, LOW), low(0n, true)),
    ];
    for (const change of lower) {
      const machine = await machineWith(nops);
      write(machine, register(1n, LOW), low(1n, true));
      write(machine, register(1n, SEND), 7n);
      expect(usip(machine, 1)).toBe(1n);
      change(machine);
      expect(usip(machine, 1)).toBe(0n);
    }
  });

  it("rises when a receiver with something pending becomes active or arrives", async () => {
    const machine = await machineWith(nops);
    write(machine, register(1n, SEND), 7n);
    write(machine, register(1n, LOW), low(0n, true));
    expect([usip(machine, 0), usip(machine, 1)]).toEqual([1n, 0n]);
    write(machine, register(1n, LOW), low(1n, true));
    expect([usip(machine, 0), usip(machine, 1)]).toEqual([0n, 1n]);
  });

  it("stays high while any receiver of the hart has something pending", async () => {
    const machine = await machineWith(nops);
    for (const receiver of [1n, 2n]) {
      write(machine, register(receiver, LOW), low(1n, true));
      write(machine, register(receiver, SEND), 0n);
    }
    read(machine, register(1n, HIGH));
    expect(usip(machine, 1)).toBe(1n);
    read(machine, register(2n, HIGH));
    expect(usip(machine, 1)).toBe(0n);
  });

  it("is not hidden by software clearing uip.USIP", async () => {
    const machine = await machineWith(nops);
    enableUserInterrupts(machine, 1);
    write(machine, register(1n, LOW), low(1n, true));
    write(machine, register(1n, SEND), 0n);
    machine.harts[1]!.setCsr(CSR.uip, 0n);
    expect(usip(machine, 1)).toBe(1n);
  });

  it("of a hart that does not exist drives nobody", async () => {
    const machine = await machineWith(nops);
    write(machine, register(1n, LOW), low(0x1234n, true));
    write(machine, register(1n, SEND), 0n);
    expect([usip(machine, 0), usip(machine, 1)]).toEqual([0n, 0n]);
  });
});

describe("uipi send", () => {
  /** Hart 0 may send through one page of table; receiver 3 lives on hart 1. */
  async function sender(): Promise<Machine> {
    const machine = await machineWith((a) => a.uipiSend(reg.a0));
    machine.harts[0]!.setCsr(CSR.suist, ENABLE | (1n << 44n) | (BigInt(TABLE) >> 12n));
    machine.memory.writeU64(TABLE, senderEntry(3n, 5n));
    machine.memory.writeU64(TABLE + 8 * 511, senderEntry(4n, 63n));
    return machine;
  }

  function send(machine: Machine, index: bigint, privilege: 0 | 1 = 0): void {
    machine.harts[0]!.setX(reg.a0, index);
    step(machine, 0, USER, privilege);
  }

  const pendingOf = (machine: Machine, receiver: bigint) => read(machine, register(receiver, HIGH));

  it("sets the vector of the table's entry at the receiver it names, from U and from S mode", async () => {
    const machine = await sender();
    send(machine, 0n);
    expect(pendingOf(machine, 3n)).toBe(1n << 5n);
    send(machine, 511n, 1);
    expect(pendingOf(machine, 4n)).toBe(1n << 63n);
    expect(machine.harts[0]!.counters.uipiSends).toBe(2n);
    expect(machine.harts[0]!.counters.exceptions.every((count) => count === 0n)).toBe(true);
  });

  it("interrupts a receiver that runs in user mode on another hart", async () => {
    const machine = await sender();
    enableUserInterrupts(machine, 1);
    write(machine, register(3n, LOW), low(1n, true));
    send(machine, 0n);
    step(machine, 1, USER + 0x40, 0);
    expect(userInterrupts(machine, 1)).toBe(1n);
  });

  const refusals: [string, (machine: Machine) => void, bigint][] = [
    ["suist is not enabled", (m) => m.harts[0]!.setCsr(CSR.suist, (1n << 44n) | (BigInt(TABLE) >> 12n)), 0n],
    ["the index is behind the table", (m) => m.memory.writeU64(TABLE + 4096, senderEntry(3n, 5n)), 512n],
    ["the index is enormous", () => {}, unsigned(-1)],
    ["the table has no pages", (m) => m.harts[0]!.setCsr(CSR.suist, ENABLE | (BigInt(TABLE) >> 12n)), 0n],
    ["the entry is not valid", (m) => m.memory.writeU64(TABLE, senderEntry(3n, 5n, 0n)), 0n],
    [
      "the entry names a receiver that does not exist",
      (m) => m.memory.writeU64(TABLE, senderEntry(512n, 5n)),
      0n,
    ],
    [
      "the entry names a vector that does not exist",
      (m) => m.memory.writeU64(TABLE, senderEntry(3n, 64n)),
      0n,
    ],
    ["the table is not in RAM", (m) => m.harts[0]!.setCsr(CSR.suist, ENABLE | (1n << 44n) | 0x10000n), 0n],
  ];
  for (const [reason, prepare, index] of refusals)
    it(`does nothing, silently, when ${reason}`, async () => {
      const machine = await sender();
      prepare(machine);
      send(machine, index);
      for (let receiver = 0n; receiver < 512n; receiver += 1n)
        if (receiver < 6n || receiver > 508n) expect(pendingOf(machine, receiver)).toBe(0n);
      expect(machine.harts[0]!.counters.uipiSends).toBe(0n);
      expect(machine.harts[0]!.counters.exceptions.every((count) => count === 0n)).toBe(true);
    });

  it("goes where suicfg says the UINTC is", async () => {
    const machine = await sender();
    machine.harts[0]!.setCsr(CSR.suicfg, BigInt(RAM) + 0x9000n);
    send(machine, 0n);
    expect(pendingOf(machine, 3n)).toBe(0n);
    expect(machine.memory.readU64(RAM + 0x9000 + 3 * 32)).toBe(5n);
  });

  it("is an event", async () => {
    const machine = await sender();
    const seen: unknown[] = [];
    machine.onEvent("uipiSend", ({ hart, receiver, vector, senderIndex }) =>
      seen.push({ hart, receiver, vector, senderIndex }),
    );
    send(machine, 511n);
    expect(seen).toEqual([{ hart: 0, receiver: 4, vector: 63, senderIndex: 511 }]);
  });
});

describe("a receiver's own uipi instructions", () => {
  async function receiver(instruction: (a: Assembler) => void): Promise<Machine> {
    const machine = await machineWith(instruction);
    machine.harts[0]!.setCsr(CSR.suirs, ENABLE | 7n);
    write(machine, register(7n, LOW), low(1n, false));
    return machine;
  }

  it("READ gives its pending vectors and clears them", async () => {
    const machine = await receiver((a) => a.uipiRead(reg.a3));
    write(machine, register(7n, HIGH), 0x8000_0000_0000_0001n);
    step(machine, 0, USER, 0);
    expect(machine.harts[0]!.x(reg.a3)).toBe(0x8000_0000_0000_0001n);
    expect(read(machine, register(7n, HIGH))).toBe(0n);
  });

  it("WRITE adds vectors to its own entry and to no other", async () => {
    const machine = await receiver((a) => a.uipiWrite(reg.a3));
    machine.harts[0]!.setX(reg.a3, 0b110n);
    step(machine, 0, USER, 0);
    for (const other of [0n, 6n, 8n, 511n]) expect(read(machine, register(other, HIGH))).toBe(0n);
    expect(read(machine, register(7n, HIGH))).toBe(0b110n);
  });

  it("ACTIVATE and DEACTIVATE change the active bit and never the hart", async () => {
    const machine = await receiver((a) => {
      a.uipiActivate();
      a.uipiDeactivate();
    });
    step(machine, 0, USER, 0);
    expect(read(machine, register(7n, LOW))).toBe(low(1n, true));
    step(machine, 0, USER + 4, 0);
    expect(read(machine, register(7n, LOW))).toBe(low(1n, false));
  });

  it("ACTIVATE brings what arrived while inactive", async () => {
    const machine = await receiver((a) => a.uipiActivate());
    write(machine, register(7n, SEND), 1n);
    expect(usip(machine, 1)).toBe(0n);
    step(machine, 0, USER, 0);
    expect(usip(machine, 1)).toBe(1n);
  });

  it("do nothing without suirs.enable or with an index that does not exist, and READ gives 0", async () => {
    for (const suirs of [7n, ENABLE | 512n, ENABLE | 0xffffn]) {
      const machine = await receiver((a) => {
        a.uipiRead(reg.a3);
        a.uipiWrite(reg.a4);
        a.uipiActivate();
      });
      write(machine, register(7n, HIGH), 4n);
      const [hart] = machine.harts;
      hart!.setCsr(CSR.suirs, suirs);
      hart!.setX(reg.a3, 99n);
      hart!.setX(reg.a4, 3n);
      step(machine, 0, USER, 0, 3);
      expect(hart!.x(reg.a3)).toBe(0n);
      expect(read(machine, register(7n, LOW))).toBe(low(1n, false));
      expect(read(machine, register(7n, HIGH))).toBe(4n);
      expect(hart!.counters.exceptions.every((count) => count === 0n)).toBe(true);
    }
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

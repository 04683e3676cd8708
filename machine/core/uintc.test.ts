// The UINTC and the uipi instructions: registers, the level-driven lines, sender tables, a receiver's own operations.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import { type Assembler, bareMachine, CSR, RAM, reg, unsigned } from "../tests/bare";
import {
  ACTIVE,
  ENABLE,
  enableUserInterrupts,
  HIGH,
  LOAD,
  LOW,
  low,
  machineWith,
  nops,
  read,
  register,
  SEND,
  senderEntry,
  step,
  TABLE,
  USER,
  userInterrupts,
  usip,
  write,
} from "../tests/user-interrupt-machine";

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

  it("are seen by the host without taking what is pending", async () => {
    const machine = await machineWith(nops);
    write(machine, register(7n, LOW), low(1n, true));
    write(machine, register(7n, SEND), 5n);
    const { receivers } = machine;
    expect([receivers!.count, receivers!.isAnyActive]).toEqual([512, true]);
    expect([receivers!.isActive(7), receivers!.hart(7), receivers!.pending(7)]).toEqual([true, 1, 32n]);
    expect([receivers!.isActive(8), receivers!.hart(8), receivers!.pending(8)]).toEqual([false, 0, 0n]);
    expect(() => receivers!.pending(512)).toThrow("no receiver entry 512");
    expect(read(machine, register(7n, HIGH))).toBe(32n);
    write(machine, register(7n, ACTIVE), 0n);
    expect(receivers!.isAnyActive).toBe(false);
    expect((await bareMachine(nops, { uintc: false })).receivers).toBeUndefined();
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

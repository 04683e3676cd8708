// Events and marks: what they say, exactly when, and that listening changes nothing.
import { describe, expect, it } from "vitest";
import { type EventKind, type Machine, MachineError, type MachineEvent } from "../src/index";
import { type Assembler, assemble, bareMachine, CSR, halt, RAM, reg, runToHalt } from "../tests/bare";
import {
  ENABLE,
  enableUserInterrupts,
  LOW,
  low,
  machineWith,
  register,
  senderEntry,
  TABLE,
  USER,
  write,
} from "../tests/user-interrupt-machine";

const KINDS: EventKind[] = ["trap", "userInterrupt", "uipiSend", "return", "wait", "wake", "mark"];

/** Everything the machine reports, in order. */
function record(machine: Machine): MachineEvent[] {
  const events: MachineEvent[] = [];
  for (const kind of KINDS) machine.onEvent(kind, (event) => events.push(event));
  return events;
}

/** A trap from M mode and back, then a sleep until the timer. */
function trapAndSleep(a: Assembler): void {
  a.la(reg.t0, "handler");
  a.csrw(CSR.mtvec, reg.t0);
  a.global("call");
  a.ecall();
  a.global("after");
  a.li(reg.t0, 0x80);
  a.csrw(CSR.mie, reg.t0);
  a.wfi();
  a.global("awake");
  halt(a);
  a.align(4);
  a.global("handler");
  a.csrr(reg.t1, CSR.mepc);
  a.addi(reg.t1, reg.t1, 4);
  a.csrw(CSR.mepc, reg.t1);
  a.mret();
}

describe("events", () => {
  it("of a trap, its return and a sleep say where, when and after how many instructions", async () => {
    const machine = await bareMachine(trapAndSleep);
    machine.setTimeCompare(0, 100n);
    const events = record(machine);
    runToHalt(machine);
    expect(events.map(({ kind }) => kind)).toEqual(["trap", "return", "wait", "wake", "wait"]);
    const [trap, back, sleep, wake] = events as [MachineEvent, MachineEvent, MachineEvent, MachineEvent];
    expect(trap).toMatchObject({ hart: 0, cause: 11, interrupt: false, privilege: 3, from: 3, to: 3 });
    // The trap took a cycle and retired nothing; the handler has four instructions.
    expect(trap.clock - trap.instructions).toBe(1n);
    expect(back).toMatchObject({ instruction: "mret", to: 3, target: trap.pc + 4n });
    expect(back.instructions - trap.instructions).toBe(4n);
    expect(back.clock - trap.clock).toBe(4n);
    expect(sleep).toMatchObject({ instruction: "wfi" });
    expect(wake).toMatchObject({ instruction: "wfi", waited: 1000n - sleep.clock, clock: 1000n });
    expect(wake.instructions).toBe(sleep.instructions);
    expect(wake.pc).toBe(sleep.pc + 4n);
  });

  it("of a user interrupt are the send, the entry and uret, each with its hart's counts", async () => {
    const machine = await machineWith((a) => {
      a.addi(reg.a3, reg.a3, 1);
      a.bnez(reg.a4, "send");
      a.label("loop");
      a.j("loop");
      a.label("send");
      a.uipiSend(reg.a0);
      a.j("loop");
    });
    enableUserInterrupts(machine, 1);
    write(machine, register(3n, LOW), low(1n, true));
    machine.memory.writeU64(TABLE, senderEntry(3n, 7n));
    machine.harts[0]!.setCsr(CSR.suist, ENABLE | (1n << 44n) | (BigInt(TABLE) >> 12n));
    machine.harts[0]!.setX(reg.a0, 0n);
    machine.harts[0]!.setX(reg.a4, 1n);
    for (const hart of machine.harts) hart.start(BigInt(USER), 0);
    const before = machine.harts.map((hart) => hart.instructions);
    const events = record(machine);
    machine.runSync({ maxInstructions: 40 });
    const [send, taken, back] = events as [MachineEvent, MachineEvent, MachineEvent];
    expect(send).toMatchObject({
      kind: "uipiSend",
      hart: 0,
      receiver: 3,
      vector: 7,
      senderIndex: 0,
      privilege: 0,
    });
    expect(send.instructions - before[0]!).toBe(3n);
    expect(taken).toMatchObject({ kind: "userInterrupt", hart: 1, cause: 0, privilege: 0 });
    // Lock-step: the receiver is interrupted before an instruction of its own can follow the send.
    expect(taken.clock - send.clock).toBeLessThanOrEqual(1n);
    expect(back).toMatchObject({ kind: "return", hart: 1, instruction: "uret", to: 0, target: taken.pc });
    expect(back.instructions - taken.instructions).toBe(2n);
  });
});

describe("marks", () => {
  const LOOP = 10;
  const program = (a: Assembler) => {
    a.li(reg.s0, LOOP); // compressed
    a.label("loop");
    a.addi(reg.a0, reg.a0, 1);
    a.addi(reg.s0, reg.s0, -1);
    a.bnez(reg.s0, "loop");
    halt(a);
  };
  const LOOP_ADDRESS = BigInt(RAM) + BigInt(firstLength());

  /** Bytes of the program's first instruction. */
  function firstLength(): number {
    return (assemble(program)[0]! & 3) === 3 ? 4 : 2;
  }

  it("report every execution, before it", async () => {
    const machine = await bareMachine(program);
    const events = record(machine);
    machine.mark({ name: "loop", address: LOOP_ADDRESS });
    runToHalt(machine);
    const marks = events.filter((event) => event.kind === "mark");
    expect(marks.map(({ instructions }) => instructions)).toEqual(
      Array.from({ length: LOOP }, (_, i) => 1n + 3n * BigInt(i)),
    );
    expect(marks[0]).toMatchObject({
      name: "loop",
      address: LOOP_ADDRESS,
      pc: LOOP_ADDRESS,
      satp: 0n,
      privilege: 3,
      clock: 1n,
    });
  });

  it("and listeners leave the run as it is, cycle for cycle", async () => {
    const run = async (prepare: (machine: Machine) => void) => {
      const machine = await bareMachine(trapAndSleep, { harts: 2, quantum: 3 });
      prepare(machine);
      machine.setTimeCompare(0, 100n);
      machine.setTimeCompare(1, 90n);
      runToHalt(machine);
      return machine.harts.map((hart) => [hart.clock, hart.pc, hart.counters, hart.x(reg.t1)]);
    };
    const everywhere = (machine: Machine) => {
      record(machine);
      for (let at = 0; at < 60; at += 2) machine.mark({ name: "every", address: BigInt(RAM + at) });
    };
    expect(await run(everywhere)).toEqual(await run(() => {}));
  });

  it("are reported once though the instruction has to wait for slower harts", async () => {
    const machine = await bareMachine(
      (a) => {
        a.csrr(reg.t0, CSR.mhartid);
        a.global("fence");
        a.fence(15, 15);
        halt(a);
      },
      { harts: 3 },
    );
    const events = record(machine);
    machine.mark({ name: "fence", address: BigInt(RAM) + 4n });
    runToHalt(machine);
    expect(events.filter(({ kind }) => kind === "mark").map(({ hart }) => hart)).toEqual([0, 1, 2]);
  });

  it("are reported once though the instruction has to wait for stores to drain", async () => {
    const machine = await bareMachine(
      (a) => {
        a.la(reg.t0, "end");
        for (let i = 0; i < 5; i++) a.sw(reg.t0, reg.t0, 64 * i + 64);
        a.global("end");
        a.fence(15, 15);
        halt(a);
      },
      { storeBuffer: { seed: 1 } },
    );
    const events = record(machine);
    const fence = machine.memory
      .read(RAM, 64)
      .findIndex((byte, at) => at % 2 === 0 && (byte & 0x7f) === 0x0f);
    machine.mark({ name: "fence", address: BigInt(RAM + fence) });
    runToHalt(machine);
    expect(machine.harts[0]!.clock).toBeGreaterThan(machine.harts[0]!.instructions);
    expect(events.filter(({ kind }) => kind === "mark")).toHaveLength(1);
  });

  it("can be restricted to a mode or an address space, and share an address", async () => {
    const machine = await bareMachine(program);
    const events = record(machine);
    machine.mark({ name: "user", address: LOOP_ADDRESS, privilege: 0 });
    machine.mark({ name: "elsewhere", address: LOOP_ADDRESS, satp: 8n << 60n });
    machine.mark({ name: "here", address: LOOP_ADDRESS, satp: 0n, privilege: 3 });
    runToHalt(machine);
    const names = new Set(events.flatMap((event) => (event.kind === "mark" ? [event.name] : [])));
    expect([...names]).toEqual(["here"]);
  });

  it("can be removed and set by listeners, and a listener may stop the run before the instruction", async () => {
    const machine = await bareMachine(program);
    let count = 0;
    const remove = machine.mark({ name: "loop", address: LOOP_ADDRESS });
    machine.onEvent("mark", ({ name }) => {
      count++;
      if (name === "loop" && count === 3) {
        machine.powerOff(7);
        remove();
        machine.mark({ name: "again", address: LOOP_ADDRESS });
      }
    });
    expect(machine.runSync()).toEqual({ reason: "poweroff", exitCode: 7 });
    expect(machine.harts[0]!.pc).toBe(LOOP_ADDRESS);
    expect(machine.harts[0]!.instructions).toBe(7n);
    runToHalt(machine);
    expect(count).toBe(LOOP);
  });

  it("are bounded in number", async () => {
    const machine = await bareMachine(program);
    for (let i = 0; i < 256; i++) machine.mark({ name: "x", address: BigInt(i * 2) });
    expect(() => machine.mark({ name: "x", address: 0x1000n })).toThrow(MachineError);
  });
});

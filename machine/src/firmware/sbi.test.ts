import { describe, expect, it } from "vitest";
import { Console } from "../devices/console";
import { createVirtBoard } from "../devices/virt";
import { FakeHarts } from "../test-support/fake-harts";
import { parseFdt } from "../test-support/parse-fdt";
import { Random } from "../test-support/random";
import { createSbi } from "./sbi";

const RAM = 0x8000_0000n;
const ENTRY = 0x8020_0000n - 0x18_0000n;
const ALL = (1n << 64n) - 1n;
const [BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN] = [
  0x10n,
  0x5449_4d45n,
  0x73_5049n,
  0x5246_4e43n,
  0x48_534dn,
  0x5352_5354n,
  0x4442_434en,
];
const MIP = 0x344;
const [SUCCESS, NOT_SUPPORTED, INVALID_PARAMETER, INVALID_ADDRESS, ALREADY_AVAILABLE] = [
  0n,
  -2n,
  -3n,
  -5n,
  -6n,
];

function booted(userInterrupts = true) {
  const host = new FakeHarts(4);
  const console = new Console((bytes) => host.consoleOutput(bytes));
  const board = createVirtBoard(host, { harts: 4, memory: 0x10_0000, uintc: userInterrupts }, console);
  const firmware = createSbi(host, board);
  firmware.boot(ENTRY);
  const on =
    (index: number) =>
    (extension: bigint, functionId: bigint, ...args: bigint[]): bigint[] => {
      const hart = host.harts[index]!;
      for (let i = 0; i < 6; i++) hart.setX(10 + i, args[i] ?? 0n);
      hart.setX(16, functionId);
      hart.setX(17, extension);
      firmware.environmentCall(hart);
      return [BigInt.asIntN(64, hart.x(10)), BigInt.asIntN(64, hart.x(11))];
    };
  const csr = (hart: number, number: number): bigint => host.csrs.get(`${hart}:${number}`) ?? 0n;
  const type = (text: string): void => board.console.receive(new TextEncoder().encode(text));
  const printed = (): string => new TextDecoder().decode(Uint8Array.from(host.printed));
  return { host, board, firmware, on, call: on(0), csr, type, printed };
}

describe("the built-in firmware", () => {
  it("starts hart 0 in S mode with its number and the device tree, the others stay stopped", () => {
    const { host, board } = booted();
    const hart = host.harts[0]!;
    expect([hart.pc, hart.privilege, hart.runState, hart.x(10)]).toEqual([ENTRY, 1, "running", 0n]);
    expect(host.harts.slice(1).map((other) => other.runState)).toEqual(["stopped", "stopped", "stopped"]);
    const blob = host.memory.read(hart.x(11), board.deviceTree.length);
    expect(Object.keys(parseFdt(blob).children)).toContain("cpus");
  });

  it("delegates what a supervisor handles, user interrupts only where the machine has them", () => {
    expect([booted(true).csr(3, 0x302), booted(true).csr(3, 0x303)]).toEqual([0xb1ffn, 0x333n]);
    expect(booted(false).csr(0, 0x303)).toBe(0x222n);
  });

  it("opens counters and memory and presets the event counters", () => {
    const { csr } = booted();
    expect([csr(1, 0x306), csr(1, 0x323), csr(1, 0x324), csr(1, 0x3a0)]).toEqual([
      0xffff_ffffn,
      1n,
      2n,
      0x1fn,
    ]);
  });

  it("says what it is and what it has", () => {
    const { call } = booted();
    expect(call(BASE, 0n)).toEqual([SUCCESS, 0x200_0000n]);
    for (const id of [BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, 0n, 1n, 8n])
      expect(call(BASE, 3n, id)).toEqual([SUCCESS, 1n]);
    for (const id of [9n, 0x50_4d55n, ALL]) expect(call(BASE, 3n, id)).toEqual([SUCCESS, 0n]);
    expect(call(BASE, 7n)).toEqual([NOT_SUPPORTED, 0n]);
    expect(call(0x50_4d55n, 0n)).toEqual([NOT_SUPPORTED, 0n]);
  });

  it("sets the calling hart's timer, by the new call and the old one", () => {
    const { host, on } = booted();
    expect(on(2)(TIME, 0n, 1234n)[0]).toBe(SUCCESS);
    on(1)(0n, 0n, ALL);
    expect(host.supervisorTimers).toEqual([ALL, ALL, 1234n, ALL]);
  });
});

describe("inter-processor interrupts", () => {
  it("reach the harts that run", () => {
    const { host, call, csr } = booted();
    call(HSM, 0n, 2n, RAM, 0n);
    expect(call(IPI, 0n, 0b111n, 0n)[0]).toBe(SUCCESS);
    expect(host.harts.map(({ id }) => csr(id, MIP))).toEqual([2n, 0n, 2n, 0n]);
    expect(call(IPI, 0n, 0n, ALL)[0]).toBe(SUCCESS);
  });

  it("to a hart that does not exist reach nobody", () => {
    const { call, csr } = booted();
    expect(call(IPI, 0n, 0b10001n, 0n)[0]).toBe(INVALID_PARAMETER);
    expect(call(IPI, 0n, 1n, 4n)[0]).toBe(INVALID_PARAMETER);
    expect(call(IPI, 0n, 2n, ALL - 1n)[0]).toBe(INVALID_PARAMETER);
    expect(csr(0, MIP)).toBe(0n);
  });

  it("can be sent and cleared by the old calls, whose mask lies in memory", () => {
    const { host, call, csr } = booted();
    host.memory.writeU64(RAM + 64n, 1n);
    expect(call(4n, 0n, RAM + 64n)[0]).toBe(SUCCESS);
    expect(csr(0, MIP)).toBe(2n);
    call(3n, 0n);
    expect(csr(0, MIP)).toBe(0n);
    call(4n, 0n, 0n);
    expect(csr(0, MIP)).toBe(2n);
    expect(call(4n, 0n, 0x1000n)[0]).toBe(INVALID_ADDRESS);
    expect(call(4n, 0n, RAM + 65n)[0]).toBe(INVALID_ADDRESS);
  });

  it("find an old call's mask through the caller's page table", () => {
    const { host, call, csr } = booted();
    host.memory.writeU64(RAM + 0x1000n + 8n * 5n, ((RAM >> 12n) << 10n) | 0xcfn);
    host.memory.writeU64(RAM + 64n, 1n);
    host.harts[0]!.setCsr(0x180, (8n << 60n) | ((RAM + 0x1000n) >> 12n));
    expect(call(4n, 0n, (5n << 30n) + 64n)[0]).toBe(SUCCESS);
    expect(csr(0, MIP)).toBe(2n);
    expect(call(4n, 0n, 6n << 30n)[0]).toBe(INVALID_ADDRESS);
  });
});

describe("remote fences", () => {
  it("drop translations or instructions of the named harts", () => {
    const { host, call } = booted();
    expect(call(RFENCE, 1n, 0b11n, 1n, 0n, 4096n)[0]).toBe(SUCCESS);
    expect(call(RFENCE, 2n, 1n, 0n, 0n, ALL, 5n)[0]).toBe(SUCCESS);
    expect(call(RFENCE, 0n, 1n, 0n)[0]).toBe(SUCCESS);
    expect(host.fences).toEqual(["1:translations", "2:translations", "0:translations", "instructions"]);
    expect(call(RFENCE, 1n, 1n, 9n)[0]).toBe(INVALID_PARAMETER);
    expect(call(RFENCE, 3n, 1n, 0n)[0]).toBe(NOT_SUPPORTED);
  });
});

describe("hart state management", () => {
  it("starts a stopped hart, once", () => {
    const { host, call } = booted();
    expect(call(HSM, 2n, 1n)).toEqual([SUCCESS, 1n]);
    expect(call(HSM, 0n, 1n, RAM + 8n, 77n)[0]).toBe(SUCCESS);
    const hart = host.harts[1]!;
    expect([hart.pc, hart.privilege, hart.x(10), hart.x(11)]).toEqual([RAM + 8n, 1, 1n, 77n]);
    expect(call(HSM, 2n, 1n)).toEqual([SUCCESS, 0n]);
    expect(call(HSM, 0n, 1n, RAM, 0n)[0]).toBe(ALREADY_AVAILABLE);
  });

  it("refuses harts and addresses that do not exist", () => {
    const { call } = booted();
    expect(call(HSM, 0n, 4n, RAM, 0n)[0]).toBe(INVALID_PARAMETER);
    expect(call(HSM, 2n, ALL)[0]).toBe(INVALID_PARAMETER);
    for (const address of [0n, RAM + 1n, RAM + 0x10_0000n, ALL - 1n, ALL])
      expect(call(HSM, 0n, 1n, address, 0n)[0]).toBe(INVALID_ADDRESS);
  });

  it("stops the calling hart, which can be started again", () => {
    const { host, on, call } = booted();
    call(HSM, 0n, 3n, RAM, 0n);
    on(3)(HSM, 1n);
    expect(host.harts[3]!.runState).toBe("stopped");
    expect(call(HSM, 0n, 3n, RAM, 0n)[0]).toBe(SUCCESS);
  });
});

describe("suspending a hart", () => {
  const SUSPEND = 3n;
  const NON_RETENTIVE = 0x8000_0000n;
  const [SSTATUS, SATP, SIE] = [0x100, 0x180, 0x104];

  it("makes it wait, and is told from waiting by itself", () => {
    const { host, call, on } = booted();
    const hart = host.harts[1]!;
    call(HSM, 0n, 1n, RAM, 0n);
    expect(on(1)(HSM, SUSPEND, 0n, 0n, 5n)).toEqual([SUCCESS, 0n]);
    expect([hart.runState, call(HSM, 2n, 1n)]).toEqual(["waiting", [SUCCESS, 4n]]);
    host.wake(1);
    expect(call(HSM, 2n, 1n)).toEqual([SUCCESS, 0n]);
    host.retire(1, 2);
    hart.waitForInterrupt();
    expect(call(HSM, 2n, 1n)).toEqual([SUCCESS, 0n]);
  });

  it("lets it go on elsewhere with translation and interrupts off when it keeps no registers", () => {
    const { host, call, csr } = booted();
    const hart = host.harts[0]!;
    for (const [number, value] of [
      [SSTATUS, 0x2_0002n],
      [SATP, 8n << 60n],
      [SIE, 0x222n],
    ] as const)
      hart.setCsr(number, value);
    expect(call(HSM, SUSPEND, NON_RETENTIVE, RAM + 64n, 99n)).toEqual([0n, 99n]);
    expect([hart.pc, hart.runState, csr(0, SSTATUS), csr(0, SATP), csr(0, SIE)]).toEqual([
      RAM + 64n,
      "waiting",
      0x2_0000n,
      0n,
      0x222n,
    ]);
  });

  it("is refused for unknown types and for addresses that do not exist, and then does not wait", () => {
    const { host, call } = booted();
    for (const type of [1n, 0x1000_0000n, 0x8000_0001n, 0xffff_ffffn])
      expect(call(HSM, SUSPEND, type, RAM, 0n)[0]).toBe(INVALID_PARAMETER);
    for (const address of [0n, RAM + 1n, RAM + 0x10_0000n])
      expect(call(HSM, SUSPEND, NON_RETENTIVE, address, 0n)[0]).toBe(INVALID_ADDRESS);
    expect(host.harts[0]!.runState).toBe("running");
  });
});

describe("system reset", () => {
  it("powers off, with an exit code when the system failed, or resets", () => {
    const ending = (...args: bigint[]) => {
      const { call, host } = booted();
      call(...(args as [bigint, bigint]));
      return host.ended;
    };
    expect(ending(SRST, 0n, 0n, 0n)).toBe(0);
    expect(ending(SRST, 0n, 0n, 1n)).toBe(1);
    expect(ending(SRST, 0n, 1n, 0n)).toBe("reset");
    expect(ending(8n, 0n)).toBe(0);
  });

  it("refuses reserved types and reasons", () => {
    const { call, host } = booted();
    expect(call(SRST, 0n, 3n, 0n)[0]).toBe(INVALID_PARAMETER);
    expect(call(SRST, 0n, 0n, 2n)[0]).toBe(INVALID_PARAMETER);
    expect(call(SRST, 0n, 0xf000_0000n, 0n)[0]).toBe(NOT_SUPPORTED);
    expect(host.ended).toBeNull();
  });
});

describe("the firmware's console", () => {
  it("writes strings and bytes", () => {
    const { host, call, printed } = booted();
    host.memory.write(RAM, new TextEncoder().encode("hello"));
    expect(call(DBCN, 0n, 5n, RAM, 0n)).toEqual([SUCCESS, 5n]);
    call(DBCN, 2n, 0x21n);
    call(1n, 0n, 0x0an);
    expect(printed()).toBe("hello!\n");
    expect(call(DBCN, 0n, 0n, RAM, 0n)).toEqual([SUCCESS, 0n]);
  });

  it("reads as much as there is", () => {
    const { host, call, type } = booted();
    type("abcd");
    expect(call(2n, 0n)[0]).toBe(0x61n);
    expect(call(DBCN, 1n, 2n, RAM, 0n)).toEqual([SUCCESS, 2n]);
    expect(call(DBCN, 1n, 8n, RAM + 2n, 0n)).toEqual([SUCCESS, 1n]);
    expect(new TextDecoder().decode(host.memory.read(RAM, 3))).toBe("bcd");
    expect([call(2n, 0n)[0], call(DBCN, 1n, 8n, RAM, 0n)]).toEqual([-1n, [SUCCESS, 0n]]);
  });

  it("refuses buffers outside memory", () => {
    const { call, type } = booted();
    type("x");
    for (const functionId of [0n, 1n])
      for (const [length, address, high] of [
        [1n, 0n, 0n],
        [2n, RAM + 0x10_0000n - 1n, 0n],
        [ALL, RAM, 0n],
        [1n, ALL, 0n],
        [1n, RAM, 1n],
      ] as const)
        expect(call(DBCN, functionId, length, address, high)[0]).toBe(INVALID_PARAMETER);
    expect(call(2n, 0n)[0]).toBe(0x78n);
  });
});

it("the firmware survives hostile calls", () => {
  const seed = 21;
  const random = new Random(seed);
  const { on } = booted();
  const extensions = [
    0n,
    1n,
    2n,
    3n,
    4n,
    5n,
    6n,
    7n,
    8n,
    BASE,
    TIME,
    IPI,
    RFENCE,
    HSM,
    SRST,
    DBCN,
    0x50_4d55n,
  ];
  for (let round = 0; round < 20_000; round++) {
    const extension = random.chance(8) ? random.bits64() : random.pick(extensions);
    const functionId = random.chance(8) ? random.bits64() : BigInt(random.below(8));
    const args = Array.from({ length: 6 }, () =>
      random.chance(3)
        ? random.bits64()
        : random.pick([0n, 1n, 8n, 0xffn, RAM, RAM + 8n, RAM + 0xf_fff8n, ALL]),
    );
    const hart = random.below(4);
    expect(() => on(hart)(extension, functionId, ...args), `seed ${seed}, round ${round}`).not.toThrow();
  }
});

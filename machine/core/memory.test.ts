// Loads and stores without translation: widths, alignment, the borders of RAM, devices.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import {
  type Assembler,
  assemble,
  bareMachine,
  CSR,
  halt,
  MSTATUS,
  PAGE,
  RAM,
  reg,
  runToHalt,
  unsigned,
} from "../tests/bare";

const DATA = RAM + 0x8000;

/** A machine that runs `write` with a0 = an address, a1 = a value; a trap ends the program. */
async function machineFor(write: (a: Assembler) => void, options = {}): Promise<Machine> {
  return bareMachine((a) => {
    a.la(reg.t0, "handler");
    a.csrw(CSR.mtvec, reg.t0);
    write(a);
    a.align(4);
    a.global("handler");
    halt(a);
  }, options);
}

function start(machine: Machine, address: bigint | number, value = 0n): void {
  const [hart] = machine.harts;
  hart!.setX(reg.a0, unsigned(BigInt(address)));
  hart!.setX(reg.a1, value);
  hart!.setCsr(CSR.mcause, 0n);
  hart!.start(BigInt(RAM), 3);
  runToHalt(machine);
}

const LOADS = {
  lb: (v: bigint) => BigInt.asIntN(8, v),
  lh: (v: bigint) => BigInt.asIntN(16, v),
  lw: (v: bigint) => BigInt.asIntN(32, v),
  ld: (v: bigint) => v,
  lbu: (v: bigint) => BigInt.asUintN(8, v),
  lhu: (v: bigint) => BigInt.asUintN(16, v),
  lwu: (v: bigint) => BigInt.asUintN(32, v),
} as const;
const STORES = { sb: 8, sh: 16, sw: 32, sd: 64 } as const;
const PATTERN = 0x8899_aabb_ccdd_eeffn;

describe("loads", () => {
  for (const [op, extend] of Object.entries(LOADS) as [keyof typeof LOADS, (v: bigint) => bigint][])
    it(`${op} extends what it loads, at every alignment and across pages`, async () => {
      const machine = await machineFor((a) => a[op](reg.a2, reg.a0, 0));
      for (let shift = -8; shift <= 8; shift++) {
        const address = DATA + PAGE + shift;
        machine.memory.writeU64(address, PATTERN);
        start(machine, address);
        expect(machine.harts[0]!.csr(CSR.mcause)).toBe(0n);
        expect(machine.harts[0]!.x(reg.a2), `offset ${shift}`).toBe(unsigned(extend(PATTERN)));
      }
    });
});

describe("stores", () => {
  for (const [op, width] of Object.entries(STORES) as [keyof typeof STORES, number][])
    it(`${op} changes its bytes and no others, at every alignment and across pages`, async () => {
      const machine = await machineFor((a) => a[op](reg.a1, reg.a0, 0));
      for (let shift = -8; shift <= 8; shift++) {
        const address = DATA + PAGE + shift;
        machine.memory.write(DATA + PAGE - 16, new Uint8Array(40).fill(0x11));
        start(machine, address, PATTERN);
        const expected = new Uint8Array(40).fill(0x11);
        for (let byte = 0; byte < width / 8; byte++)
          expected[16 + shift + byte] = Number((PATTERN >> BigInt(8 * byte)) & 0xffn);
        expect(machine.memory.read(DATA + PAGE - 16, 40), `offset ${shift}`).toEqual(expected);
      }
    });
});

describe("accesses outside RAM and devices", () => {
  const size = 1 << 20;
  const places: [string, bigint][] = [
    ["behind RAM", BigInt(RAM + size)],
    ["in a hole between devices", 0x5000_0000n],
    ["beyond 4 GiB", 0x2_0000_0000n],
    ["at the top of the address space", unsigned(-8)],
    ["4 GiB above RAM", BigInt(RAM) + (1n << 32n)],
  ];
  for (const [where, address] of places) {
    it(`a load ${where} is an access fault`, async () => {
      const machine = await machineFor((a) => a.ld(reg.a2, reg.a0, 0));
      start(machine, address);
      expect([machine.harts[0]!.csr(CSR.mcause), machine.harts[0]!.csr(CSR.mtval)]).toEqual([5n, address]);
    });
    it(`a store ${where} is an access fault`, async () => {
      const machine = await machineFor((a) => a.sd(reg.a1, reg.a0, 0));
      start(machine, address);
      expect([machine.harts[0]!.csr(CSR.mcause), machine.harts[0]!.csr(CSR.mtval)]).toEqual([7n, address]);
    });
    it(`a jump ${where} is an access fault`, async () => {
      const machine = await machineFor((a) => a.jalr(reg.zero, reg.a0, 0));
      start(machine, address);
      expect([machine.harts[0]!.csr(CSR.mcause), machine.harts[0]!.csr(CSR.mepc)]).toEqual([1n, address]);
    });
  }

  it("an access that begins in RAM's last bytes and ends behind it faults and changes nothing", async () => {
    const machine = await machineFor((a) => a.sd(reg.a1, reg.a0, 0));
    const last = RAM + size - 4;
    start(machine, last, unsigned(-1));
    expect(machine.harts[0]!.csr(CSR.mcause)).toBe(7n);
    expect(machine.memory.readU32(last)).toBe(0);
  });

  it("a misaligned access to a device is an access fault", async () => {
    const machine = await machineFor((a) => a.lw(reg.a2, reg.a0, 0));
    start(machine, 0x10_1002);
    expect(machine.harts[0]!.csr(CSR.mcause)).toBe(5n);
  });

  it("RAM's last word can be used", async () => {
    const machine = await machineFor((a) => {
      a.sd(reg.a1, reg.a0, 0);
      a.ld(reg.a2, reg.a0, 0);
    });
    start(machine, RAM + size - 8, PATTERN);
    expect(machine.harts[0]!.x(reg.a2)).toBe(PATTERN);
  });
});

describe("MPRV", () => {
  it("makes machine mode's loads obey the protection of the mode in MPP", async () => {
    const machine = await machineFor((a) => {
      a.csrs(CSR.mstatus, reg.a1);
      a.ld(reg.a2, reg.a0, 0);
    });
    machine.harts[0]!.setCsr(CSR.pmpcfg0, 0n);
    start(machine, DATA, MSTATUS.MPRV);
    expect(machine.harts[0]!.csr(CSR.mcause)).toBe(5n);
    machine.harts[0]!.setCsr(CSR.mstatus, 0n);
    start(machine, DATA, 0n);
    expect(machine.harts[0]!.csr(CSR.mcause)).toBe(0n);
  });
});

describe("programs in RAM", () => {
  it("are read again after the host has written them", async () => {
    const machine = await machineFor((a) => a.li(reg.a2, 1));
    start(machine, 0);
    expect(machine.harts[0]!.x(reg.a2)).toBe(1n);
    machine.memory.write(
      RAM,
      assemble((a) => {
        a.li(reg.a2, 2);
        halt(a);
      }),
    );
    start(machine, 0);
    expect(machine.harts[0]!.x(reg.a2)).toBe(2n);
  });
});

// Sv48, and what may be added to page tables: 64 KiB ranges (Svnapot), memory types (Svpbmt), and finer fences (Svinval).
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import { type Assembler, CSR, MSTATUS, PAGE, RAM, reg, runInMode, unsigned } from "../tests/bare";
import { entry, PageTables, PTE, SUPERVISOR_PAGE } from "../tests/page-tables";

const TABLES = RAM + 0x10000;
const DATA = RAM + 0x30000;
const VIRTUAL = 0x1234_5678_9000n; // all four levels have indexes of their own
const ILLEGAL = 2n;
const LOAD_PAGE_FAULT = 13n;
const STORE_PAGE_FAULT = 15n;
const FETCH_PAGE_FAULT = 12n;
const PBMTE = 1n << 62n;
const GIGA = 1n << 30n;

/** Runs S-mode code with RAM mapped where it is and what `prepare` maps. */
function runPaged(
  levels: 3 | 4,
  write: (a: Assembler) => void,
  prepare: (tables: PageTables, machine: Machine) => void,
): ReturnType<typeof runInMode> {
  return runInMode(1, write, (machine) => {
    const tables = new PageTables(machine, levels, TABLES);
    tables.map(BigInt(RAM), RAM, SUPERVISOR_PAGE, 2);
    machine.memory.writeU64(DATA + 8, 0x55n);
    machine.harts[0]!.setCsr(CSR.satp, tables.satp());
    prepare(tables, machine);
  });
}

/** Loads the doubleword at a virtual address. */
const loadFrom = (address: bigint) => (a: Assembler) => {
  a.li(reg.a0, unsigned(address));
  a.ld(reg.a1, reg.a0, 0);
};

describe("Sv48", () => {
  it("translates through four levels", async () => {
    const { machine, cause } = await runPaged(4, loadFrom(VIRTUAL + 8n), (tables) =>
      tables.map(VIRTUAL, DATA, SUPERVISOR_PAGE),
    );
    expect([cause, machine.harts[0]!.x(reg.a1)]).toEqual(["done", 0x55n]);
  });

  it("has superpages of 2 MiB, 1 GiB and 512 GiB, which must be aligned", async () => {
    for (const level of [1, 2, 3]) {
      const size = 1n << BigInt(12 + 9 * level);
      const base = BigInt(RAM) - (BigInt(RAM) % size);
      const address = 0x4000_0000_0000n + BigInt(DATA + 8) - base;
      const good = await runPaged(4, loadFrom(address), (tables) =>
        tables.map(0x4000_0000_0000n, base, SUPERVISOR_PAGE, level),
      );
      expect([good.cause, good.machine.harts[0]!.x(reg.a1)], `level ${level}`).toEqual(["done", 0x55n]);
      const bad = await runPaged(4, loadFrom(address), (tables) =>
        tables.map(0x4000_0000_0000n, base + BigInt(PAGE), SUPERVISOR_PAGE, level),
      );
      expect(bad.cause, `level ${level}`).toBe(LOAD_PAGE_FAULT);
    }
  });

  it("faults where the upper bits do not repeat bit 47", async () => {
    const low = 0x7fff_ffff_f000n;
    const high = -(1n << 47n);
    for (const [address, expected] of [
      [low + 8n, "done"],
      [high + 8n, "done"],
      [low + 8n + (1n << 48n), LOAD_PAGE_FAULT],
      [unsigned(high + 8n) ^ (1n << 63n), LOAD_PAGE_FAULT],
      [1n << 47n, LOAD_PAGE_FAULT],
    ] as const) {
      const { machine, cause } = await runPaged(4, loadFrom(address), (tables) => {
        tables.map(low, DATA, SUPERVISOR_PAGE);
        tables.map(high, DATA, SUPERVISOR_PAGE);
      });
      expect(cause, unsigned(address).toString(16)).toBe(expected);
      if (expected !== "done") expect(machine.harts[0]!.csr(CSR.mtval)).toBe(unsigned(address));
    }
  });

  it("fetches, stores and sets A and D as Sv39 does", async () => {
    const { machine, cause } = await runPaged(
      4,
      (a) => {
        a.li(reg.a0, VIRTUAL);
        a.sd(reg.zero, reg.a0, 8);
        a.jalr(reg.zero, reg.a0, 0);
      },
      (tables, machine) => {
        tables.map(VIRTUAL, DATA, PTE.V | PTE.R | PTE.W | PTE.X);
        machine.memory.writeU32(DATA, 0x0010_0073); // ebreak
      },
    );
    expect([cause, machine.harts[0]!.csr(CSR.mepc)]).toEqual(["done", VIRTUAL]);
    const leaf = new PageTables(machine, 4, TABLES).entryAddress(VIRTUAL);
    expect(machine.memory.readU64(leaf)).toBe(entry(DATA, SUPERVISOR_PAGE));
  });

  it("and Sv39 with the same root are two address spaces", async () => {
    const { machine } = await runPaged(
      4,
      (a) => {
        a.li(reg.a0, VIRTUAL + 8n);
        a.ld(reg.a1, reg.a0, 0);
        a.csrr(reg.t0, CSR.satp);
        a.li(reg.t1, 1n << 60n);
        a.xor(reg.t0, reg.t0, reg.t1); // the third level of Sv48 now is the second of nothing: a fault
        a.csrw(CSR.satp, reg.t0);
        a.ld(reg.a2, reg.a0, 0);
      },
      (tables) => tables.map(VIRTUAL, DATA, SUPERVISOR_PAGE),
    );
    const [hart] = machine.harts;
    expect([hart!.x(reg.a1), hart!.csr(CSR.mcause)]).toEqual([0x55n, FETCH_PAGE_FAULT]);
  });

  it("an address fence drops all that was cached of a superpage", async () => {
    const far = 64n * GIGA * 1024n;
    const { machine, cause } = await runPaged(
      4,
      (a) => {
        a.li(reg.a0, far + BigInt(DATA + 8));
        a.ld(reg.a1, reg.a0, 0);
        a.sd(reg.zero, reg.a2, 0);
        a.li(reg.a3, far + GIGA);
        a.sfenceVma(reg.a3, 0);
        a.ld(reg.a1, reg.a0, 0);
      },
      (tables, machine) => {
        tables.map(far, 0, SUPERVISOR_PAGE, 3);
        machine.harts[0]!.setX(reg.a2, BigInt(tables.entryAddress(far, 3)));
      },
    );
    expect([cause, machine.harts[0]!.x(reg.a1)]).toEqual([LOAD_PAGE_FAULT, 0x55n]);
  });
});

describe("a range of 64 KiB (Svnapot)", () => {
  const napot = (physical: number) => entry(physical + 0x8000, SUPERVISOR_PAGE | PTE.N);

  it("is mapped by sixteen entries that look alike", async () => {
    for (const page of [0, 5, 15]) {
      const virtual = VIRTUAL & ~0xffffn & 0x3f_ffff_ffffn;
      const address = virtual + BigInt(page * PAGE) + 8n;
      const { machine, cause } = await runPaged(3, loadFrom(address), (tables, machine) => {
        for (let i = 0; i < 16; i++) {
          machine.memory.writeU64(tables.entryAddress(virtual + BigInt(i * PAGE)), napot(DATA));
          machine.memory.writeU64(DATA + i * PAGE + 8, BigInt(i));
        }
      });
      expect([cause, machine.harts[0]!.x(reg.a1)]).toEqual(["done", BigInt(page)]);
    }
  });

  it("of another size, in a superpage, or in a pointer, is a page fault", async () => {
    const virtual = 0x4000_0000n;
    for (const [level, bits] of [
      [0, entry(DATA, SUPERVISOR_PAGE | PTE.N)],
      [0, entry(DATA + 0x4000, SUPERVISOR_PAGE | PTE.N)],
      [1, entry(RAM + 0x8000, SUPERVISOR_PAGE | PTE.N)],
      [1, entry(TABLES, PTE.V | PTE.N)],
    ] as const) {
      const { cause } = await runPaged(3, loadFrom(virtual), (tables, machine) =>
        machine.memory.writeU64(tables.entryAddress(virtual, level), bits),
      );
      expect(cause, bits.toString(16)).toBe(LOAD_PAGE_FAULT);
    }
  });
});

describe("memory types (Svpbmt)", () => {
  const virtual = 0x4000_0000n;
  const attempt = (type: bigint, environment: bigint, flags = SUPERVISOR_PAGE) =>
    runPaged(3, loadFrom(virtual + 8n), (tables, machine) => {
      machine.memory.writeU64(tables.entryAddress(virtual), entry(DATA, flags | (type * PTE.PBMT)));
      machine.harts[0]!.setCsr(CSR.menvcfg, environment);
    });

  it("change nothing here, are reserved while menvcfg.PBMTE is clear, and one always is", async () => {
    for (const [type, environment, expected] of [
      [0n, 0n, "done"],
      [1n, 0n, LOAD_PAGE_FAULT],
      [1n, PBMTE, "done"],
      [2n, PBMTE, "done"],
      [3n, PBMTE, LOAD_PAGE_FAULT],
    ] as const)
      expect((await attempt(type, environment)).cause, `${type} ${environment}`).toBe(expected);
  });

  it("are reserved in pointers", async () => {
    const { cause } = await runPaged(3, loadFrom(virtual), (tables, machine) => {
      machine.harts[0]!.setCsr(CSR.menvcfg, PBMTE);
      tables.map(virtual, DATA, SUPERVISOR_PAGE);
      const pointer = tables.entryAddress(virtual, 1);
      machine.memory.writeU64(pointer, machine.memory.readU64(pointer) | PTE.PBMT);
    });
    expect(cause).toBe(LOAD_PAGE_FAULT);
  });
});

describe("Svinval", () => {
  const SFENCE_W_INVAL = 0x1800_0073;
  const SFENCE_INVAL_IR = 0x1810_0073;
  const sinvalVma = (rs1: number, rs2: number) => ((11 << 25) | (rs2 << 20) | (rs1 << 15) | 0x73) >>> 0;

  it("sinval.vma between its two fences makes a new mapping seen", async () => {
    const virtual = 0x4000_0000n;
    const { machine, cause } = await runPaged(
      3,
      (a) => {
        a.li(reg.a0, virtual);
        a.sd(reg.zero, reg.a0, 0);
        a.sd(reg.a3, reg.a2, 0); // the page may no longer be written
        a.word(SFENCE_W_INVAL);
        a.word(sinvalVma(reg.a0, 0));
        a.word(SFENCE_INVAL_IR);
        a.sd(reg.zero, reg.a0, 0);
      },
      (tables, machine) => {
        tables.map(virtual, DATA, SUPERVISOR_PAGE);
        machine.harts[0]!.setX(reg.a2, BigInt(tables.entryAddress(virtual)));
        machine.harts[0]!.setX(reg.a3, entry(DATA, SUPERVISOR_PAGE & ~PTE.W));
      },
    );
    expect([cause, machine.harts[0]!.csr(CSR.mtval)]).toEqual([STORE_PAGE_FAULT, virtual]);
  });

  it("is illegal in U mode, and of its instructions only sinval.vma obeys TVM", async () => {
    for (const word of [SFENCE_W_INVAL, SFENCE_INVAL_IR, sinvalVma(0, 0)]) {
      const inMode = async (privilege: 0 | 1 | 3, status: bigint) =>
        (
          await runInMode(
            privilege,
            (a) => a.word(word),
            ({ harts: [hart] }) => hart!.setCsr(CSR.mstatus, status | (BigInt(privilege) << 11n)),
          )
        ).cause;
      expect(await inMode(0, 0n)).toBe(ILLEGAL);
      expect(await inMode(1, 0n)).toBe("done");
      expect(await inMode(1, MSTATUS.TVM)).toBe(word === sinvalVma(0, 0) ? ILLEGAL : "done");
      expect(await inMode(3, MSTATUS.TVM)).toBe("done");
    }
  });
});

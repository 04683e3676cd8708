// Physical memory protection: which entry decides, what it covers, locks, and which accesses are checked.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import {
  type Assembler,
  bareMachine,
  CSR,
  halt,
  MSTATUS,
  PAGE,
  RAM,
  reg,
  runInMode,
  runToHalt,
} from "../tests/bare";
import { PageTables, PTE, SUPERVISOR_PAGE } from "../tests/page-tables";

const DATA = RAM + 0x8000;
const CODE = RAM + 0x9000;
const TABLES = RAM + 0x10000;
const FETCH_ACCESS_FAULT = 1n;
const LOAD_ACCESS_FAULT = 5n;
const STORE_ACCESS_FAULT = 7n;
const [R, W, X, L] = [1n, 2n, 4n, 0x80n];
const NA4 = 0x10n;
const NAPOT = 0x18n;
const TOR = 0x08n;
const EVERYTHING = (1n << 54n) - 1n;
/** pmpaddr of a naturally aligned range, at least 8 bytes long. */
const napot = (base: number, size: number) => (BigInt(base) >> 2n) | (BigInt(size / 8) - 1n);

describe("physical memory protection", () => {
  const RWX = R | W | X;

  /** Whether a load in S mode from `address` gets through with these PMP registers. */
  async function loadAllowed(config: bigint, addresses: bigint[], address: number): Promise<boolean> {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.la(reg.t0, "supervisor");
      a.csrw(CSR.mepc, reg.t0);
      a.mret();
      a.global("supervisor");
      a.ld(reg.a2, reg.a0, 0);
      a.ebreak();
      a.align(4);
      a.global("handler");
      halt(a);
    });
    const [hart] = machine.harts;
    for (const [i, value] of addresses.entries()) hart!.setCsr(CSR.pmpaddr0 + i, value);
    hart!.setCsr(CSR.pmpcfg0, config);
    hart!.setCsr(CSR.mstatus, 1n << 11n);
    hart!.setX(reg.a0, BigInt(address));
    runToHalt(machine);
    const cause = hart!.csr(CSR.mcause);
    expect([3n, 5n]).toContain(cause);
    return cause === 3n;
  }

  it("the first entry that matches decides", async () => {
    const entries = [napot(DATA, PAGE), EVERYTHING];
    expect(await loadAllowed(NAPOT | ((NAPOT | RWX) << 8n), entries, DATA)).toBe(false);
    expect(await loadAllowed(NAPOT | ((NAPOT | RWX) << 8n), entries, DATA + PAGE)).toBe(true);
  });

  it("a region smaller than a page protects its bytes only", async () => {
    const entries = [napot(DATA + 64, 64), EVERYTHING];
    const config = NAPOT | ((NAPOT | RWX) << 8n);
    expect(await loadAllowed(config, entries, DATA + 64)).toBe(false);
    expect(await loadAllowed(config, entries, DATA + 128)).toBe(true);
    expect(await loadAllowed(config, entries, DATA + 60)).toBe(false); // partly inside
  });

  it("top-of-range entries reach from the entry before to their address", async () => {
    const entries = [BigInt(RAM) >> 2n, BigInt(DATA) >> 2n];
    const config = (TOR | RWX) << 8n;
    expect(await loadAllowed(config, entries, DATA - 8)).toBe(true);
    expect(await loadAllowed(config, entries, DATA)).toBe(false);
  });

  it("locked entries cannot be rewritten", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.pmpaddr1, 0x1234n);
    hart!.setCsr(CSR.pmpcfg0, 0x1fn | (0x99n << 8n));
    hart!.setCsr(CSR.pmpaddr1, 0x5678n);
    hart!.setCsr(CSR.pmpcfg0, 0x1fn);
    expect(hart!.csr(CSR.pmpaddr1)).toBe(0x1234n);
    expect(hart!.csr(CSR.pmpcfg0)).toBe(0x991fn);
  });
});

/** Entry 0 as given, entry 1 open for everything. */
const protect = (address: bigint, config: bigint) => (machine: Machine) => {
  const [hart] = machine.harts;
  hart!.setCsr(CSR.pmpaddr0, address);
  hart!.setCsr(CSR.pmpaddr1, EVERYTHING);
  hart!.setCsr(CSR.pmpcfg0, config | ((NAPOT | R | W | X) << 8n));
};

describe("an entry of four bytes", () => {
  it("covers a word, and an access that is larger or beside it only partly", async () => {
    for (const [write, offset, expected] of [
      [(a: Assembler) => a.lw(reg.a1, reg.a0, 0), 4, LOAD_ACCESS_FAULT],
      [(a: Assembler) => a.lb(reg.a1, reg.a0, 0), 7, LOAD_ACCESS_FAULT],
      [(a: Assembler) => a.lw(reg.a1, reg.a0, 0), 0, "done"],
      [(a: Assembler) => a.lw(reg.a1, reg.a0, 0), 8, "done"],
      [(a: Assembler) => a.ld(reg.a1, reg.a0, 0), 0, LOAD_ACCESS_FAULT],
      [(a: Assembler) => a.lh(reg.a1, reg.a0, 0), 3, LOAD_ACCESS_FAULT],
      [(a: Assembler) => a.sw(reg.a1, reg.a0, 0), 4, STORE_ACCESS_FAULT],
      [(a: Assembler) => a.amoaddW(reg.a1, reg.a1, reg.a0), 4, STORE_ACCESS_FAULT],
    ] as const) {
      const { machine, cause } = await runInMode(0, write, (machine) => {
        protect(BigInt(DATA + 4) >> 2n, NA4)(machine);
        machine.harts[0]!.setX(reg.a0, BigInt(DATA + offset));
      });
      expect(cause, `at ${offset}`).toBe(expected);
      if (expected !== "done") expect(machine.harts[0]!.csr(CSR.mtval)).toBe(BigInt(DATA + offset));
    }
  });

  it("that matches an access partly refuses it even if both parts would be allowed", async () => {
    const { cause } = await runInMode(
      0,
      (a) => a.ld(reg.a1, reg.a0, 0),
      (machine) => {
        protect(BigInt(DATA) >> 2n, NA4 | R | W | X)(machine);
        machine.harts[0]!.setX(reg.a0, BigInt(DATA));
      },
    );
    expect(cause).toBe(LOAD_ACCESS_FAULT);
  });
});

describe("fetches", () => {
  const nops = (machine: Machine) => {
    for (let offset = 0; offset < PAGE; offset += 4) machine.memory.writeU32(CODE + offset, 0x13);
    machine.harts[0]!.setX(reg.a0, BigInt(CODE));
  };

  it("are checked one by one in a page that has several regions", async () => {
    for (const privilege of [0, 1] as const) {
      const { machine, cause } = await runInMode(
        privilege,
        (a) => a.jalr(reg.zero, reg.a0, 0),
        (machine) => {
          nops(machine);
          protect(napot(CODE + 0x100, 0x40), NAPOT | R | W)(machine);
        },
      );
      const [hart] = machine.harts;
      const at = BigInt(CODE + 0x100);
      expect([cause, hart!.csr(CSR.mepc), hart!.csr(CSR.mtval)]).toEqual([FETCH_ACCESS_FAULT, at, at]);
    }
  });

  it("of an instruction whose second half is refused report that half", async () => {
    const { machine, cause } = await runInMode(
      0,
      (a) => a.jalr(reg.zero, reg.a0, 0),
      (machine) => {
        nops(machine);
        protect(napot(CODE + 0x100, 0x40), NAPOT | R | W)(machine);
        machine.memory.writeU32(CODE, 0x0fe0_006f); // j CODE + 0xfe
        machine.memory.writeU32(CODE + 0xfe, 0x13);
      },
    );
    const [hart] = machine.harts;
    expect([cause, hart!.csr(CSR.mepc), hart!.csr(CSR.mtval)]).toEqual([
      FETCH_ACCESS_FAULT,
      BigInt(CODE + 0xfe),
      BigInt(CODE + 0x100),
    ]);
  });

  it("may jump past the region, and the same page runs unchecked where it is whole", async () => {
    const program = (a: Assembler) => a.jalr(reg.zero, reg.a0, 0);
    const prepare = (machine: Machine) => {
      nops(machine);
      protect(napot(CODE + 0x100, 0x40), NAPOT | R | W)(machine);
      machine.memory.writeU32(CODE + 0x20, 0x1200_006f); // j + 0x120
      machine.memory.writeU32(CODE + 0x144, 0x0010_0073); // ebreak
    };
    const user = await runInMode(0, program, prepare);
    expect([user.cause, user.machine.harts[0]!.csr(CSR.mepc)]).toEqual(["done", BigInt(CODE + 0x144)]);
    // Machine mode obeys no entry that is not locked.
    const machineMode = await runInMode(3, program, (machine) => {
      prepare(machine);
      machine.memory.writeU32(CODE + 0x20, 0x13);
    });
    expect(machineMode.cause).toBe("done");
  });

  it("are checked anew after the registers were written, in pages already decoded too", async () => {
    const machine = await bareMachine((a) => {
      a.la(reg.t0, "handler");
      a.csrw(CSR.mtvec, reg.t0);
      a.label("again");
      a.csrw(CSR.mepc, reg.a0);
      a.mret();
      a.align(4);
      a.global("handler");
      a.addi(reg.a1, reg.a1, 1);
      a.csrr(reg.a2, CSR.mcause);
      a.csrw(CSR.pmpcfg0, reg.a3);
      a.li(reg.t1, 2);
      a.bltu(reg.a1, reg.t1, "again");
      halt(a);
    });
    const [hart] = machine.harts;
    machine.memory.writeU32(CODE, 0x0010_0073);
    hart!.setX(reg.a0, BigInt(CODE));
    hart!.setX(reg.a1, 0n);
    hart!.setX(reg.a3, 0x1f1bn);
    protect(napot(CODE, 8), NAPOT | R | W | X)(machine);
    runToHalt(machine);
    expect([hart!.x(reg.a1), hart!.x(reg.a2)]).toEqual([2n, FETCH_ACCESS_FAULT]);
  });
});

describe("a locked entry", () => {
  it("binds machine mode too", async () => {
    for (const [config, write, expected] of [
      [NAPOT, (a: Assembler) => a.ld(reg.a1, reg.a0, 0), "done"],
      [NAPOT | L, (a: Assembler) => a.ld(reg.a1, reg.a0, 0), LOAD_ACCESS_FAULT],
      [NAPOT | L | R, (a: Assembler) => a.ld(reg.a1, reg.a0, 0), "done"],
      [NAPOT | L | R, (a: Assembler) => a.sd(reg.a1, reg.a0, 0), STORE_ACCESS_FAULT],
      [NAPOT | L | R | W, (a: Assembler) => a.jalr(reg.zero, reg.a0, 0), FETCH_ACCESS_FAULT],
    ] as const) {
      const { cause } = await runInMode(3, write, (machine) => {
        protect(napot(DATA, 64), config)(machine);
        machine.harts[0]!.setX(reg.a0, BigInt(DATA));
      });
      expect(cause, config.toString(16)).toBe(expected);
    }
  });

  it("of the top-of-range kind locks the address below it too", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.pmpaddr0, 0x100n);
    hart!.setCsr(CSR.pmpcfg0, 0x1fn | ((L | TOR) << 8n));
    hart!.setCsr(CSR.pmpaddr0, 0x200n);
    expect(hart!.csr(CSR.pmpaddr0)).toBe(0x100n);
  });
});

describe("the registers", () => {
  it("keep 54 bits of an address, no reserved bits, and no W without R", async () => {
    const machine = await bareMachine((a) => halt(a));
    const [hart] = machine.harts;
    hart!.setCsr(CSR.pmpaddr1, (1n << 64n) - 1n);
    expect(hart!.csr(CSR.pmpaddr1)).toBe(EVERYTHING);
    hart!.setCsr(CSR.pmpcfg0, 0x1fn | (0x7fn << 8n) | (0x1an << 16n) | (0x1en << 24n));
    expect(hart!.csr(CSR.pmpcfg0)).toBe(0x1fn | (0x1fn << 8n) | (0x18n << 16n) | (0x1cn << 24n));
  });

  it("of odd numbers do not exist", async () => {
    for (const [csr, expected] of [
      [0x3a0, "done"],
      [0x3a1, 2n],
      [0x3a2, "done"],
      [0x3a3, 2n],
      [0x3bf, "done"],
      [0x3c0, 2n],
    ] as const)
      expect((await runInMode(3, (a) => a.csrr(reg.a0, csr))).cause, csr.toString(16)).toBe(expected);
  });
});

describe("page tables", () => {
  const virtual = 0x4000_0000n;
  /** A load in S mode through tables of which `entry` protects the last one, with `config`. */
  const loadThrough = (config: bigint, flags: bigint) =>
    runInMode(
      1,
      (a) => a.ld(reg.a1, reg.a0, 0),
      (machine) => {
        const tables = new PageTables(machine, 3, TABLES);
        tables.map(BigInt(RAM), RAM, SUPERVISOR_PAGE, 2);
        tables.map(virtual, DATA, flags);
        protect(napot(tables.entryAddress(virtual), PAGE), config)(machine);
        machine.harts[0]!.setCsr(CSR.satp, tables.satp());
        machine.harts[0]!.setX(reg.a0, virtual);
      },
    );

  it("must be readable, and the fault is that of the access", async () => {
    const { machine, cause } = await loadThrough(NAPOT, SUPERVISOR_PAGE);
    expect([cause, machine.harts[0]!.csr(CSR.mtval)]).toEqual([LOAD_ACCESS_FAULT, virtual]);
    expect((await loadThrough(NAPOT | R, SUPERVISOR_PAGE)).cause).toBe("done");
  });

  it("must be writable for the accessed bit to be set", async () => {
    expect((await loadThrough(NAPOT | R, SUPERVISOR_PAGE & ~PTE.A)).cause).toBe(LOAD_ACCESS_FAULT);
    expect((await loadThrough(NAPOT | R | W, SUPERVISOR_PAGE & ~PTE.A)).cause).toBe("done");
  });

  it("are read as by S mode, also for machine mode's accesses under MPRV", async () => {
    for (const [config, expected] of [
      [NAPOT, LOAD_ACCESS_FAULT],
      [NAPOT | R, "done"],
    ] as const) {
      const { cause } = await runInMode(
        3,
        (a) => {
          a.li(reg.t0, MSTATUS.MPRV | (1n << 11n));
          a.csrs(CSR.mstatus, reg.t0);
          a.ld(reg.a1, reg.a0, 0);
          a.csrc(CSR.mstatus, reg.t0);
        },
        (machine) => {
          const tables = new PageTables(machine, 3, TABLES);
          tables.map(virtual, DATA, SUPERVISOR_PAGE);
          protect(napot(TABLES, PAGE), config)(machine);
          machine.harts[0]!.setCsr(CSR.satp, tables.satp());
          machine.harts[0]!.setX(reg.a0, virtual);
        },
      );
      expect(cause).toBe(expected);
    }
  });
});

// Sv39 address translation: who may do what to which page, superpages, A and D bits, and what sfence.vma must do.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import {
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

const V = 1n;
const R = 2n;
const W = 4n;
const X = 8n;
const U = 16n;
const A = 64n;
const D = 128n;

const ROOT = RAM + 0x10000;
const MIDDLE = RAM + 0x11000;
const LEAVES = RAM + 0x12000;
/** Physical pages. */
const CODE = RAM + 0x14000;
const TARGET = RAM + 0x15000;
const OTHER = RAM + 0x16000;
/** Virtual addresses: the same code for S and for U mode, and the page that is tested. */
const CODE_S = 0x1000n;
const CODE_U = 0x2000n;
const TEST_PAGE = 0x5000n;

const SV39 = 8n << 60n;
const BREAKPOINT = 3n;
const FETCH_PAGE_FAULT = 12n;
const LOAD_PAGE_FAULT = 13n;
const STORE_PAGE_FAULT = 15n;

type Access = "load" | "store" | "fetch";
/** Offsets of the programs in the code page. */
const PROGRAM = {
  load: 0,
  store: 8,
  fetch: 16,
  fenceThenLoad: 20,
  fenceAddressThenLoad: 32,
  fenceAsidThenLoad: 44,
};

const pte = (physical: number, flags: bigint) => ((BigInt(physical) >> 12n) << 10n) | flags;

/** A machine whose M-mode handler halts, with page tables that map the code; a0 = address, a1 = address, a2 = ASID. */
async function pagedMachine(): Promise<Machine> {
  const machine = await bareMachine((a) => halt(a)); // the trap vector is the program's beginning
  const { memory } = machine;
  machine.harts[0]!.setCsr(CSR.mtvec, BigInt(RAM));
  memory.writeU64(ROOT, pte(MIDDLE, V));
  memory.writeU64(MIDDLE, pte(LEAVES, V));
  memory.writeU64(LEAVES + Number(CODE_S >> 12n) * 8, pte(CODE, V | R | X | A | D));
  memory.writeU64(LEAVES + Number(CODE_U >> 12n) * 8, pte(CODE, V | R | X | U | A | D));
  memory.write(
    CODE,
    assemble((a) => {
      a.ld(reg.a3, reg.a0, 0);
      a.ebreak();
      a.sd(reg.a4, reg.a0, 0);
      a.ebreak();
      a.jalr(reg.zero, reg.a0, 0);
      a.sfenceVma();
      a.ld(reg.a3, reg.a0, 0);
      a.ebreak();
      a.sfenceVma(reg.a1, 0);
      a.ld(reg.a3, reg.a0, 0);
      a.ebreak();
      a.sfenceVma(0, reg.a2);
      a.ld(reg.a3, reg.a0, 0);
      a.ebreak();
    }, CODE),
  );
  for (const page of [TARGET, OTHER]) memory.writeU32(page, 0x0010_0073); // ebreak, for jumps there
  machine.harts[0]!.setCsr(CSR.satp, SV39 | (BigInt(ROOT) >> 12n));
  return machine;
}

function setTestPage(machine: Machine, flags: bigint, physical = TARGET): void {
  machine.memory.writeU64(LEAVES + Number(TEST_PAGE >> 12n) * 8, pte(physical, flags));
}

function testPageFlags(machine: Machine): bigint {
  return machine.memory.readU64(LEAVES + Number(TEST_PAGE >> 12n) * 8) & 0x3ffn;
}

/** Runs one of the programs in S or U mode; returns mcause (breakpoint = it got through). */
function attempt(machine: Machine, privilege: 0 | 1, offset: number, address = TEST_PAGE): bigint {
  const [hart] = machine.harts;
  hart!.setX(reg.a0, unsigned(address));
  hart!.setX(reg.a1, unsigned(address));
  hart!.start((privilege === 1 ? CODE_S : CODE_U) + BigInt(offset), privilege);
  runToHalt(machine);
  return hart!.csr(CSR.mcause);
}

/** The privileged specification's rules (4.3.1, 4.3.2, 3.1.6.3) written down a second time. */
function allowed(flags: bigint, privilege: 0 | 1, access: Access, sum: boolean, mxr: boolean): boolean {
  const has = (bit: bigint) => (flags & bit) !== 0n;
  if (!has(V) || (has(W) && !has(R)) || (!has(R) && !has(X))) return false;
  if (privilege === 0 && !has(U)) return false;
  if (privilege === 1 && has(U) && (access === "fetch" || !sum)) return false;
  if (access === "fetch") return has(X);
  if (access === "store") return has(W);
  return has(R) || (mxr && has(X));
}

const FAULT: Record<Access, bigint> = {
  load: LOAD_PAGE_FAULT,
  store: STORE_PAGE_FAULT,
  fetch: FETCH_PAGE_FAULT,
};

describe("permissions", () => {
  for (const privilege of [0, 1] as const)
    for (const access of ["load", "store", "fetch"] as const)
      it(`a ${access} in ${privilege === 0 ? "U" : "S"} mode is allowed exactly as the specification says`, async () => {
        const machine = await pagedMachine();
        for (let flags = 0n; flags < 32n; flags++)
          for (const sum of [false, true])
            for (const mxr of [false, true]) {
              setTestPage(machine, flags | A | D);
              machine.harts[0]!.flushTranslations();
              machine.harts[0]!.setCsr(CSR.mstatus, (sum ? MSTATUS.SUM : 0n) | (mxr ? MSTATUS.MXR : 0n));
              const expected = allowed(flags, privilege, access, sum, mxr) ? BREAKPOINT : FAULT[access];
              const cause = attempt(machine, privilege, PROGRAM[access]);
              expect(cause, `flags ${flags.toString(2)}, SUM ${sum}, MXR ${mxr}`).toBe(expected);
            }
      });

  it("cached translations keep to SUM, MXR and privilege", async () => {
    const machine = await pagedMachine();
    const [hart] = machine.harts;
    setTestPage(machine, V | R | W | U | A | D);
    hart!.setCsr(CSR.mstatus, MSTATUS.SUM);
    expect(attempt(machine, 1, PROGRAM.load)).toBe(BREAKPOINT);
    hart!.setCsr(CSR.mstatus, 0n);
    expect(attempt(machine, 1, PROGRAM.load)).toBe(LOAD_PAGE_FAULT);
    expect(attempt(machine, 0, PROGRAM.load)).toBe(BREAKPOINT);
    setTestPage(machine, V | R | W | A | D);
    hart!.flushTranslations();
    expect(attempt(machine, 1, PROGRAM.store)).toBe(BREAKPOINT);
    expect(attempt(machine, 0, PROGRAM.store)).toBe(STORE_PAGE_FAULT);
  });

  it("a fault reports the virtual address, and of an access across pages the part that faulted", async () => {
    const machine = await pagedMachine();
    setTestPage(machine, V | R | W | U | A | D);
    const [hart] = machine.harts;
    expect(attempt(machine, 0, PROGRAM.load, TEST_PAGE + 0xffcn)).toBe(LOAD_PAGE_FAULT);
    expect(hart!.csr(CSR.mtval)).toBe(TEST_PAGE + 0x1000n);
    machine.memory.writeU64(TARGET + 0xff8, 0x1234n);
    hart!.setX(reg.a4, unsigned(-1));
    expect(attempt(machine, 0, PROGRAM.store, TEST_PAGE + 0xffcn)).toBe(STORE_PAGE_FAULT);
    expect(machine.memory.readU64(TARGET + 0xff8)).toBe(0x1234n); // nothing of the store has happened
    expect(attempt(machine, 0, PROGRAM.load, TEST_PAGE + 0x2008n)).toBe(LOAD_PAGE_FAULT);
    expect(hart!.csr(CSR.mtval)).toBe(TEST_PAGE + 0x2008n);
  });
});

describe("page tables", () => {
  it("an address whose upper bits do not repeat bit 38 faults", async () => {
    const machine = await pagedMachine();
    for (const address of [1n << 39n, 1n << 63n, unsigned(-1n << 38n) ^ (1n << 45n)]) {
      expect(attempt(machine, 0, PROGRAM.load, address)).toBe(LOAD_PAGE_FAULT);
      expect(attempt(machine, 0, PROGRAM.fetch, address)).toBe(FETCH_PAGE_FAULT);
    }
  });

  for (const [level, table, size] of [
    ["2 MiB", MIDDLE, 1n << 21n],
    ["1 GiB", ROOT, 1n << 30n],
  ] as const) {
    it(`a ${level} leaf maps its whole range`, async () => {
      const machine = await pagedMachine();
      machine.memory.writeU64(table + 16, pte(0x8000_0000, V | R | W | X | U | A | D));
      const address = 2n * size + BigInt(TARGET - RAM) + 8n;
      machine.memory.writeU64(TARGET + 8, 0x55n);
      expect(attempt(machine, 0, PROGRAM.load, address)).toBe(BREAKPOINT);
      expect(machine.harts[0]!.x(reg.a3)).toBe(0x55n);
    });
    it(`a ${level} leaf that is not aligned to its size faults`, async () => {
      const machine = await pagedMachine();
      machine.memory.writeU64(table + 16, pte(TARGET, V | R | W | X | U | A | D));
      expect(attempt(machine, 0, PROGRAM.load, 2n * size)).toBe(LOAD_PAGE_FAULT);
    });
  }

  it("reserved bits, pointers with leaf bits and pointers in the last level fault", async () => {
    const machine = await pagedMachine();
    const good = V | R | U | A | D;
    for (const flags of [
      good | (1n << 54n),
      good | (1n << 60n),
      good | (1n << 63n),
      V,
      V | U,
      V | A,
      V | D,
    ]) {
      setTestPage(machine, flags);
      machine.harts[0]!.flushTranslations();
      expect(attempt(machine, 0, PROGRAM.load), flags.toString(2)).toBe(LOAD_PAGE_FAULT);
    }
    machine.memory.writeU64(MIDDLE + 16, pte(LEAVES, V | U));
    expect(attempt(machine, 0, PROGRAM.load, 2n << 21n)).toBe(LOAD_PAGE_FAULT);
  });

  it("a table outside RAM is an access fault", async () => {
    const machine = await pagedMachine();
    machine.memory.writeU64(MIDDLE + 16, pte(0x1000_0000, V));
    expect(attempt(machine, 0, PROGRAM.load, 2n << 21n)).toBe(5n);
    expect(attempt(machine, 0, PROGRAM.store, 2n << 21n)).toBe(7n);
    expect(attempt(machine, 0, PROGRAM.fetch, 2n << 21n)).toBe(1n);
  });

  it("satp takes Bare, Sv39 and Sv48 and ignores writes that ask for other modes", async () => {
    const machine = await pagedMachine();
    const [hart] = machine.harts;
    const before = hart!.csr(CSR.satp);
    for (const mode of [1n, 7n, 10n, 11n, 15n]) {
      hart!.setCsr(CSR.satp, (mode << 60n) | 5n);
      expect(hart!.csr(CSR.satp)).toBe(before);
    }
    hart!.setCsr(CSR.satp, (9n << 60n) | 5n);
    expect(hart!.csr(CSR.satp)).toBe((9n << 60n) | 5n);
    hart!.setCsr(CSR.satp, 5n);
    expect(hart!.csr(CSR.satp)).toBe(0n);
  });

  it("MPRV translates machine mode's accesses, but not its fetches", async () => {
    const machine = await pagedMachine();
    setTestPage(machine, V | R | W | U | A | D);
    machine.memory.writeU64(TARGET + 8, 0x77n);
    machine.memory.write(
      RAM + 0x100,
      assemble((a) => {
        a.csrs(CSR.mstatus, reg.a5);
        a.ld(reg.a3, reg.a0, 8);
        a.csrc(CSR.mstatus, reg.a5);
        halt(a);
      }, RAM + 0x100),
    );
    const [hart] = machine.harts;
    hart!.setX(reg.a5, MSTATUS.MPRV); // MPP is U
    hart!.setX(reg.a0, TEST_PAGE);
    hart!.start(BigInt(RAM) + 0x100n, 3);
    runToHalt(machine);
    expect(hart!.x(reg.a3)).toBe(0x77n);
  });
});

describe("accessed and dirty bits", () => {
  it("hardware sets A on a load and on a fetch, and D too on a store", async () => {
    const machine = await pagedMachine();
    for (const [access, expected] of [
      ["load", A],
      ["fetch", A],
      ["store", A | D],
    ] as const) {
      setTestPage(machine, V | R | W | X | U);
      machine.harts[0]!.flushTranslations();
      expect(attempt(machine, 0, PROGRAM[access])).toBe(BREAKPOINT);
      expect(testPageFlags(machine) & (A | D), access).toBe(expected);
      machine.memory.writeU32(TARGET, 0x0010_0073);
    }
  });

  it("a store after a load has cached the translation still sets D", async () => {
    const machine = await pagedMachine();
    setTestPage(machine, V | R | W | U);
    attempt(machine, 0, PROGRAM.load);
    expect(testPageFlags(machine) & D).toBe(0n);
    attempt(machine, 0, PROGRAM.store);
    expect(testPageFlags(machine) & D).toBe(D);
  });

  it("a refused access sets neither", async () => {
    const machine = await pagedMachine();
    setTestPage(machine, V | R);
    attempt(machine, 0, PROGRAM.store);
    expect(testPageFlags(machine) & (A | D)).toBe(0n);
  });
});

describe("sfence.vma", () => {
  /** Caches TEST_PAGE -> TARGET, then remaps it to OTHER without telling the hart. */
  async function remapped(): Promise<Machine> {
    const machine = await pagedMachine();
    machine.memory.writeU64(TARGET + 8, 1n);
    machine.memory.writeU64(OTHER + 8, 2n);
    setTestPage(machine, V | R | W | A | D);
    attempt(machine, 1, PROGRAM.load, TEST_PAGE + 8n);
    setTestPage(machine, V | R | W | A | D, OTHER);
    return machine;
  }

  function seen(machine: Machine, offset: number): bigint {
    expect(attempt(machine, 1, offset, TEST_PAGE + 8n)).toBe(BREAKPOINT);
    return machine.harts[0]!.x(reg.a3);
  }

  it("is needed: until then the old translation may be used, and is", async () => {
    expect(seen(await remapped(), PROGRAM.load)).toBe(1n);
  });

  it("without operands drops every translation", async () => {
    expect(seen(await remapped(), PROGRAM.fenceThenLoad)).toBe(2n);
  });

  it("with an address drops that page's translation", async () => {
    expect(seen(await remapped(), PROGRAM.fenceAddressThenLoad)).toBe(2n);
  });

  it("with an ASID drops that address space's translations only", async () => {
    const machine = await remapped();
    machine.harts[0]!.setX(reg.a2, 7n);
    expect(seen(machine, PROGRAM.fenceAsidThenLoad)).toBe(1n);
    machine.harts[0]!.setX(reg.a2, 0n);
    expect(seen(machine, PROGRAM.fenceAsidThenLoad)).toBe(2n);
  });

  it("with an address inside a superpage drops all that was cached of it", async () => {
    const machine = await pagedMachine();
    const gigapage = 2n << 30n;
    machine.memory.writeU64(ROOT + 16, pte(0x8000_0000, V | R | W | A | D));
    attempt(machine, 1, PROGRAM.load, gigapage + BigInt(TARGET - RAM));
    machine.memory.writeU64(ROOT + 16, 0n);
    const [hart] = machine.harts;
    hart!.setX(reg.a0, gigapage + BigInt(TARGET - RAM));
    hart!.setX(reg.a1, gigapage + BigInt(OTHER - RAM)); // another page of the same superpage
    hart!.start(CSR_FENCE, 1);
    runToHalt(machine);
    expect(hart!.csr(CSR.mcause)).toBe(LOAD_PAGE_FAULT);
  });

  it("a change of address space needs none: translations are kept apart by satp", async () => {
    const machine = await remapped();
    const [hart] = machine.harts;
    const first = hart!.csr(CSR.satp);
    hart!.setCsr(CSR.satp, first | (5n << 44n));
    expect(seen(machine, PROGRAM.load)).toBe(2n); // ASID 5 has never cached the page
    hart!.setCsr(CSR.satp, first);
    expect(seen(machine, PROGRAM.load)).toBe(1n);
  });

  it("more address spaces than the hart has banks for still translate rightly", async () => {
    const machine = await pagedMachine();
    const [hart] = machine.harts;
    setTestPage(machine, V | R | W | A | D);
    machine.memory.writeU64(TARGET + 8, 9n);
    for (let round = 0; round < 3; round++)
      for (let asid = 0n; asid < 20n; asid++) {
        hart!.setCsr(CSR.satp, SV39 | (asid << 44n) | (BigInt(ROOT) >> 12n));
        expect(seen(machine, PROGRAM.load)).toBe(9n);
      }
  });

  it("a bank survives more fills than it remembers", async () => {
    const machine = await pagedMachine();
    machine.memory.writeU64(ROOT + 16, pte(0x8000_0000, V | R | W | A | D));
    for (let round = 0; round < 4; round++)
      for (let page = 0; page < 200; page++) {
        const address = (2n << 30n) + BigInt(page * PAGE);
        expect(attempt(machine, 1, PROGRAM.load, address)).toBe(BREAKPOINT);
        if (page % 50 === 0) machine.harts[0]!.flushTranslations();
      }
  });
});

const CSR_FENCE = CODE_S + BigInt(PROGRAM.fenceAddressThenLoad);

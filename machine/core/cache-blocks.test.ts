// Cache-block operations (Zicbom, Zicboz), prefetch hints, and the registers that switch them on for lower modes.
import { describe, expect, it } from "vitest";
import type { Machine } from "../src/index";
import { type Assembler, CSR, PAGE, RAM, reg, runInMode, unsigned } from "../tests/bare";

const OPERATIONS = { inval: 0, clean: 1, flush: 2, zero: 4 } as const;
type Operation = keyof typeof OPERATIONS;

/** cbo.x (rs1) */
const word = (operation: number, rs1: number): number =>
  ((operation << 20) | (rs1 << 15) | (2 << 12) | 0x0f) >>> 0;
/** prefetch.i, .r, .w: ori x0, rs1, with the kind in the low five bits of the offset. */
const prefetch = (kind: number, rs1: number): number => ((kind << 20) | (rs1 << 15) | (6 << 12) | 0x13) >>> 0;

const ENABLE: Record<Operation, bigint> = {
  inval: 3n << 4n,
  clean: 1n << 6n,
  flush: 1n << 6n,
  zero: 1n << 7n,
};
const ILLEGAL = 2n;
const STORE_ACCESS_FAULT = 7n;
const STORE_PAGE_FAULT = 15n;
const DATA = RAM + 0x8000;

function attempt(
  operation: Operation,
  privilege: 0 | 1 | 3,
  address: bigint | number,
  prepare: (machine: Machine) => void = () => {},
): ReturnType<typeof runInMode> {
  return runInMode(
    privilege,
    (a) => a.word(word(OPERATIONS[operation], reg.a0)),
    (machine) => {
      machine.harts[0]!.setX(reg.a0, unsigned(BigInt(address)));
      machine.harts[0]!.setCsr(CSR.menvcfg, 0xf0n);
      machine.harts[0]!.setCsr(CSR.senvcfg, 0xf0n);
      prepare(machine);
    },
  );
}

describe("cbo.zero", () => {
  it("clears the 64 bytes around an address, however it is aligned, and no others", async () => {
    for (const offset of [0, 1, 31, 63]) {
      const { machine, cause } = await attempt("zero", 0, DATA + 64 + offset, ({ memory }) =>
        memory.write(DATA, new Uint8Array(192).fill(0xaa)),
      );
      expect(cause).toBe("done");
      const bytes = Array.from({ length: 24 }, (_, index) => machine.memory.readU64(DATA + 8 * index));
      const untouched = Array.from({ length: 8 }, () => 0xaaaa_aaaa_aaaa_aaaan);
      expect(bytes).toEqual([...untouched, ...untouched.map(() => 0n), ...untouched]);
    }
  });

  it("is a store: it needs the right to write, and RAM", async () => {
    const { machine, cause } = await attempt("zero", 3, 0x1000_0021);
    expect([cause, machine.harts[0]!.csr(CSR.mtval)]).toEqual([STORE_ACCESS_FAULT, 0x1000_0021n]);
    const readOnly = await attempt("zero", 1, DATA + 5, readOnlyPages);
    expect([readOnly.cause, readOnly.machine.harts[0]!.csr(CSR.mtval)]).toEqual([
      STORE_PAGE_FAULT,
      BigInt(DATA + 5),
    ]);
  });

  it("sees the stores before it in store-buffer mode", async () => {
    const { machine } = await runInMode(
      3,
      (a) => {
        a.sd(reg.a0, reg.a0, 0);
        a.word(word(OPERATIONS.zero, reg.a0));
        a.sd(reg.a0, reg.a0, 8);
      },
      ({ harts: [hart] }) => hart!.setX(reg.a0, BigInt(DATA)),
      { storeBuffer: { seed: 3 } },
    );
    expect([machine.memory.readU64(DATA), machine.memory.readU64(DATA + 8)]).toEqual([0n, BigInt(DATA)]);
  });

  it("breaks other harts' reservations", async () => {
    const write = (a: Assembler) => {
      a.csrr(reg.t0, CSR.mhartid);
      a.bnez(reg.t0, "other");
      a.lrD(reg.a1, reg.a0);
      for (let i = 0; i < 30; i++) a.nop();
      a.scD(reg.a2, reg.a0, reg.a0);
      a.j("end");
      a.label("other");
      for (let i = 0; i < 10; i++) a.nop();
      a.word(word(OPERATIONS.zero, reg.a0));
      a.label("end");
    };
    const { machine } = await runInMode(
      3,
      write,
      ({ harts }) => {
        for (const hart of harts) {
          hart.setX(reg.a0, BigInt(DATA + 32));
          hart.setCsr(CSR.mstatus, 3n << 11n);
        }
      },
      { harts: 2 },
    );
    expect(machine.harts[0]!.x(reg.a2)).toBe(1n);
  });
});

/** Sv39 with one gigapage over RAM that may be read and executed, not written. */
function readOnlyPages(machine: Machine, flags = 0xcbn): void {
  const root = RAM + 4 * PAGE;
  machine.memory.writeU64(root + 16, (BigInt(RAM) >> 2n) | flags);
  machine.harts[0]!.setCsr(CSR.satp, (8n << 60n) | (BigInt(root) >> 12n));
}

describe("cbo.inval, cbo.clean and cbo.flush", () => {
  for (const operation of ["inval", "clean", "flush"] as const) {
    it(`cbo.${operation} changes nothing and may be used on what can be read`, async () => {
      const { machine, cause } = await attempt(operation, 1, DATA + 3, (machine) => {
        machine.memory.writeU64(DATA, 0x1234n);
        readOnlyPages(machine);
      });
      expect([cause, machine.memory.readU64(DATA)]).toEqual(["done", 0x1234n]);
    });

    it(`cbo.${operation} faults as a store where neither reading nor writing is allowed`, async () => {
      const { machine, cause } = await attempt(operation, 1, 0x4000_0007n, readOnlyPages);
      expect([cause, machine.harts[0]!.csr(CSR.mtval)]).toEqual([STORE_PAGE_FAULT, 0x4000_0007n]);
      const protectedBlock = await attempt(operation, 0, DATA + 9, ({ harts: [hart] }) => {
        hart!.setCsr(CSR.pmpaddr0 + 1, hart!.csr(CSR.pmpaddr0));
        hart!.setCsr(CSR.pmpaddr0, (BigInt(DATA) >> 2n) | 7n);
        hart!.setCsr(CSR.pmpcfg0, 0x1f18n);
      });
      expect(protectedBlock.cause).toBe(STORE_ACCESS_FAULT);
      expect(protectedBlock.machine.harts[0]!.csr(CSR.mtval)).toBe(BigInt(DATA + 9));
    });
  }
});

describe("menvcfg and senvcfg", () => {
  it("switch each operation on for S mode, and both together for U mode", async () => {
    for (const operation of ["inval", "clean", "flush", "zero"] as const)
      for (const privilege of [0, 1, 3] as const)
        for (const machineEnable of [0n, ENABLE[operation]])
          for (const supervisorEnable of [0n, ENABLE[operation]]) {
            const { machine, cause } = await attempt(operation, privilege, DATA, ({ harts: [hart] }) => {
              hart!.setCsr(CSR.menvcfg, machineEnable);
              hart!.setCsr(CSR.senvcfg, supervisorEnable);
            });
            const isAllowed =
              privilege === 3 || (machineEnable !== 0n && (privilege === 1 || supervisorEnable !== 0n));
            const which = `cbo.${operation} in ${privilege}, ${machineEnable}, ${supervisorEnable}`;
            expect(cause, which).toBe(isAllowed ? "done" : ILLEGAL);
            if (!isAllowed)
              expect(machine.harts[0]!.csr(CSR.mtval)).toBe(BigInt(word(OPERATIONS[operation], reg.a0)));
          }
  });

  it("hold the fields this machine has, and keep CBIE where a reserved value is written", async () => {
    const { machine } = await runInMode(3, (a) => a.nop());
    const [hart] = machine.harts;
    const fields = 0xf1n;
    hart!.setCsr(CSR.menvcfg, unsigned(-1));
    hart!.setCsr(CSR.senvcfg, unsigned(-1));
    expect([hart!.csr(CSR.menvcfg), hart!.csr(CSR.senvcfg)]).toEqual([(3n << 62n) | fields, fields]);
    hart!.setCsr(CSR.senvcfg, 0x10n);
    hart!.setCsr(CSR.senvcfg, 0x21n);
    expect(hart!.csr(CSR.senvcfg)).toBe(0x11n);
  });
});

describe("encodings", () => {
  it("next to the four operations are illegal", async () => {
    for (const illegal of [word(3, 10), word(5, 10), word(0x800, 10), word(0, 10) | (1 << 7)]) {
      const { cause } = await runInMode(3, (a) => a.word(illegal));
      expect(cause, illegal.toString(16)).toBe(ILLEGAL);
    }
  });

  it("of prefetches are hints that do nothing, wherever they point", async () => {
    for (const kind of [0, 1, 3])
      for (const address of [0n, BigInt(DATA), unsigned(-1)]) {
        const { machine, cause } = await runInMode(
          0,
          (a) => a.word(prefetch(kind, reg.a0)),
          ({ harts: [hart] }) => hart!.setX(reg.a0, address),
        );
        expect([cause, machine.harts[0]!.x(0)]).toEqual(["done", 0n]);
      }
  });

  it("of pause is a hint", async () => {
    const { cause } = await runInMode(0, (a) => a.word(0x0100_000f));
    expect(cause).toBe("done");
  });
});

// Turns a workload into an ELF without firmware: machine mode sets up the address space compiled code expects (RAM at the top
// of the address space, devices at their physical addresses), enters S mode, calls `run` and ends the machine with an exit
// code made of the result, so that two machines can be seen to have computed the same.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { type Fragment, fragment } from "../../compiler/src/assembler/instruction";
import { reg } from "../../compiler/src/assembler/registers";
import { compile } from "../../compiler/src/driver/compile";

const RAM = 0x8000_0000;
const WINDOW = 0xffff_ffff_0000_0000n;
const DATA = 0x8010_0000;
const STACK_TOP = 0x83ff_0000;
const TEST_DEVICE = 0x10_0000;
const TEST_FAIL = 0x3333;
/** Exit codes a host passes on have 8 bits; 1 to 127 are left to the workload. */
export const EXIT_CODE_MASK = 0x7f;

const SATP_SV39 = 8n << 60n;
const PMP_OPEN = 0x1f;
const MPP_SUPERVISOR = 1 << 11;
const FLOAT_ON = 1 << 13;
const CSR = { mstatus: 0x300, mepc: 0x341, satp: 0x180, pmpcfg0: 0x3a0, pmpaddr0: 0x3b0 } as const;

/** A page-table entry of 1 GiB: valid, readable, writable, executable, accessed, dirty. */
const gigapage = (physical: number): bigint => ((BigInt(physical) >> 12n) << 10n) | 0xcfn;

/** Stands in the file where the number of rounds goes. */
const ROUNDS_MARK = 0x73_646e_756f_7221n;

/** Compiles `source` and makes it bootable; the number of rounds is filled in by `withRounds`. */
export async function bareProgram(
  source: string,
  readFile: (path: string) => string | null,
): Promise<Uint8Array> {
  const { elf } = await compile({
    entries: [source],
    readFile,
    textBase: WINDOW | BigInt(RAM),
    dataBase: DATA,
    memoryPages: 0x8400,
    isa: { bitmanip: true, compressed: true, floatingPoint: true },
    runtime: "stub",
    assembly: [entryCode(), pageTable()],
    entry: "start",
  });
  return elf;
}

/** A copy of the program whose `run` is called with `rounds`. */
export function withRounds(elf: Uint8Array, rounds: number): Uint8Array {
  const copy = elf.slice();
  const view = new DataView(copy.buffer);
  for (let offset = 0; offset + 8 <= copy.length; offset += 8) {
    if (view.getBigUint64(offset, true) !== ROUNDS_MARK) continue;
    view.setBigUint64(offset, BigInt(rounds), true);
    return copy;
  }
  throw new Error("the program has no place for its number of rounds");
}

function entryCode(): Fragment {
  const a = new Assembler("start");
  a.li(reg.t0, -1n);
  a.csrw(CSR.pmpaddr0, reg.t0);
  a.li(reg.t0, PMP_OPEN);
  a.csrw(CSR.pmpcfg0, reg.t0);
  a.la(reg.t0, "pageTable");
  a.srli(reg.t0, reg.t0, 12);
  a.li(reg.t1, SATP_SV39);
  a.or(reg.t0, reg.t0, reg.t1);
  a.csrw(CSR.satp, reg.t0);
  a.sfenceVma();
  a.la(reg.t0, "enter");
  a.li(reg.t1, WINDOW);
  a.or(reg.t0, reg.t0, reg.t1);
  a.csrw(CSR.mepc, reg.t0);
  a.li(reg.t0, MPP_SUPERVISOR | FLOAT_ON);
  a.csrs(CSR.mstatus, reg.t0);
  a.mret();
  a.align(4);
  a.global("enter");
  a.la(reg.gp, "__global_pointer");
  a.li(reg.sp, WINDOW | BigInt(STACK_TOP));
  a.la(reg.a0, "rounds");
  a.ld(reg.a0, reg.a0, 0);
  a.call("run");
  // Fold the result into a few bits.
  a.srliw(reg.t0, reg.a0, 16);
  a.xor(reg.a0, reg.a0, reg.t0);
  a.srliw(reg.t0, reg.a0, 8);
  a.xor(reg.a0, reg.a0, reg.t0);
  a.andi(reg.a0, reg.a0, EXIT_CODE_MASK);
  a.slli(reg.a0, reg.a0, 16);
  a.li(reg.t0, TEST_FAIL);
  a.or(reg.a0, reg.a0, reg.t0);
  a.li(reg.t1, TEST_DEVICE);
  a.sw(reg.a0, reg.t1, 0);
  a.label("wait");
  a.j("wait");
  return a.finish();
}

/** Devices and RAM at their physical addresses, RAM once more in the window; the number of rounds behind it. */
function pageTable(): Fragment {
  const table = fragment("pageTable", "data");
  table.alignment = 4096;
  for (let index = 0; index < 512; index++) {
    const value = index === 0 ? gigapage(0) : index === 2 || index === 510 ? gigapage(RAM) : 0n;
    table.items.push({ kind: "data", size: 8, value });
  }
  table.items.push({ kind: "symbol", name: "rounds" }, { kind: "data", size: 8, value: ROUNDS_MARK });
  return table;
}

/**
 * The first instructions of a hart: from physical addresses with the MMU off to the kernel window.
 *
 * The boot hart fills the kernel's root page table; the step into virtual addresses is a page fault on purpose: `stvec`
 * names the continuation's virtual address when `satp` is written, so that no identity mapping is needed.
 */
import { Assembler, type Fragment, fragment, reg } from "@rel4/compiler";
import { MAX_HARTS } from "../../abi/src/config";
import { CSR_SATP, CSR_SSCRATCH, CSR_STVEC, CSR_SUICFG, SATP_MODE_SV39 } from "../src/riscv/csr";
import {
  HART_AREA_SIZE,
  HART_GLOBAL_POINTER,
  HART_KERNEL_SATP,
  HART_STACK_SIZE,
  HEADER_SIZE,
  KERNEL_ROOT_TABLE_SIZE,
  LATE_HART_ID,
  LATE_HART_RECORD,
  LATE_HART_SIZE,
  ROOT_INDEX_DEVICES,
  ROOT_INDEX_RAM,
} from "../src/riscv/layout";
import { takeLock } from "./lock";

const BOOT_TAKEN_SYMBOL = "bootTaken";
const LATE_HARTS_SYMBOL = "lateHarts";
const PAGE = 4096;
// Sets of memory accesses, as the fence instruction names them
const READ = 2;
const READ_WRITE = 3;
// Sv39 page-table entry bits: valid, read, write, global, accessed, dirty
const KERNEL_DATA_LEAF = 0xe7;
const EXECUTABLE = 0x08;
const GIGABYTE_ENTRY = 1n << 28n;

/** rd = address of the kernel's root page table (physical or virtual, as the program counter is). */
function rootTableAddress(a: Assembler, rd: number, scratch: number): void {
  a.la(rd, "__bss_end");
  a.li(scratch, PAGE - 1);
  a.add(rd, rd, scratch);
  a.not(scratch, scratch);
  a.and(rd, rd, scratch);
}

/** Clears `rd`…`rd + bytes`; both registers are overwritten. */
function clearMemory(a: Assembler, start: number, end: number, scope: string): void {
  a.label(scope);
  a.sd(reg.zero, start, 0);
  a.addi(start, start, 8);
  a.bltu(start, end, scope);
}

/** Writes satp for the root table whose physical address is in `table` and goes on at symbol `upper`, virtually. */
function turnOnTranslation(a: Assembler, table: number, upper: string): void {
  a.la(reg.t0, upper);
  a.sextW(reg.t0, reg.t0);
  a.csrw(CSR_STVEC, reg.t0);
  a.srli(reg.t0, table, 12);
  a.li(reg.t2, BigInt(SATP_MODE_SV39) << 60n);
  a.or(reg.t0, reg.t0, reg.t2);
  a.sfenceVma();
  a.csrw(CSR_SATP, reg.t0);
  // Never executed: the fetch faults.
  a.nop();
  a.align(4);
  a.global(upper);
  a.la(reg.t0, "trapEntry");
  a.csrw(CSR_STVEC, reg.t0);
  a.csrw(CSR_SSCRATCH, reg.zero);
  a.sfenceVma();
  a.la(reg.gp, "__global_pointer");
}

/** Sets up the record of this hart: the fields that assembly needs. */
function initialiseRecord(a: Assembler): void {
  a.mv(reg.sp, reg.tp);
  a.sd(reg.gp, reg.tp, HART_GLOBAL_POINTER);
  a.csrr(reg.t0, CSR_SATP);
  a.sd(reg.t0, reg.tp, HART_KERNEL_SATP);
}

/** `_start`: the image's entry, on the hart that boots, with a0 = hart id and a1 = physical address of the device tree. */
function bootFragment(): Fragment {
  const a = new Assembler("_start");
  a.la(reg.t0, BOOT_TAKEN_SYMBOL);
  a.li(reg.t1, 1);
  a.amoswapW(reg.t1, reg.t1, reg.t0);
  a.bnez(reg.t1, "late");
  a.mv(reg.s0, reg.a0);
  a.mv(reg.s1, reg.a1);
  rootTableAddress(a, reg.s2, reg.t1);
  // Root table and the first hart's area
  a.mv(reg.t0, reg.s2);
  a.li(reg.t1, KERNEL_ROOT_TABLE_SIZE + HART_AREA_SIZE);
  a.add(reg.t1, reg.t1, reg.t0);
  clearMemory(a, reg.t0, reg.t1, "clear");
  a.li(reg.t3, PAGE / 2);
  a.add(reg.t3, reg.t3, reg.s2);
  const entry = (index: number, value: bigint) => {
    a.li(reg.t0, value);
    a.sd(reg.t0, reg.t3, index * 8 - PAGE / 2);
  };
  const leaf = BigInt(KERNEL_DATA_LEAF);
  entry(ROOT_INDEX_DEVICES, leaf);
  entry(ROOT_INDEX_RAM, 2n * GIGABYTE_ENTRY + leaf + BigInt(EXECUTABLE));
  entry(ROOT_INDEX_RAM + 1, 3n * GIGABYTE_ENTRY + leaf + BigInt(EXECUTABLE));
  turnOnTranslation(a, reg.s2, "bootUpper");
  rootTableAddress(a, reg.tp, reg.t1);
  a.li(reg.t1, KERNEL_ROOT_TABLE_SIZE + HART_STACK_SIZE);
  a.add(reg.tp, reg.tp, reg.t1);
  initialiseRecord(a);
  takeLock(a, "boot");
  a.call("__wasm_start");
  a.mv(reg.a0, reg.s0);
  a.mv(reg.a1, reg.s1);
  a.call("bootMain");
  a.tail("resumeCurrent");
  lateHart(a);
  return a.finish();
}

/**
 * "late": a hart at the image's entry that another boots already (kernel/src/riscv/boot.ts says why). It waits for its record
 * and goes on as a hart that was started; one that is not wanted waits for ever.
 */
function lateHart(a: Assembler): void {
  a.label("late");
  a.la(reg.t0, LATE_HARTS_SYMBOL);
  a.addi(reg.t1, reg.t0, MAX_HARTS * LATE_HART_SIZE);
  a.label("look");
  a.lwu(reg.a1, reg.t0, LATE_HART_RECORD);
  a.lw(reg.t2, reg.t0, LATE_HART_ID);
  a.beqz(reg.a1, "next");
  a.beq(reg.t2, reg.a0, "found");
  a.label("next");
  a.addi(reg.t0, reg.t0, LATE_HART_SIZE);
  a.bltu(reg.t0, reg.t1, "look");
  a.j("late");
  a.label("found");
  a.fence(READ, READ_WRITE);
  a.tail("secondaryEntry");
}

/** `secondaryEntry`: a hart started through the firmware, with a0 = hart id and a1 = its record's physical address. */
function secondaryFragment(): Fragment {
  const a = new Assembler("secondaryEntry");
  a.mv(reg.s1, reg.a1);
  rootTableAddress(a, reg.s2, reg.t1);
  turnOnTranslation(a, reg.s2, "secondaryUpper");
  a.sextW(reg.tp, reg.s1);
  initialiseRecord(a);
  takeLock(a, "secondary");
  a.call("bootSecondary");
  a.tail("resumeCurrent");
  return a.finish();
}

/** `probeUserInterrupts`: reads suicfg with a trap handler that skips the read; 0 when it is no CSR here. */
function probeFragment(): Fragment {
  const a = new Assembler("probeUserInterrupts");
  a.la(reg.t0, "probeFailed");
  a.csrrw(reg.t1, CSR_STVEC, reg.t0);
  a.csrr(reg.a0, CSR_SUICFG);
  a.csrw(CSR_STVEC, reg.t1);
  a.ret();
  a.align(4);
  a.global("probeFailed");
  a.csrw(CSR_STVEC, reg.t1);
  a.li(reg.a0, 0);
  a.ret();
  return a.finish();
}

/** `haltHart`: stops this hart for good. */
function haltFragment(): Fragment {
  const a = new Assembler("haltHart");
  a.label("halt");
  a.wfi();
  a.j("halt");
  return a.finish();
}

/** `imageHeader`: filled by the host when it lays out the image. */
function headerData(): Fragment {
  const data = fragment("imageHeader", "data");
  for (let word = 0; word < HEADER_SIZE / 8; word++) data.items.push({ kind: "data", size: 8, value: 0n });
  return data;
}

/** Zeroes for `_start`: is there a hart that boots; records of those that come later. */
function bootData(): Fragment[] {
  const taken = fragment(BOOT_TAKEN_SYMBOL, "data");
  taken.items.push({ kind: "data", size: 8, value: 0n });
  const late = fragment(LATE_HARTS_SYMBOL, "data");
  for (let hart = 0; hart < MAX_HARTS; hart++)
    late.items.push({ kind: "data", size: LATE_HART_SIZE, value: 0n });
  return [taken, late];
}

/** Everything a hart executes or reads before compiled kernel code runs. */
export function bootFragments(): Fragment[] {
  return [bootFragment(), secondaryFragment(), probeFragment(), haltFragment(), headerData(), ...bootData()];
}

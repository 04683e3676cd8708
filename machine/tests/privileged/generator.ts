// Random privileged programs: steps of a few instructions in M, S or U mode, with random delegation, page tables, status bits,
// pending interrupts and memory protection. What QEMU 7.2 does differently from the specification is left out where it
// is made; docs/machine.md lists it.
import { encode } from "../../../compiler/src/assembler/encode";
import { instruction } from "../../../compiler/src/assembler/instruction";
import type { Opcode } from "../../../compiler/src/assembler/opcodes";
import { makeElf } from "../../src/test-support/make-elf";
import { Random } from "../../src/test-support/random";
import { type AddressSpace, AddressSpaceMaker, USER_ALIAS } from "./address-space";
import { LOG_END, MACHINE_HANDLER, makeHarness, NEXT_STEP, SUPERVISOR_HANDLER } from "./harness";
import * as at from "./layout";

const PAGE = 0x1000;
const ALL_ONES = (1n << 64n) - 1n;
const RA = 1;
const A7 = 17;
/** Registers that hold what the step's instructions use. */
/** The most that one maker takes of them. */
const MOST_OPERANDS = 6;
const POOL = Array.from({ length: 31 }, (_, index) => index + 1).filter((r) => r !== RA && r !== A7 && r > 4);

const MSTATUS = {
  SIE: 1n << 1n,
  SPIE: 1n << 5n,
  MPIE: 1n << 7n,
  SPP: 1n << 8n,
  MPP: 3n << 11n,
  FS: 3n << 13n,
  MPRV: 1n << 17n,
  SUM: 1n << 18n,
  MXR: 1n << 19n,
  TVM: 1n << 20n,
  TW: 1n << 21n,
  TSR: 1n << 22n,
} as const;
const SSTATUS = 0x100;
const SIE = 0x104;
const SSCRATCHLESS_CSRS = [0x142, 0x143]; // scause, stval: they hold what is written
const SIP = 0x144;
const SEPC = 0x141;
const SATP = 0x180;
const MSTATUS_CSR = 0x300;
const MEPC = 0x341;
const MIP = 0x344;
const COUNTERS = [0xc00, 0xc01, 0xc02];
const STIMECMP = 0x14d;
const SUPERVISOR_INTERRUPTS = 0x222n;
/** Delegable exceptions, without the environment call by which S mode's handler ends a step. */
const DELEGABLE = 0xb1ffn & ~(1n << 9n);
const PBMTE = 1n << 62n;
const STCE = 1n << 63n;
const PMP_LOCK = 0x80n;
const SINVAL_VMA = 0x1600_0073;

const ECALL = 0x0000_0073;
const EBREAK = 0x0010_0073;
const SRET = 0x1020_0073;
const MRET = 0x3020_0073;
const WFI = 0x1050_0073;
const C_JR_RA = 0x8082_8082;
/** No instruction of either machine, or one that is not of the mode. */
const ILLEGAL = [
  0x0200_7053, // fadd.d: legal where FS is on
  0x0010_2273, // csrr tp, fflags: likewise
  0xffff_ffff,
  0x0000_705b,
  0x8ff0_1073,
  0xf140_9073,
  0x0000_9067,
  0x3002_1073,
  0x3400_2273,
];

export type Mode = "M" | "S" | "U";
const MPP: Record<Mode, bigint> = { M: 3n, S: 1n, U: 0n };

type ProtectionCsr = Extract<at.StepCsr, `pmp${string}`>;
const OPEN: Record<ProtectionCsr, bigint> = {
  ...{ pmpaddr0: 0n, pmpaddr1: 0n, pmpaddr2: 0n, pmpaddr3: 0n, pmpaddr4: 0n, pmpaddr5: 0n, pmpaddr6: 0n },
  pmpaddr7: (1n << 54n) - 1n,
  pmpcfg0: 0x1fn << 56n,
};

export interface Step {
  mode: Mode;
  /** What its instructions are meant to do, for reports. */
  notes: string[];
  csrs: Record<at.StepCsr, bigint>;
  registers: bigint[];
  code: number[];
}

export interface Program {
  elf: Uint8Array;
  steps: Step[];
}

/**
 * A program of `count` steps from a seed; every few steps there are new address spaces.
 * @param hasPageExtensions uses Svinval, Svnapot and Svpbmt instead of reserved bits
 */
export function makeProgram(seed: number, count: number, hasPageExtensions: boolean): Program {
  return new ProgramMaker(new Random(seed), hasPageExtensions).make(count);
}

const STEPS_PER_SPACE = 8;
/** The last steps lock PMP entries now and then, which stay locked. */
const STEPS_WITH_LOCKS = 40;

class ProgramMaker {
  private readonly image = new Uint8Array(at.LOG - at.RAM);
  private readonly view = new DataView(this.image.buffer);
  private free = 0;
  private readonly poke = (address: number, value: bigint): void =>
    this.view.setBigUint64(address - at.RAM, BigInt.asUintN(64, value), true);

  constructor(
    private readonly random: Random,
    private readonly hasPageExtensions: boolean,
  ) {}

  make(count: number): Program {
    this.image.set(makeHarness());
    for (let address = at.CALLEES; address < at.CALLEES + at.CALLEE_PAGES * PAGE; address += 4)
      this.view.setUint32(address - at.RAM, C_JR_RA, true);
    this.poke(NEXT_STEP, BigInt(at.STEPS));
    this.poke(LOG_END, BigInt(at.LOG));
    this.free = align(at.STEPS + (count + 1) * at.STEP.size, PAGE);
    const allocatePage = () => this.allocate(PAGE);
    const maker = new AddressSpaceMaker(this.random, this.poke, allocatePage, this.hasPageExtensions);
    const steps: Step[] = [];
    let spaces: AddressSpace[] = [];
    while (steps.length < count) {
      if (steps.length % STEPS_PER_SPACE === 0) spaces = [maker.make(this.asid()), maker.make(this.asid())];
      const mayLock = steps.length >= count - STEPS_WITH_LOCKS;
      steps.push(this.addStep(at.STEPS + steps.length * at.STEP.size, spaces, mayLock));
    }
    const bytes = this.image.slice(0, this.free - at.RAM);
    return { elf: makeElf({ segments: [{ address: BigInt(at.RAM), bytes, flags: 7 }] }), steps };
  }

  private asid(): bigint {
    return BigInt(this.random.below(1 << 16));
  }

  private allocate(bytes: number): number {
    const address = this.free;
    this.free += bytes;
    if (this.free > at.LOG) throw new Error("the program does not fit: make fewer steps");
    return address;
  }

  private addStep(address: number, spaces: AddressSpace[], mayLock: boolean): Step {
    const codeAddress = this.allocate(PAGE);
    const options = { hasPageExtensions: this.hasPageExtensions, mayLock };
    const step = new StepMaker(this.random, spaces, codeAddress, options).make();
    for (const [index, word] of step.code.entries())
      this.view.setUint32(codeAddress - at.RAM + 4 * index, word, true);
    this.poke(address + at.STEP.msip, this.random.chance(6) ? 1n : 0n);
    this.poke(address + at.STEP.mtimecmp, this.random.chance(6) ? 0n : ALL_ONES);
    this.poke(
      address + at.STEP.supervisorReturns,
      step.csrs.mstatus & MSTATUS.TSR || this.random.chance(5) ? 0n : 1n,
    );
    for (const [index, csr] of (Object.keys(at.STEP_CSRS) as at.StepCsr[]).entries())
      this.poke(address + at.STEP.csrs + 8 * index, step.csrs[csr]);
    for (const [index, value] of step.registers.entries())
      this.poke(address + at.STEP.registers + 8 * index, value);
    return step;
  }
}

/** Makes one step. */
class StepMaker {
  private readonly code: number[] = [];
  private readonly notes: string[] = [];
  private readonly registers: bigint[] = Array.from({ length: 31 }, () => 0n);
  private readonly free = [...POOL];
  private readonly mode: Mode;
  private readonly isTranslated: boolean;
  private readonly space: AddressSpace;
  private readonly isProtected: boolean;
  private readonly status: bigint;
  private readonly usesTimer: boolean;
  /** Whether the step has perhaps returned to a mode of lower privilege. */
  private hasReturned = false;
  /** Pages that the step has accessed. */
  private readonly visited: bigint[] = [];
  private readonly interrupts: { enabled: bigint; delegated: bigint; pending: bigint };

  constructor(
    private readonly random: Random,
    private readonly spaces: AddressSpace[],
    private readonly codeAddress: number,
    private readonly options: { hasPageExtensions: boolean; mayLock: boolean },
  ) {
    // Locks concern machine mode.
    const modes = options.mayLock
      ? (["M", "M", "S", "U"] as const)
      : (["M", "S", "S", "S", "U", "U"] as const);
    this.mode = random.pick(modes);
    this.isTranslated = !random.chance(6);
    this.space = random.pick(spaces);
    this.isProtected = random.chance(3) || options.mayLock; // by what an earlier step has locked, perhaps
    this.usesTimer = random.chance(4);
    this.interrupts = random.chance(2)
      ? this.randomInterrupts()
      : { enabled: 0n, delegated: 0n, pending: 0n };
    this.status = this.randomStatus();
    this.visited.push(random.pick(this.space.data));
  }

  make(): Step {
    const csrs = this.makeCsrs();
    const makers = this.makers();
    const length = 3 + this.random.below(7);
    for (let i = 0; i < length && this.free.length >= MOST_OPERANDS; i++) this.random.pickWeighted(makers)();
    this.emit("addi", { rd: A7, rs1: 0, imm: 0x5e }, "");
    this.emit("slli", { rd: A7, rs1: A7, imm: 8 }, "");
    this.emit("addi", { rd: A7, rs1: A7, imm: 0x0f }, "");
    this.word(ECALL, "end");
    return { mode: this.mode, notes: this.notes, csrs, registers: this.registers, code: this.code };
  }

  private makers(): [weight: number, make: () => void][] {
    const all: [number, () => void][] = [
      [8, () => this.loadOrStore()],
      [3, () => this.call()],
      [2, () => this.csr()],
      [1, () => this.word(this.random.pick([ECALL, EBREAK, ...ILLEGAL]), "trap")],
      [1, () => this.fence()],
      [1, () => this.counter()],
    ];
    if (this.mode !== "M" && this.isTranslated) all.push([2, () => this.atomic()]);
    if (this.mode !== "U") all.push([3, () => this.remap()], [1, () => this.interrupt()]);
    if (this.mode === "S") all.push([1, () => this.switchSpace()], [1, () => this.supervisorReturn()]);
    if (this.mode === "M") all.push([3, () => this.asPrevious()], [1, () => this.machineReturn()]);
    if (this.mode === "U" || ((this.status & MSTATUS.TW) !== 0n && this.mode === "S"))
      all.push([1, () => this.word(WFI, "wfi")]);
    if (this.usesTimer) all.push([2, () => this.timer()]);
    return all;
  }

  // --- What a step begins with ---

  private makeCsrs(): Record<at.StepCsr, bigint> {
    const { random } = this;
    const vectored = (): bigint => (random.chance(3) ? 1n : 0n);
    const mode = this.mode === "U" && this.isTranslated ? USER_ALIAS - BigInt(at.RAM) : 0n;
    return {
      ...this.protection(),
      satp: this.isTranslated ? this.space.satp : 0n,
      medeleg: random.chance(4) ? 0n : BigInt(random.next()) & DELEGABLE,
      mideleg: (BigInt(random.next()) & SUPERVISOR_INTERRUPTS) | this.interrupts.delegated,
      menvcfg: (this.usesTimer ? STCE : 0n) | (this.options.hasPageExtensions ? PBMTE : 0n),
      stimecmp: this.usesTimer && random.chance(2) ? 0n : ALL_ONES,
      mie: this.interrupts.enabled,
      mip: this.interrupts.pending,
      mcounteren: BigInt(random.next()) & 7n,
      scounteren: BigInt(random.next()) & 7n,
      mtvec: BigInt(MACHINE_HANDLER) | vectored(),
      stvec: BigInt(SUPERVISOR_HANDLER) | vectored(),
      mepc: BigInt(this.codeAddress) + mode,
      mstatus: this.status,
    };
  }

  /**
   * At most one interrupt for each mode is enabled: of several, QEMU 7.2 takes the one with the smallest number, not external before
   * software before timer.
   */
  private randomInterrupts(): { enabled: bigint; delegated: bigint; pending: bigint } {
    const { random } = this;
    const machine = random.pick([0n, 1n << 3n, 1n << 7n]);
    const supervisor = random.pick([0n, 1n << 1n, 1n << 5n, 1n << 9n]);
    return {
      enabled: machine | supervisor,
      delegated: machine === 0n ? 0n : supervisor,
      pending: BigInt(random.next()) & SUPERVISOR_INTERRUPTS,
    };
  }

  private randomStatus(): bigint {
    const { random } = this;
    let status = MPP[this.mode] << 11n;
    for (const bit of [MSTATUS.SIE, MSTATUS.SPIE, MSTATUS.MPIE, MSTATUS.SPP, MSTATUS.SUM, MSTATUS.MXR])
      if (random.chance(2)) status |= bit;
    for (const bit of [MSTATUS.TVM, MSTATUS.TW, MSTATUS.TSR]) if (random.chance(6)) status |= bit;
    if (random.chance(2)) status |= MSTATUS.FS;
    // The width of U mode's registers, which QEMU lets be written: 64.
    return status | (2n << 32n);
  }

  /** Regions inside the pages of data and callees, in front of one that allows everything. */
  private protection(): Pick<Record<at.StepCsr, bigint>, ProtectionCsr> {
    const csrs: Record<ProtectionCsr, bigint> = { ...OPEN };
    let below = 0n;
    for (let i = 0; this.isProtected && i < 7; i++) {
      const isUsed = this.random.chance(2);
      const [address, mode] = isUsed ? this.region(below) : [0n, 0n];
      csrs[`pmpaddr${i}` as ProtectionCsr] = address;
      const lock = this.options.mayLock && this.random.chance(4) ? PMP_LOCK : 0n;
      if (isUsed) csrs.pmpcfg0 |= (lock | mode | this.random.pick([0n, 1n, 3n, 4n, 5n, 7n])) << BigInt(8 * i);
      below = address;
    }
    return csrs;
  }

  /** @param below address of the entry before */
  private region(below: bigint): [address: bigint, mode: bigint] {
    const { random } = this;
    // QEMU 7.2 checks a fetch for the whole rest of its page, so callees are protected by the page.
    if (random.chance(4)) return napot(at.CALLEES + random.below(at.CALLEE_PAGES) * PAGE, PAGE);
    const size = 8 << random.below(12);
    const place = at.DATA + align(random.below(at.DATA_PAGES * PAGE - size), size);
    // A range whose lower bound the entry before gives, where that lies below.
    if (below !== 0n && below < BigInt(place) >> 2n && random.chance(2)) return [BigInt(place) >> 2n, 0x08n];
    return random.chance(6) ? [BigInt(place) >> 2n, 0x10n] : napot(place, size);
  }

  // --- Instructions ---

  private word(word: number, note: string): void {
    this.code.push(word);
    if (note !== "") this.notes.push(note);
  }

  private emit(op: Opcode, fields: Parameters<typeof instruction>[1], note: string): void {
    this.word(encode(instruction(op, fields)), note);
  }

  /** A register that holds a value when the step begins. */
  private holding(value: bigint): number {
    const register = this.free.splice(this.random.below(this.free.length), 1)[0]!;
    this.registers[register - 1] = BigInt.asUintN(64, value);
    return register;
  }

  /**
   * A virtual address for an access of `bytes` bytes. Mostly aligned, and always so where nothing may answer, and in one page where
   * protection may divide it: QEMU takes such accesses apart, reports an address beside it, or checks the wrong size.
   */
  private place(page: bigint, bytes: number): bigint {
    const isTranslated = this.mode !== "M" && this.isTranslated && !this.space.nothing.includes(page);
    const isRam = page >= BigInt(at.RAM) && page < BigInt(at.RAM + at.RAM_SIZE);
    let offset = this.random.below(PAGE / bytes) * bytes;
    if ((isTranslated || isRam) && this.random.chance(5)) offset = this.random.below(PAGE - bytes);
    if (isTranslated && !this.isProtected && this.random.chance(6)) offset = PAGE - this.random.below(bytes);
    return BigInt.asUintN(64, page + BigInt(offset));
  }

  /** Pages of data as the step's mode reaches them, and as others do. */
  private dataPages(): bigint[] {
    const physical = BigInt(at.DATA + this.random.below(at.DATA_PAGES) * PAGE);
    const large = BigInt(at.LARGE + this.random.below(at.LARGE_SIZE / PAGE) * PAGE);
    const alias = USER_ALIAS - BigInt(at.RAM) + physical;
    return [...this.space.data, physical, physical, large, alias];
  }

  private loadOrStore(): void {
    const { random } = this;
    const nowhere = [...this.space.nothing, 1n << 50n, ALL_ONES << 47n];
    const pages = random.chance(8) ? nowhere : random.chance(3) ? this.visited : this.dataPages();
    // In S mode QEMU 7.2 lets a load of a user's page (SUM) make the page executable.
    const isCallee = this.mode === "U" && random.chance(12);
    if (isCallee) this.load(this.space.callees);
    else if (random.chance(2)) this.load(pages);
    else this.store(pages);
  }

  private load(pages: readonly bigint[]): void {
    const size = this.random.below(4);
    const [address, rs1, imm] = this.operand(pages, 1 << size);
    const ops = (["lb lbu", "lh lhu", "lw lwu", "ld"] as const)[size]!.split(" ") as Opcode[];
    const op = this.random.pick(ops);
    this.emit(op, { rd: rs1, rs1, imm }, `${op} ${hex(address)}`);
  }

  private store(pages: readonly bigint[]): void {
    const size = this.random.below(4);
    const [address, rs1, imm] = this.operand(pages, 1 << size);
    const op = (["sb", "sh", "sw", "sd"] as const)[size]!;
    this.emit(op, { rs1, rs2: this.holding(this.random.bits64()), imm }, `${op} ${hex(address)}`);
  }

  /** A random place in one of the pages, as a register and an offset. */
  private operand(pages: readonly bigint[], bytes: number): [address: bigint, rs1: number, imm: number] {
    const page = this.random.pick(pages);
    if (!this.visited.includes(page)) this.visited.push(page);
    const address = this.place(page, bytes);
    const imm = this.random.below(64) - 32;
    return [address, this.holding(address - BigInt(imm)), imm];
  }

  /** AMOs and LR, some misaligned. Not where nothing answers, which QEMU reports as a load. */
  private atomic(): void {
    const { random } = this;
    const isDouble = random.chance(2);
    const bytes = isDouble ? 8 : 4;
    const page = random.pick(this.space.data);
    const misaligned = random.chance(8) ? 1 + random.below(bytes - 1) : 0;
    const address = page + BigInt(random.below(PAGE / bytes) * bytes + misaligned);
    const size = isDouble ? "d" : "w";
    const op = random.pick(["lr", "amoadd", "amoswap", "amoxor", "amomax", "amominu"] as const);
    const rs1 = this.holding(address);
    const rs2 = op === "lr" ? 0 : this.holding(random.bits64());
    this.emit(`${op}.${size}`, { rd: rs1, rs1, rs2, imm: 0 }, `${op}.${size} ${hex(address)}`);
  }

  /** Calls code that returns at once, if it may be fetched. */
  private call(): void {
    const { random } = this;
    const pages = random.chance(6)
      ? [...this.space.data, ...this.space.nothing, 1n << 50n]
      : this.space.callees;
    const own = BigInt(at.CALLEES + random.below(at.CALLEE_PAGES) * PAGE);
    const page = random.pick([...pages, own, USER_ALIAS - BigInt(at.RAM) + own]);
    // Data is no code: where it might be fetched, only beside what is mapped.
    const isData = this.space.data.includes(page);
    const address = isData
      ? 0x20_0000n + BigInt(random.below(PAGE)) * 4n
      : page + BigInt(random.below(PAGE / 2) * 2);
    const rs1 = this.holding(address);
    this.emit("jalr", { rd: RA, rs1, imm: 0 }, `call ${hex(address)}`);
  }

  private csr(): void {
    const { random } = this;
    const register = this.holding(random.bits64());
    const csr = random.pick([...SSCRATCHLESS_CSRS, SSTATUS, SATP, SIE, SIP, 0x342, 0x302]);
    if (SSCRATCHLESS_CSRS.includes(csr))
      this.emit("csrrw", { rd: register, rs1: register, imm: csr }, `swap ${hex(csr)}`);
    else if (csr === SSTATUS && random.chance(2)) {
      const bit = random.pick([MSTATUS.SUM, MSTATUS.MXR, MSTATUS.SPP, MSTATUS.SPIE]);
      this.registers[register - 1] = bit;
      this.emit(
        random.pick(["csrrs", "csrrc"] as const),
        { rd: register, rs1: register, imm: csr },
        `sstatus ${hex(bit)}`,
      );
    } else this.emit("csrrs", { rd: register, rs1: 0, imm: csr }, `read ${hex(csr)}`);
  }

  private counter(): void {
    this.emit("csrrs", { rd: 0, rs1: 0, imm: this.random.pick(COUNTERS) }, "counter");
  }

  private timer(): void {
    const value = this.random.chance(2) ? 0n : ALL_ONES;
    const register = this.holding(value);
    this.emit("csrrw", { rd: register, rs1: register, imm: STIMECMP }, `stimecmp ${hex(value)}`);
  }

  private fence(): void {
    this.fenceTranslations(0, 0);
  }

  /** sfence.vma, or sinval.vma, which is as strong on both machines; not where it is illegal: QEMU 7.2 then forgets its bits. */
  private fenceTranslations(address: number, asid: number): void {
    const isLegal = this.mode === "M" || (this.mode === "S" && (this.status & MSTATUS.TVM) === 0n);
    if (this.options.hasPageExtensions && isLegal && !this.hasReturned && this.random.chance(2))
      this.word(SINVAL_VMA | (address << 15) | (asid << 20), "sinval.vma");
    else this.emit("sfence.vma", { rs1: address, rs2: asid }, "sfence.vma");
  }

  /** Changes an entry of a page table and makes that known, unless that could be forbidden: old translations would stay. */
  private remap(): void {
    const { random } = this;
    const isIntercepted = (this.status & MSTATUS.TVM) !== 0n;
    if (isIntercepted && (this.mode === "S" || this.hasReturned)) return;
    const { entryAddress, virtual, usedPage, renew } = random.pick(this.space.slots);
    if (random.chance(2)) this.load([usedPage]);
    const value = renew();
    const rs1 = this.holding(BigInt(entryAddress));
    this.emit("sd", { rs1, rs2: this.holding(value), imm: 0 }, `entry of ${hex(virtual)} = ${hex(value)}`);
    const address = random.chance(2) ? this.holding(virtual) : 0;
    const asid = random.chance(3) ? this.holding((this.space.satp >> 44n) & 0xffffn) : 0;
    this.fenceTranslations(address, asid);
    if (random.chance(2) && this.free.length > 4) this.load([usedPage]);
  }

  private interrupt(): void {
    const { random } = this;
    if (this.mode === "M") {
      const register = this.holding(
        BigInt(random.next()) & SUPERVISOR_INTERRUPTS & ~(this.usesTimer ? 0x20n : 0n),
      );
      this.emit(random.pick(["csrrs", "csrrc"] as const), { rd: register, rs1: register, imm: MIP }, "mip");
      return;
    }
    const isOnly = (this.interrupts.enabled & SUPERVISOR_INTERRUPTS & ~2n) === 0n;
    const csr = random.pick(isOnly ? [SIP, SSTATUS, SIE] : [SIP, SSTATUS]);
    this.emit(
      random.pick(["csrrsi", "csrrci"] as const),
      { rd: this.holding(0n), rs1: 2, imm: csr },
      `bit 1 of ${hex(csr)}`,
    );
  }

  private switchSpace(): void {
    const space = this.random.pick(this.spaces);
    const register = this.holding(this.isTranslated ? space.satp : 0n);
    this.emit("csrrw", { rd: register, rs1: register, imm: SATP }, `satp ${hex(space.satp)}`);
  }

  /** sret to the instruction behind it, in the mode SPP then says. */
  private supervisorReturn(): void {
    const toUser = this.random.chance(2);
    const spp = this.holding(MSTATUS.SPP);
    this.emit(toUser ? "csrrc" : "csrrs", { rd: 0, rs1: spp, imm: SSTATUS }, "");
    const next = BigInt(this.codeAddress + 4 * (this.code.length + 2));
    const target = toUser && this.isTranslated ? next - BigInt(at.RAM) + USER_ALIAS : next;
    this.emit("csrrw", { rd: 0, rs1: this.holding(target), imm: SEPC }, "");
    this.hasReturned = true;
    this.word(SRET, `sret to ${toUser ? "U" : "S"}`);
  }

  /** Loads and stores as the mode in MPP would do them. */
  private asPrevious(): void {
    const mpp = this.holding(MSTATUS.MPP);
    const set = this.holding(MSTATUS.MPRV | this.random.pick([0n, 1n << 11n]));
    this.emit("csrrc", { rd: 0, rs1: mpp, imm: MSTATUS_CSR }, "");
    this.emit("csrrs", { rd: 0, rs1: set, imm: MSTATUS_CSR }, `MPRV as ${hex(this.registers[set - 1]!)}`);
    for (let i = 0; i < 3 && this.free.length > 4; i++) this.loadOrStore();
    const clear = this.holding(MSTATUS.MPRV);
    this.emit("csrrc", { rd: 0, rs1: clear, imm: MSTATUS_CSR }, "no MPRV");
  }

  /** mret to the instruction behind it, in S or U mode. */
  private machineReturn(): void {
    const toUser = this.random.chance(2);
    this.emit("csrrc", { rd: 0, rs1: this.holding(MSTATUS.MPP), imm: MSTATUS_CSR }, "");
    if (!toUser) this.emit("csrrs", { rd: 0, rs1: this.holding(1n << 11n), imm: MSTATUS_CSR }, "");
    const next = BigInt(this.codeAddress + 4 * (this.code.length + 2));
    const target = toUser && this.isTranslated ? next - BigInt(at.RAM) + USER_ALIAS : next;
    this.emit("csrrw", { rd: 0, rs1: this.holding(target), imm: MEPC }, "");
    this.hasReturned = true;
    this.word(MRET, `mret to ${toUser ? "U" : "S"}`);
  }
}

/** pmpaddr and mode of a naturally aligned range. */
const napot = (place: number, size: number): [address: bigint, mode: bigint] => [
  (BigInt(place) >> 2n) | BigInt(size / 8 - 1),
  0x18n,
];
const align = (value: number, to: number): number => Math.ceil(value / to) * to;
const hex = (value: bigint | number): string => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

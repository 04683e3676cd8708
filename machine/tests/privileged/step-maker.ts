// Makes the instructions of a step of a random privileged program, and the registers they need.
import { encode } from "../../../compiler/src/assembler/encode";
import { instruction } from "../../../compiler/src/assembler/instruction";
import type { Opcode } from "../../../compiler/src/assembler/opcodes";
import type { Random } from "../../src/test-support/random";
import { type AddressSpace, USER_ALIAS } from "./address-space";
import { CSR, ILLEGAL_WORDS, MSTATUS, SUPERVISOR_INTERRUPTS, WORD } from "./encodings";
import type { InitialState, Mode, StepOptions } from "./initial-state";
import * as at from "./layout";

const PAGE = 0x1000;
const ALL_ONES = (1n << 64n) - 1n;
const RA = 1;
const A7 = 17;
/** Registers that hold what the step's instructions use. */
const POOL = Array.from({ length: 31 }, (_, index) => index + 1).filter((r) => r !== RA && r !== A7 && r > 4);
/** The most that one maker takes of them. */
const MOST_OPERANDS = 6;
/** CSRs that hold what is written. */
const HOLDING_CSRS: number[] = [CSR.scause, CSR.stval];
const COUNTERS = [CSR.cycle, CSR.time, CSR.instret];

export interface Step {
  mode: Mode;
  /** What its instructions are meant to do, for reports. */
  notes: string[];
  csrs: Record<at.StepCsr, bigint>;
  registers: bigint[];
  code: number[];
}

/** Makes one step. */
export class StepMaker {
  private readonly code: number[] = [];
  private readonly notes: string[] = [];
  private readonly registers: bigint[] = Array.from({ length: 31 }, () => 0n);
  private readonly free = [...POOL];
  private readonly mode: Mode;
  private readonly isTranslated: boolean;
  private readonly status: bigint;
  /** Whether the step has perhaps returned to a mode of lower privilege. */
  private hasReturned = false;
  /** Pages that the step has accessed. */
  private readonly visited: bigint[];

  constructor(
    private readonly random: Random,
    private readonly spaces: AddressSpace[],
    private readonly space: AddressSpace,
    private readonly state: InitialState,
    private readonly codeAddress: number,
    private readonly options: StepOptions,
  ) {
    this.mode = state.mode;
    this.isTranslated = state.isTranslated;
    this.status = state.status;
    this.visited = [random.pick(space.data)];
  }

  make(): Step {
    const makers = this.makers();
    const length = 3 + this.random.below(7);
    for (let i = 0; i < length && this.free.length >= MOST_OPERANDS; i++) this.random.pickWeighted(makers)();
    this.emit("addi", { rd: A7, rs1: 0, imm: 0x5e }, "");
    this.emit("slli", { rd: A7, rs1: A7, imm: 8 }, "");
    this.emit("addi", { rd: A7, rs1: A7, imm: 0x0f }, "");
    this.word(WORD.ecall, "end");
    const { csrs } = this.state;
    return { mode: this.mode, notes: this.notes, csrs, registers: this.registers, code: this.code };
  }

  private makers(): [weight: number, make: () => void][] {
    const all: [number, () => void][] = [
      [8, () => this.loadOrStore()],
      [3, () => this.call()],
      [2, () => this.csr()],
      [1, () => this.word(this.random.pick([WORD.ecall, WORD.ebreak, ...ILLEGAL_WORDS]), "trap")],
      [1, () => this.fence()],
      [1, () => this.counter()],
    ];
    if (this.mode !== "M" && this.isTranslated) all.push([2, () => this.atomic()]);
    if (this.mode !== "U") all.push([3, () => this.remap()], [1, () => this.interrupt()]);
    if (this.mode === "S") all.push([1, () => this.switchSpace()], [1, () => this.supervisorReturn()]);
    if (this.mode === "M") all.push([3, () => this.asPrevious()], [1, () => this.machineReturn()]);
    if (this.mode === "U" || ((this.status & MSTATUS.TW) !== 0n && this.mode === "S"))
      all.push([1, () => this.word(WORD.wfi, "wfi")]);
    if (this.state.usesTimer) all.push([2, () => this.timer()]);
    return all;
  }

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
    if (isTranslated && !this.state.isProtected && this.random.chance(6))
      offset = PAGE - this.random.below(bytes);
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
    const csr = random.pick([
      ...HOLDING_CSRS,
      CSR.sstatus,
      CSR.satp,
      CSR.sie,
      CSR.sip,
      CSR.mcause,
      CSR.medeleg,
    ]);
    if (HOLDING_CSRS.includes(csr))
      this.emit("csrrw", { rd: register, rs1: register, imm: csr }, `swap ${hex(csr)}`);
    else if (csr === CSR.sstatus && random.chance(2)) {
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
    this.emit("csrrw", { rd: register, rs1: register, imm: CSR.stimecmp }, `stimecmp ${hex(value)}`);
  }

  private fence(): void {
    this.fenceTranslations(0, 0);
  }

  /** sfence.vma, or sinval.vma, which is as strong on both machines; not where it is illegal: QEMU 7.2 then forgets its bits. */
  private fenceTranslations(address: number, asid: number): void {
    const isLegal = this.mode === "M" || (this.mode === "S" && (this.status & MSTATUS.TVM) === 0n);
    if (this.options.hasPageExtensions && isLegal && !this.hasReturned && this.random.chance(2))
      this.word(WORD.sinvalVma | (address << 15) | (asid << 20), "sinval.vma");
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
        BigInt(random.next()) & SUPERVISOR_INTERRUPTS & ~(this.state.usesTimer ? 0x20n : 0n),
      );
      this.emit(
        random.pick(["csrrs", "csrrc"] as const),
        { rd: register, rs1: register, imm: CSR.mip },
        "mip",
      );
      return;
    }
    const isOnly = (this.state.interrupts.enabled & SUPERVISOR_INTERRUPTS & ~2n) === 0n;
    const csr = random.pick(isOnly ? [CSR.sip, CSR.sstatus, CSR.sie] : [CSR.sip, CSR.sstatus]);
    this.emit(
      random.pick(["csrrsi", "csrrci"] as const),
      { rd: this.holding(0n), rs1: 2, imm: csr },
      `bit 1 of ${hex(csr)}`,
    );
  }

  private switchSpace(): void {
    const space = this.random.pick(this.spaces);
    const register = this.holding(this.isTranslated ? space.satp : 0n);
    this.emit("csrrw", { rd: register, rs1: register, imm: CSR.satp }, `satp ${hex(space.satp)}`);
  }

  /** sret to the instruction behind it, in the mode SPP then says. */
  private supervisorReturn(): void {
    const toUser = this.random.chance(2);
    const spp = this.holding(MSTATUS.SPP);
    this.emit(toUser ? "csrrc" : "csrrs", { rd: 0, rs1: spp, imm: CSR.sstatus }, "");
    const next = BigInt(this.codeAddress + 4 * (this.code.length + 2));
    const target = toUser && this.isTranslated ? next - BigInt(at.RAM) + USER_ALIAS : next;
    this.emit("csrrw", { rd: 0, rs1: this.holding(target), imm: CSR.sepc }, "");
    this.hasReturned = true;
    this.word(WORD.sret, `sret to ${toUser ? "U" : "S"}`);
  }

  /** Loads and stores as the mode in MPP would do them. */
  private asPrevious(): void {
    const mpp = this.holding(MSTATUS.MPP);
    const set = this.holding(MSTATUS.MPRV | this.random.pick([0n, 1n << 11n]));
    this.emit("csrrc", { rd: 0, rs1: mpp, imm: CSR.mstatus }, "");
    this.emit("csrrs", { rd: 0, rs1: set, imm: CSR.mstatus }, `MPRV as ${hex(this.registers[set - 1]!)}`);
    for (let i = 0; i < 3 && this.free.length > 4; i++) this.loadOrStore();
    const clear = this.holding(MSTATUS.MPRV);
    this.emit("csrrc", { rd: 0, rs1: clear, imm: CSR.mstatus }, "no MPRV");
  }

  /** mret to the instruction behind it, in S or U mode. */
  private machineReturn(): void {
    const toUser = this.random.chance(2);
    this.emit("csrrc", { rd: 0, rs1: this.holding(MSTATUS.MPP), imm: CSR.mstatus }, "");
    if (!toUser) this.emit("csrrs", { rd: 0, rs1: this.holding(1n << 11n), imm: CSR.mstatus }, "");
    const next = BigInt(this.codeAddress + 4 * (this.code.length + 2));
    const target = toUser && this.isTranslated ? next - BigInt(at.RAM) + USER_ALIAS : next;
    this.emit("csrrw", { rd: 0, rs1: this.holding(target), imm: CSR.mepc }, "");
    this.hasReturned = true;
    this.word(WORD.mret, `mret to ${toUser ? "U" : "S"}`);
  }
}

const hex = (value: bigint | number): string => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

/**
 * The kernel under test, booted on fake hardware. This class plays the part of the kernel's assembly
 * (kernel/assembly/trap.ts): it saves and restores registers, dispatches traps and returns to the thread that the
 * kernel chose. User programs are the tests themselves.
 */
import { SYS_CALL, SYS_RECV, SYS_REPLY_RECV, SYS_SEND, SYS_SIGNAL_WAIT } from "@rel4/abi";
import { createDeviceTree } from "../../../machine/src/device-tree";
import { currentThread, type KernelView, kernelSatp, type VariableName } from "../../inspection/view";
import {
  CAUSE_ILLEGAL_INSTRUCTION,
  CSR_SATP,
  CSR_SIP,
  CSR_SUIRS,
  CSR_UIE,
  CSR_USTATUS,
  SATP_MODE_SV39,
} from "../../src/riscv/csr";
import {
  CONTEXT_FAULT_PC,
  CONTEXT_FLAGS,
  CONTEXT_FPU_STATUS,
  CONTEXT_PC,
  FLAG_FPU,
  FLAG_IDLE,
  FLAG_RECEIVER,
  GIVE_UP_FPU,
  HART_AREA_SIZE,
  HART_FPU_OWNER,
  HART_GIVE_UP,
  HART_KERNEL_SATP,
  HART_STACK_SIZE,
  HART_STALE_TRANSLATIONS,
  HEADER_MAGIC,
  HEADER_MAGIC_VALUE,
  HEADER_ROOT_ENTRY,
  HEADER_ROOT_PHYSICAL_END,
  HEADER_ROOT_PHYSICAL_START,
  HEADER_ROOT_VIRTUAL_START,
  KERNEL_PHYSICAL_BASE,
  KERNEL_ROOT_TABLE_SIZE,
  ROOT_INDEX_DEVICES,
} from "../../src/riscv/layout";
import { DATA_BASE } from "./build";
import { Hardware, signExtend } from "./hardware";
import type { FakeHart } from "./hart";
import { Layout } from "./layout";
import { KernelMemory, RAM_BASE, RAM_SIZE } from "./memory";
import type { FakeUserInterruptController } from "./user-interrupt-controller";

const ROOT_IMAGE = 0x8040_0000;
const ROOT_IMAGE_PAGES = 2;
const DEVICE_TREE = 0x8050_0000;
export const ROOT_ENTRY = 0x40_0000;
const PAGE = 4096;
const ECALL_LENGTH = 4n;
/** Gigabyte pages of the kernel's root table, as kernel/assembly/boot.ts writes them: devices and RAM. */
const KERNEL_MAPPINGS = [0xe7n, (2n << 28n) | 0xefn, (3n << 28n) | 0xefn];
/** Where the lock would be: in front of the kernel's own data. Next ticket, ticket being served. */
export const LOCK = DATA_BASE + 0x100;
const LATE_HARTS = DATA_BASE + 0x200;
const MOST_INTERRUPTS_IN_A_ROW = 1000;

/** What the module exports to the kernel's assembly. */
interface KernelExports extends Record<VariableName, () => number> {
  bootMain(hart: bigint, tree: bigint): void;
  bootSecondary(): void;
  trapSyscall(number: bigint): void;
  trapException(cause: bigint, address: bigint): void;
  trapInterrupt(): void;
  trapStalled(): void;
  trapIdle(): void;
  leaveUserInterrupts(thread: number): void;
  enterUserInterrupts(thread: number): void;
  fastpathCall(pointer: bigint, info: bigint): number;
  fastpathReplyRecv(pointer: bigint, info: bigint): number;
  fastpathSignalWait(signalled: bigint, awaited: bigint): number;
  fastpathWait(pointer: bigint): number;
  fastpathSignal(pointer: bigint, info: bigint): number;
  receiverWait(pointer: bigint): number;
  receiverReplyRecv(pointer: bigint, info: bigint): number;
  receiverSignalWait(signalled: bigint, awaited: bigint): number;
}

export interface KernelOptions {
  /** Harts of the machine, default 1. */
  harts?: number;
  /** The machine has user-interrupt hardware; default true. */
  userInterrupts?: boolean;
  /** The harts have floating point (F and D); default true. */
  floatingPoint?: boolean;
  /** The harts' ISA string in the device tree. */
  isa?: string;
  /** Call, ReplyRecv, SignalWait, Recv and Send try their fastpaths first, as the assembly does; default true. */
  fastpath?: boolean;
}

/** A hart that has saved its thread's registers and waits for the kernel lock. */
interface WaitingHart {
  thread: number;
  /** It made a system call; otherwise it was interrupted. */
  systemCall: boolean;
}

export class Kernel implements KernelView {
  readonly memory = KernelMemory.cleared();
  readonly hardware: Hardware;
  readonly layout: Layout;
  /** Calls, ReplyRecvs and SignalWaits that the fastpaths served. */
  fastpathsTaken = 0;
  /** Recvs that began to wait on the fastpath. */
  fastWaitsTaken = 0;
  /** Sends of signals that the fastpath served. */
  fastSignalsTaken = 0;
  fastpath: boolean;
  /** Kernel entries of all harts so far. */
  entries = 0;
  /** Run after every kernel entry, when all harts are back in user mode or idle. */
  afterEntry: () => void = () => {};
  private readonly exports: KernelExports;
  /** Harts in the kernel that wait for its lock, and what each will do when it has it. */
  private readonly waiting = new Map<FakeHart, WaitingHart>();
  /** The thread that each hart last returned to in user mode. */
  private readonly inUser = new Map<FakeHart, number>();

  private constructor(module: WebAssembly.Module, options: KernelOptions) {
    const { harts = 1, userInterrupts = true, floatingPoint = true, fastpath = true } = options;
    this.fastpath = fastpath;
    this.hardware = new Hardware(this.memory, harts, userInterrupts, floatingPoint);
    this.hardware.onInterrupt = (hart) => {
      if (hart.inUserMode) this.interrupted(hart);
      this.giveUp(hart);
    };
    const symbols: Record<string, number> = {
      imageHeader: DATA_BASE,
      __text_start: KERNEL_PHYSICAL_BASE,
      __bss_end: 0,
      // Nobody waits for the lock here, unless a test says so: both its words stay 0.
      kernelLock: LOCK,
      lateHarts: LATE_HARTS,
      trapEntry: KERNEL_PHYSICAL_BASE,
      probeTrap: KERNEL_PHYSICAL_BASE,
      secondaryEntry: KERNEL_PHYSICAL_BASE,
    };
    this.writeHeader();
    const instance = new WebAssembly.Instance(module, this.hardware.imports(module, symbols));
    this.exports = instance.exports as unknown as KernelExports;
    this.layout = new Layout(instance.exports);
    symbols.__bss_end = this.layout.dataEnd;
    this.boot(harts, userInterrupts, options.isa);
  }

  get harts(): readonly FakeHart[] {
    return this.hardware.harts;
  }

  get receivers(): FakeUserInterruptController | undefined {
    return this.hardware.userInterrupts;
  }

  variable(name: VariableName): number {
    return this.exports[name]() >>> 0;
  }

  get servedTime(): bigint {
    return this.hardware.time;
  }

  /** Boots the kernel; the root task is then about to execute its first instruction on hart 0. */
  static boot(module: WebAssembly.Module, options: KernelOptions = {}): Kernel {
    return new Kernel(module, options);
  }

  /** Address of the thread that hart number `index` runs; its idle thread's when it runs none. */
  currentThread(index = 0): number {
    return currentThread(this, index);
  }

  isIdle(index = 0): boolean {
    const record = this.layout.hart(index);
    return this.currentThread(index) === this.memory.read32(record + this.layout.field("Hart_idle"));
  }

  /** The thread that runs on hart `index` executes ecall; a0, a1, a7 and the rest are in its context already. */
  systemCall(index: number): void {
    const hart = this.userHart(index);
    const thread = this.currentThread(index);
    this.enterBySystemCall(hart, thread);
    this.dispatchSystemCall(thread);
    this.leave(hart);
  }

  /** The same on a hart that gets the kernel lock only after whatever a test does next on another hart. */
  beginSystemCall(index: number): void {
    const hart = this.userHart(index);
    const thread = this.currentThread(index);
    this.enterBySystemCall(hart, thread);
    this.waiting.set(hart, { thread, systemCall: true });
  }

  private enterBySystemCall(hart: FakeHart, thread: number): void {
    const pc = this.memory.read64(thread + CONTEXT_PC);
    this.memory.write64(thread + CONTEXT_FAULT_PC, pc);
    this.memory.write64(thread + CONTEXT_PC, pc + ECALL_LENGTH);
    this.enter(hart, thread);
  }

  /** The thread that runs on hart `index` faults: scause and stval. */
  exception(index: number, cause: bigint, address: bigint): void {
    const hart = this.userHart(index);
    const thread = this.currentThread(index);
    this.memory.write64(thread + CONTEXT_FAULT_PC, this.memory.read64(thread + CONTEXT_PC));
    this.enter(hart, thread);
    this.exports.trapException(cause, address);
    this.leave(hart);
  }

  /**
   * The thread that runs on hart `index` executes a floating-point instruction, which does `action`.
   * @returns false when it is illegal, and the kernel did not change that
   */
  floatingPoint(index: number, action: (hart: FakeHart) => void): boolean {
    const hart = this.userHart(index);
    const thread = this.currentThread(index);
    if (hart.fpuStatus === 0) this.exception(index, BigInt(CAUSE_ILLEGAL_INSTRUCTION), 0n);
    if (this.currentThread(index) !== thread || hart.fpuStatus === 0) return false;
    action(hart);
    return true;
  }

  /** The thread that runs on hart `index` executes `uipi send`. */
  sendUserInterrupt(index: number, entry: bigint): void {
    this.userHart(index);
    this.hardware.uipiSend(this.hardware.harts[index]!, entry);
    this.settle();
  }

  /** Vectors for which hart `index` is about to enter its thread's user-interrupt handler; 0: none. */
  userInterrupt(index: number): bigint {
    const hart = this.hardware.harts[index]!;
    const enabled = hart.readCsr(CSR_USTATUS) & hart.readCsr(CSR_UIE) & 1n;
    if (!hart.inUserMode || enabled === 0n || (hart.readCsr(CSR_SIP) & 1n) === 0n) return 0n;
    const entry = this.hardware.userInterrupts!.entries[Number(hart.readCsr(CSR_SUIRS) & 0xffffn)]!;
    return entry.active && entry.hart === hart.id ? entry.pending : 0n;
  }

  /** A device raises its interrupt line. */
  deviceInterrupt(source: number): void {
    this.hardware.devices.raise(source);
    this.settle();
  }

  /** Time passes until the timer interrupt of a hart. */
  tick(index = 0): void {
    const { timerDeadline } = this.hardware.harts[index]!;
    if (timerDeadline >= 2n ** 63n) throw new Error(`hart ${index} has no timer running`);
    if (this.hardware.time < timerDeadline) this.hardware.time = timerDeadline;
    this.settle();
  }

  /** Lets every pending interrupt happen. */
  settle(): void {
    for (let count = 0; count < MOST_INTERRUPTS_IN_A_ROW; count++) {
      const hart = this.hardware.harts.find((each) => this.wantsKernel(each));
      if (!hart) {
        this.afterEntry();
        return;
      }
      if (hart.inUserMode) this.interrupted(hart);
      this.serve(hart);
    }
    throw new Error("an interrupt is never served");
  }

  private wantsKernel(hart: FakeHart): boolean {
    if (this.waiting.has(hart)) return true;
    if (!hart.started) return false;
    return hart.inUserMode ? hart.kernelInterrupts() !== 0n : hart.wakes();
  }

  private userHart(index: number): FakeHart {
    const hart = this.hardware.harts[index]!;
    if (!hart.inUserMode) throw new Error(`hart ${index} runs no thread`);
    return hart;
  }

  /** First half of an interrupt from user mode: registers are saved, the lock is not held yet. */
  private interrupted(hart: FakeHart): void {
    const interruptedHart = this.hardware.running;
    this.hardware.running = hart;
    const thread = this.inUser.get(hart)!;
    this.memory.write64(thread + CONTEXT_FAULT_PC, this.memory.read64(thread + CONTEXT_PC));
    this.enter(hart, thread);
    this.waiting.set(hart, { thread, systemCall: false });
    this.hardware.running = interruptedHart;
  }

  /** Second half: with the lock; also what a hart does that waited for an interrupt. */
  private serve(hart: FakeHart): void {
    this.hardware.running = hart;
    const waiting = this.waiting.get(hart);
    this.waiting.delete(hart);
    const current = this.memory.read32(Number(BigInt.asUintN(32, hart.threadPointer)));
    if (waiting === undefined || waiting.thread !== current) this.forgetTranslations(hart);
    if (waiting === undefined) this.endWaiting();
    else if (waiting.thread !== current) this.exports.trapStalled();
    else if (waiting.systemCall) this.dispatchSystemCall(current);
    else this.exports.trapInterrupt();
    this.resume(hart);
  }

  /** A hart that ran no thread forgets the translations that changed meanwhile. */
  private forgetTranslations(hart: FakeHart): void {
    const stale = Number(BigInt.asUintN(32, hart.threadPointer)) + HART_STALE_TRANSLATIONS;
    if (this.memory.read32(stale) === 0) return;
    this.memory.write32(stale, 0);
    this.hardware.flushed({});
  }

  private endWaiting(): void {
    this.entries++;
    this.exports.trapIdle();
  }

  private enter(hart: FakeHart, thread: number): void {
    this.hardware.running = hart;
    this.entries++;
    hart.inUserMode = false;
    const flags = this.memory.read32(thread + CONTEXT_FLAGS);
    if (flags & FLAG_FPU) {
      this.memory.write32(thread + CONTEXT_FPU_STATUS, hart.fpuStatus);
      hart.fpuStatus = 0;
    }
    if (flags & ~FLAG_FPU) this.exports.leaveUserInterrupts(thread);
  }

  /** A hart that waits for the lock learns that another took its thread away, or wants its floating-point registers. */
  private giveUp(hart: FakeHart): void {
    const record = Number(BigInt.asUintN(32, hart.threadPointer));
    const what = this.memory.read32(record + HART_GIVE_UP);
    if (what === 0) return;
    if (what & GIVE_UP_FPU) this.hardware.saveFpu(hart, this.memory.read32(record + HART_FPU_OWNER));
    else hart.writeCsr(CSR_SATP, kernelSatp(this));
    this.memory.write32(record + HART_GIVE_UP, 0);
  }

  private dispatchSystemCall(thread: number): void {
    const register = (number: number) => BigInt.asIntN(64, this.memory.read64(thread + 8 * number));
    const number = register(17);
    const receiver = (this.memory.read32(thread + CONTEXT_FLAGS) & FLAG_RECEIVER) !== 0;
    const path = this.fastpath ? this.fastpathOf(number, receiver) : undefined;
    if (path && path(register(10), register(11)) !== 0) {
      if (number === BigInt(SYS_RECV)) this.fastWaitsTaken++;
      else if (number === BigInt(SYS_SEND)) this.fastSignalsTaken++;
      else this.fastpathsTaken++;
      return;
    }
    this.exports.trapSyscall(number);
  }

  private fastpathOf(number: bigint, receiver: boolean): ((a0: bigint, a1: bigint) => number) | undefined {
    switch (number) {
      case BigInt(SYS_CALL):
        return this.exports.fastpathCall;
      case BigInt(SYS_REPLY_RECV):
        return receiver ? this.exports.receiverReplyRecv : this.exports.fastpathReplyRecv;
      case BigInt(SYS_SIGNAL_WAIT):
        return receiver ? this.exports.receiverSignalWait : this.exports.fastpathSignalWait;
      case BigInt(SYS_RECV):
        return receiver ? this.exports.receiverWait : this.exports.fastpathWait;
      case BigInt(SYS_SEND):
        return this.exports.fastpathSignal;
      default:
        return undefined;
    }
  }

  private leave(hart: FakeHart): void {
    this.resume(hart);
    this.settle();
  }

  private resume(hart: FakeHart): void {
    const record = Number(BigInt.asUintN(32, hart.threadPointer));
    const thread = this.memory.read32(record);
    const flags = this.memory.read32(thread + CONTEXT_FLAGS);
    if (flags & FLAG_IDLE) return;
    if (flags & FLAG_FPU) hart.fpuStatus = this.memory.read32(thread + CONTEXT_FPU_STATUS);
    if (flags & ~FLAG_FPU) this.exports.enterUserInterrupts(thread);
    hart.inUserMode = true;
    this.inUser.set(hart, thread);
  }

  private writeHeader(): void {
    const write = (offset: number, value: number) => this.memory.write64(DATA_BASE + offset, BigInt(value));
    write(HEADER_MAGIC, HEADER_MAGIC_VALUE);
    write(HEADER_ROOT_PHYSICAL_START, ROOT_IMAGE);
    write(HEADER_ROOT_PHYSICAL_END, ROOT_IMAGE + ROOT_IMAGE_PAGES * PAGE);
    write(HEADER_ROOT_VIRTUAL_START, ROOT_ENTRY);
    write(HEADER_ROOT_ENTRY, ROOT_ENTRY);
  }

  private boot(harts: number, uintc: boolean, isa?: string): void {
    const tree = createDeviceTree({
      harts,
      memory: { base: RAM_BASE, size: RAM_SIZE },
      uintc,
      isa,
      plicUserContexts: "none",
    });
    this.memory.bytes.set(tree, DEVICE_TREE);
    const first = this.hardware.harts[0]!;
    const rootTable = Math.ceil(this.layout.dataEnd / PAGE) * PAGE;
    const satp = (BigInt(SATP_MODE_SV39) << 60n) | BigInt(rootTable >>> 12);
    KERNEL_MAPPINGS.forEach((entry, index) => {
      this.memory.write64(rootTable + (ROOT_INDEX_DEVICES + index) * 8, entry);
    });
    this.start(first, rootTable + KERNEL_ROOT_TABLE_SIZE + HART_STACK_SIZE, satp);
    this.exports.bootMain(0n, BigInt(DEVICE_TREE));
    this.resume(first);
    for (const hart of this.hardware.harts.slice(1)) {
      if (!hart.started) throw new Error(`the kernel did not start hart ${hart.id}`);
      this.start(hart, Number(hart.startArgument), satp);
      this.exports.bootSecondary();
      this.resume(hart);
    }
    this.settle();
  }

  private start(hart: FakeHart, record: number, satp: bigint): void {
    if (record + HART_AREA_SIZE > ROOT_IMAGE) throw new Error("the fake machine's memory map is too tight");
    this.hardware.running = hart;
    hart.started = true;
    hart.threadPointer = signExtend(record);
    hart.writeCsr(CSR_SATP, satp);
    this.memory.write64(record + HART_KERNEL_SATP, satp);
  }
}

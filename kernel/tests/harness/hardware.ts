/**
 * The fake board around the kernel: harts, memory, PLIC, UINTC, firmware. It serves the kernel module's imports, where
 * the real machine has instructions.
 */
import { CSR_SATP, CSR_SUIRS, CSR_SUIST } from "../../src/riscv/csr";
import { CONTEXT_FCSR, CONTEXT_FPU_REGISTERS } from "../../src/riscv/layout";
import { FakeHart } from "./hart";
import { FakeInterruptController, PLIC_BASE, PLIC_SIZE } from "./interrupt-controller";
import type { KernelMemory } from "./memory";
import { FakeUserInterruptController, UINTC_BASE, UINTC_SIZE } from "./user-interrupt-controller";

const KERNEL_WINDOW = 0xffff_ffff_8000_0000n;
const DEVICE_WINDOW = 0xffff_ffff_4000_0000n;
const SYSCON = 0x10_0000;

const SBI_LEGACY_PUT_CHAR = 1n;
const SBI_TIME = 0x54494d45n;
const SBI_IPI = 0x735049n;
const SBI_RFENCE = 0x52464e43n;
const SBI_RFENCE_ASID = 2n;
const EVERYTHING = 2n ** 64n - 1n;
const SBI_HSM = 0x48534dn;
const SBI_DEBUG_CONSOLE = 0x4442434en;

/** The kernel ended the machine (or a hart). */
export class PoweredOff extends Error {
  constructor(
    what: string,
    readonly console: string,
  ) {
    super(`${what}${console === "" ? "" : `; console: ${console}`}`);
    this.name = "PoweredOff";
  }
}

/** A flush of cached address translations; no address: all, no ASID: every address space. */
export interface TranslationFlush {
  hart: number;
  /** The hart ran a user program then, which could use translations anew. */
  inUserMode: boolean;
  /** The hart's satp then: the tables it could read anew. */
  satp: bigint;
  address?: bigint;
  asid?: bigint;
}

export class Hardware {
  readonly harts: FakeHart[];
  readonly devices = new FakeInterruptController();
  readonly userInterrupts: FakeUserInterruptController | undefined;
  /** Harts (firmware numbers) that were sent a software interrupt, in order. */
  readonly softwareInterruptsSent: number[] = [];
  /** Translation flushes in order: by the executing hart (`sfence.vma`) and by the firmware for another hart. */
  readonly flushes: TranslationFlush[] = [];
  /** How often floating-point registers were stored and loaded. */
  fpuSaves = 0;
  fpuLoads = 0;
  console = "";
  /** Real-time counter. */
  time = 0n;
  /** The hart that executes. */
  running: FakeHart;
  /** Told when a hart gets an interrupt from the firmware. In user mode it saves its registers and wants the lock. */
  onInterrupt: (hart: FakeHart) => void = () => {};
  private ecallResults: bigint[] = [];

  constructor(
    readonly memory: KernelMemory,
    hartCount: number,
    withUserInterrupts: boolean,
    private readonly withFloatingPoint: boolean,
  ) {
    this.userInterrupts = withUserInterrupts ? new FakeUserInterruptController() : undefined;
    const inputs = {
      userInterrupt: (hart: number) => this.userInterrupts?.line(hart) ?? false,
      // S-mode contexts are the odd ones on this board, two a hart.
      deviceInterrupt: (hart: number) => this.devices.line(2 * hart + 1),
      now: () => this.time,
    };
    this.harts = Array.from({ length: hartCount }, (_, id) => new FakeHart(id, inputs, withFloatingPoint));
    this.running = this.harts[0]!;
  }

  /** The imports of the kernel module. `symbols`: addresses that the linker would know; read when they are asked for. */
  imports(module: WebAssembly.Module, symbols: Record<string, number>): WebAssembly.Imports {
    const known: Record<string, Record<string, WebAssembly.ImportValue>> = {
      env: { memory: this.memory.wasm, abort: () => this.stop("the kernel aborted") },
      rv: this.intrinsics(),
      link: Object.fromEntries(Object.keys(symbols).map((name) => [name, () => signExtend(symbols[name]!)])),
      asm: {
        probeUserInterrupts: () => (this.userInterrupts ? BigInt(UINTC_BASE) : 0n),
        probeFpu: () => (this.withFloatingPoint ? 1n : 0n),
        saveFpu: (context: number) => this.saveFpu(this.running, context >>> 0),
        loadFpu: (context: number) => this.loadFpu(this.running, context >>> 0),
        haltHart: () => this.stop("the kernel stopped its hart"),
      },
    };
    const imports: WebAssembly.Imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      const value = known[from]?.[name];
      const missing = () => this.stop(`the fake hardware has no ${from}.${name}`);
      imports[from] ??= {};
      if (value === undefined && kind !== "function") throw new Error(`unknown import ${from}.${name}`);
      imports[from][name] = value ?? missing;
    }
    return imports;
  }

  /** Stores a hart's floating-point registers in a thread's context. */
  saveFpu(hart: FakeHart, context: number): void {
    hart.f.forEach((value, index) => {
      this.memory.write64(context + CONTEXT_FPU_REGISTERS + 8 * index, value);
    });
    this.memory.write32(context + CONTEXT_FCSR, hart.fcsr);
    this.fpuSaves++;
  }

  private loadFpu(hart: FakeHart, context: number): void {
    for (let index = 0; index < hart.f.length; index++) {
      hart.f[index] = this.memory.read64(context + CONTEXT_FPU_REGISTERS + 8 * index);
    }
    hart.fcsr = this.memory.read32(context + CONTEXT_FCSR);
    this.fpuLoads++;
  }

  /** `uipi send` by the thread on a hart: through the sender table the kernel gave to it. */
  uipiSend(hart: FakeHart, index: bigint): void {
    const suist = hart.readCsr(CSR_SUIST);
    const pages = (suist >> 44n) & 0xfffn;
    if (suist >> 63n === 0n || index * 8n >= pages * 4096n) return;
    const entry = this.memory.read64(Number((suist & (2n ** 44n - 1n)) << 12n) + Number(index) * 8);
    if ((entry & 1n) === 0n) return;
    this.userInterrupts?.send(Number(entry >> 48n), (entry >> 16n) & 0xffffn);
  }

  /** `uipi read` by the thread on a hart: its own entry's pending vectors, which it clears. */
  uipiRead(hart: FakeHart): bigint {
    const entry = this.ownEntry(hart);
    if (!entry) return 0n;
    const pending = entry.pending;
    entry.pending = 0n;
    return pending;
  }

  private ownEntry(hart: FakeHart) {
    const suirs = hart.readCsr(CSR_SUIRS);
    return suirs >> 63n === 1n ? this.userInterrupts?.entries[Number(suirs & 0xffffn)] : undefined;
  }

  private stop(what: string): never {
    throw new PoweredOff(what, this.console);
  }

  private intrinsics(): Record<string, WebAssembly.ImportValue> {
    const csr = (number: number) => this.running.readCsr(number >>> 0);
    const setCsr = (number: number, value: bigint) => this.running.writeCsr(number >>> 0, value);
    const exchange = (number: number, change: (old: bigint) => bigint) => {
      const old = csr(number);
      setCsr(number, change(old));
      return old;
    };
    const nothing = () => {};
    return {
      ...this.volatileAccesses(),
      ...this.userInterruptInstructions(),
      csrRead: csr,
      csrWrite: setCsr,
      csrSwap: (number: number, value: bigint) => exchange(number, () => value),
      csrSet: (number: number, mask: bigint) => void exchange(number, (old) => old | mask),
      csrClear: (number: number, mask: bigint) => void exchange(number, (old) => old & ~mask),
      csrSetRead: (number: number, mask: bigint) => exchange(number, (old) => old | mask),
      csrClearRead: (number: number, mask: bigint) => exchange(number, (old) => old & ~mask),
      rdtime: () => this.time,
      rdcycle: () => this.time,
      rdinstret: () => this.time,
      fence: nothing,
      fenceI: nothing,
      sfenceVma: () => this.flushed({}),
      sfenceVmaAddress: (address: bigint) => this.flushed({ address }),
      sfenceVmaAsid: (asid: bigint) => this.flushed({ asid }),
      sfenceVmaAddressAsid: (address: bigint, asid: bigint) => this.flushed({ address, asid }),
      pause: nothing,
      wfi: () => this.stop("the kernel waited for an interrupt inside a kernel entry"),
      breakpoint: () => this.stop("the kernel executed ebreak"),
      threadPointer: () => this.running.threadPointer,
      setThreadPointer: (value: bigint) => {
        this.running.threadPointer = value;
      },
      ecall: (...registers: bigint[]) => this.firmwareCall(registers),
      ecallResult: (index: number) => this.ecallResults[index] ?? 0n,
    };
  }

  private userInterruptInstructions(): Record<string, WebAssembly.ImportValue> {
    return {
      uipiSend: (index: bigint) => this.uipiSend(this.running, index),
      uipiRead: () => this.uipiRead(this.running),
      uipiWrite: (bits: bigint) => {
        const entry = this.ownEntry(this.running);
        if (entry) entry.pending |= BigInt.asUintN(64, bits);
      },
      uipiActivate: () => this.setActive(true),
      uipiDeactivate: () => this.setActive(false),
    };
  }

  private setActive(active: boolean): void {
    const entry = this.ownEntry(this.running);
    if (entry) entry.active = active;
  }

  private volatileAccesses(): Record<string, WebAssembly.ImportValue> {
    const accesses: Record<string, WebAssembly.ImportValue> = {};
    for (const bits of [8, 16, 32]) {
      accesses[`load${bits}`] = (address: bigint) => Number(this.load(address, bits));
      accesses[`store${bits}`] = (address: bigint, value: number) =>
        this.store(address, bits, BigInt(value >>> 0));
    }
    accesses.amoSwap32 = (pointer: number, value: number) => {
      const old = this.memory.read32(pointer >>> 0);
      this.memory.write32(pointer >>> 0, value >>> 0);
      return old;
    };
    accesses.load64 = (address: bigint) => this.load(address, 64);
    accesses.store64 = (address: bigint, value: bigint) => this.store(address, 64, BigInt.asUintN(64, value));
    accesses.loadAcquire32 = (pointer: number) => this.memory.read32(pointer >>> 0);
    accesses.loadAcquire64 = (pointer: number) => this.memory.read64(pointer >>> 0);
    accesses.storeRelease32 = (pointer: number, value: number) =>
      this.memory.write32(pointer >>> 0, value >>> 0);
    accesses.storeRelease64 = (pointer: number, value: bigint) => this.memory.write64(pointer >>> 0, value);
    return accesses;
  }

  private load(virtualAddress: bigint, bits: number): bigint {
    const address = BigInt.asUintN(64, virtualAddress);
    if (address >= KERNEL_WINDOW) {
      const physical = Number(address & 0xffff_ffffn);
      if (bits === 64) return this.memory.read64(physical);
      return bits === 32 ? BigInt(this.memory.read32(physical)) : BigInt(this.memory.read8(physical));
    }
    const physical = Number(address - DEVICE_WINDOW);
    if (inside(physical, PLIC_BASE, PLIC_SIZE)) return BigInt(this.devices.read(physical - PLIC_BASE));
    if (this.userInterrupts && inside(physical, UINTC_BASE, UINTC_SIZE)) {
      return this.userInterrupts.read(physical - UINTC_BASE);
    }
    return this.stop(`the kernel read from 0x${address.toString(16)}, where nothing is`);
  }

  private store(virtualAddress: bigint, bits: number, value: bigint): void {
    const address = BigInt.asUintN(64, virtualAddress);
    if (address >= KERNEL_WINDOW) {
      const physical = Number(address & 0xffff_ffffn);
      if (bits === 64) this.memory.write64(physical, value);
      else if (bits === 32) this.memory.write32(physical, Number(value));
      else this.memory.write8(physical, Number(value & 0xffn));
      return;
    }
    const physical = Number(address - DEVICE_WINDOW);
    if (inside(physical, PLIC_BASE, PLIC_SIZE)) this.devices.write(physical - PLIC_BASE, Number(value));
    else if (this.userInterrupts && inside(physical, UINTC_BASE, UINTC_SIZE)) {
      this.userInterrupts.write(physical - UINTC_BASE, value);
    } else if (physical === SYSCON) this.stop("the kernel powered the machine off");
    else this.stop(`the kernel wrote to 0x${address.toString(16)}, where nothing is`);
  }

  private firmwareCall(registers: bigint[]): bigint {
    const [a0, a1, a2] = registers.map((register) => BigInt.asUintN(64, register)) as [
      bigint,
      bigint,
      bigint,
    ];
    const extension = registers[7]!;
    this.ecallResults = [0n, 0n];
    if (extension === SBI_TIME) this.running.timerDeadline = a0;
    else if (extension === SBI_IPI) this.interruptHarts(a0, a1);
    else if (extension === SBI_HSM) this.startHart(Number(a0), a2);
    else if (extension === SBI_LEGACY_PUT_CHAR || extension === SBI_DEBUG_CONSOLE) {
      this.console += String.fromCharCode(Number(a0 & 0xffn));
    } else if (extension === SBI_RFENCE) {
      this.flushRemote(
        a0,
        a1,
        registers.map((register) => BigInt.asUintN(64, register)),
      );
    } else this.stop(`unknown firmware call 0x${extension.toString(16)}`);
    return 0n;
  }

  /** The running hart executes `sfence.vma`. */
  flushed(what: { address?: bigint; asid?: bigint }): void {
    const satp = this.running.readCsr(CSR_SATP);
    this.flushes.push({ hart: this.running.id, inUserMode: false, satp, ...what });
  }

  private flushRemote(mask: bigint, base: bigint, registers: bigint[]): void {
    const [, , address, bytes, asid] = registers as [bigint, bigint, bigint, bigint, bigint];
    for (const hart of this.harts) {
      const { id, inUserMode } = hart;
      if (((mask >> (BigInt(id) - base)) & 1n) === 0n) continue;
      const flush: TranslationFlush = { hart: id, inUserMode, satp: hart.readCsr(CSR_SATP) };
      if (bytes !== EVERYTHING) flush.address = address;
      if (registers[6] === SBI_RFENCE_ASID) flush.asid = asid;
      this.flushes.push(flush);
    }
  }

  private startHart(id: number, argument: bigint): void {
    this.harts[id]!.started = true;
    this.harts[id]!.startArgument = argument;
  }

  private interruptHarts(mask: bigint, base: bigint): void {
    for (const hart of this.harts) {
      const bit = BigInt(hart.id) - base;
      if (bit < 0n || ((mask >> bit) & 1n) === 0n) continue;
      this.softwareInterruptsSent.push(hart.id);
      hart.softwareInterrupt = true;
      if (hart.started) this.onInterrupt(hart);
    }
  }
}

/** A u32 kernel pointer as the 64-bit virtual address it stands for. */
export function signExtend(pointer: number): bigint {
  return BigInt.asIntN(64, BigInt(pointer | 0));
}

function inside(address: number, base: number, size: number): boolean {
  return address >= base && address < base + size;
}

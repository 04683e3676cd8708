// The host's view of one hart: registers, CSRs, interrupt lines and counters, read from and written to its block in the
// shared memory (core/state.ts). Valid whenever the core is not executing, including inside device and firmware calls.
import * as S from "../core/state";

/** Privilege modes by their encoding in mstatus.MPP. */
export const Privilege = { user: 0, supervisor: 1, machine: 3 } as const;
export type PrivilegeLevel = (typeof Privilege)[keyof typeof Privilege];

/** "stopped": not started or stopped by firmware; "waiting": in wfi or wrs. */
export type RunState = "stopped" | "running" | "waiting";

/** A value for user, supervisor and machine mode. */
export interface PerMode {
  user: bigint;
  supervisor: bigint;
  machine: bigint;
}

/** Counters of one hart since power-on. */
export interface HartCounters {
  /** The local clock: one cycle per instruction or trap, plus time spent waiting. */
  cycles: bigint;
  /** Retired instructions. */
  instructions: bigint;
  /** Cycles by mode (waiting counts for the mode that executed wfi or wrs). */
  cyclesIn: PerMode;
  /** Retired instructions by mode. */
  instructionsIn: PerMode;
  /** Cycles spent in wfi, in wrs or stopped. */
  waitCycles: bigint;
  /** Traps (exceptions and interrupts) by the mode they were taken into; `user` excludes user interrupts. */
  trapsTo: PerMode;
  /** Exceptions by cause 0..15, whatever the target. */
  exceptions: bigint[];
  /** Interrupts by cause 0..15, whatever the target. */
  interrupts: bigint[];
  /** Interrupts taken into U mode. */
  userInterrupts: bigint;
  /** `uipi send` instructions that reached a receiver entry. */
  uipiSends: bigint;
}

/** A store that other harts do not see yet. */
export interface BufferedStore {
  /** Physical. */
  address: bigint;
  /** 1 to 8. */
  bytes: number;
  /** Its low bytes are stored. */
  value: bigint;
}

/** Functions of the core a hart view needs. */
export interface HartCore {
  readCsr(hart: number, csr: number): bigint;
  writeCsr(hart: number, csr: number, value: bigint): void;
  csrExists(hart: number, csr: number): number;
  setPrivilege(hart: number, privilege: number): void;
  setLine(hart: number, bit: number, level: number): void;
  setRunState(hart: number, state: number): void;
  flushTranslations(hart: number): void;
  fenceI(): void;
}

const RUN_STATES: readonly RunState[] = ["stopped", "running", "waiting"];

/** One hart, as the host sees it. */
export class Hart {
  private readonly block: number;

  constructor(
    readonly id: number,
    private readonly view: DataView,
    private readonly core: HartCore,
  ) {
    this.block = S.HARTS_BASE + id * S.HART_SIZE;
  }

  /** Register x`index` as an unsigned 64-bit value. */
  x(index: number): bigint {
    checkRegister(index);
    return this.view.getBigUint64(this.block + S.HART_X + index * 8, true);
  }

  /** Sets x`index`; x0 stays zero. */
  setX(index: number, value: bigint): void {
    checkRegister(index);
    if (index !== 0)
      this.view.setBigUint64(this.block + S.HART_X + index * 8, BigInt.asUintN(64, value), true);
  }

  /** Register f`index` as its raw 64 bits; a single is boxed (all ones above it). */
  f(index: number): bigint {
    checkRegister(index);
    return this.view.getBigUint64(this.block + S.HART_F + index * 8, true);
  }

  /** Sets f`index` to 64 raw bits, whatever mstatus.FS says; FS does not change. */
  setF(index: number, value: bigint): void {
    checkRegister(index);
    this.view.setBigUint64(this.block + S.HART_F + index * 8, BigInt.asUintN(64, value), true);
  }

  /** Address of the next instruction (inside a firmware call: of the ecall). */
  get pc(): bigint {
    return this.load(S.HART_PC);
  }

  set pc(value: bigint) {
    this.view.setBigUint64(this.block + S.HART_PC, BigInt.asUintN(64, value) & ~1n, true);
  }

  get privilege(): PrivilegeLevel {
    return this.view.getUint32(this.block + S.HART_PRIVILEGE, true) as PrivilegeLevel;
  }

  set privilege(level: PrivilegeLevel) {
    this.core.setPrivilege(this.id, level);
  }

  /** Reads a CSR by number, without privilege checks. Throws when the machine has no such CSR. */
  csr(number: number): bigint {
    this.checkCsr(number);
    return BigInt.asUintN(64, this.core.readCsr(this.id, number));
  }

  /** Writes a CSR by number, without privilege checks; WARL rules apply. Throws when the machine has no such CSR. */
  setCsr(number: number, value: bigint): void {
    this.checkCsr(number);
    this.core.writeCsr(this.id, number, BigInt.asUintN(64, value));
  }

  /** Stores that wait in the hart's buffer, the oldest first: none but in store-buffer mode. */
  get bufferedStores(): BufferedStore[] {
    const count = this.view.getUint32(this.block + S.HART_STORES, true);
    const buffer = S.STORE_BUFFER_BASE + this.id * S.STORE_BUFFER_SIZE;
    return Array.from({ length: count }, (_, index) => {
      const entry = buffer + index * S.STORE_ENTRY_SIZE;
      return {
        address: this.view.getBigUint64(entry + S.STORE_ADDRESS, true),
        bytes: this.view.getUint16(entry + S.STORE_BYTES, true),
        value: this.view.getBigUint64(entry + S.STORE_VALUE, true),
      };
    });
  }

  /** Local clock in cycles. */
  get clock(): bigint {
    return this.load(S.HART_SLICE_END) - BigInt(this.view.getInt32(this.block + S.HART_LEFT, true));
  }

  /** Instructions retired so far. */
  get instructions(): bigint {
    return this.clock - this.load(S.HART_NOT_RETIRED);
  }

  get runState(): RunState {
    return RUN_STATES[this.view.getUint32(this.block + S.HART_RUN_STATE, true)] ?? "stopped";
  }

  /** Starts the hart at `pc` in `privilege`, its local clock at least the machine's present time. */
  start(pc: bigint, privilege: PrivilegeLevel): void {
    this.pc = pc;
    this.privilege = privilege;
    this.core.setRunState(this.id, S.RUN_RUNNING);
  }

  /** Lets the hart wait as wfi does: until an interrupt that mie enables is pending, so not at all if one is. */
  waitForInterrupt(): void {
    this.core.setRunState(this.id, S.RUN_WAITING);
  }

  /** Stops the hart; `start` begins anew. */
  stop(): void {
    this.core.setRunState(this.id, S.RUN_STOPPED);
  }

  /** Level of the hardware-driven bits of mip. */
  get interruptLines(): bigint {
    return this.load(S.HART_LINES);
  }

  /** Drives a hardware interrupt line ({@link InterruptBit} in device.ts). */
  setInterrupt(bit: number, level: boolean): void {
    this.core.setLine(this.id, bit, level ? 1 : 0);
  }

  /** Drops all cached address translations, as sfence.vma with x0, x0 does. */
  flushTranslations(): void {
    this.core.flushTranslations(this.id);
  }

  /** Drops all decoded instructions, as fence.i does. */
  flushInstructions(): void {
    this.core.fenceI();
  }

  /** Times the scheduler has let this hart run: the host's overhead, which a guest cannot see. */
  get slices(): bigint {
    return this.load(S.HART_SLICES);
  }

  /** A snapshot of the hart's counters. */
  get counters(): HartCounters {
    const cycles = this.clock;
    const notRetired = this.load(S.HART_NOT_RETIRED);
    const cyclesIn = this.perMode(S.HART_MODE_CYCLES);
    const instructionsIn = this.perMode(S.HART_MODE_INSTRUCTIONS);
    const mode = modeName(this.privilege);
    const sinceCycles = cycles - this.load(S.HART_MODE_SINCE);
    cyclesIn[mode] += sinceCycles;
    instructionsIn[mode] += sinceCycles - (notRetired - this.load(S.HART_MODE_NOT_RETIRED));
    return {
      cycles,
      instructions: cycles - notRetired,
      cyclesIn,
      instructionsIn,
      waitCycles: this.load(S.HART_WAIT_CYCLES),
      trapsTo: this.perMode(S.HART_TRAPS_TO),
      exceptions: this.causes(S.HART_EXCEPTIONS),
      interrupts: this.causes(S.HART_INTERRUPTS),
      userInterrupts: this.load(S.HART_USER_INTERRUPTS),
      uipiSends: this.load(S.HART_UIPI_SENDS),
    };
  }

  private load(offset: number): bigint {
    return this.view.getBigUint64(this.block + offset, true);
  }

  private perMode(offset: number): PerMode {
    return { user: this.load(offset), supervisor: this.load(offset + 8), machine: this.load(offset + 24) };
  }

  private causes(offset: number): bigint[] {
    return Array.from({ length: 16 }, (_, cause) => this.load(offset + cause * 8));
  }

  private checkCsr(number: number): void {
    if (this.core.csrExists(this.id, number) === 0)
      throw new RangeError(
        `no CSR 0x${number.toString(16)} on this machine; see docs/machine.md for those there are`,
      );
  }
}

function checkRegister(index: number): void {
  if (!Number.isInteger(index) || index < 0 || index > 31)
    throw new RangeError(`register index ${index} is not an integer from 0 to 31`);
}

function modeName(privilege: PrivilegeLevel): keyof PerMode {
  if (privilege === Privilege.user) return "user";
  return privilege === Privilege.supervisor ? "supervisor" : "machine";
}

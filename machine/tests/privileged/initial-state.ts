// What a step of a random privileged program begins with: mode, status, delegation, interrupts and memory protection.
import type { Random } from "../../src/test-support/random";
import { type AddressSpace, USER_ALIAS } from "./address-space";
import { MSTATUS, SUPERVISOR_INTERRUPTS } from "./encodings";
import { MACHINE_HANDLER, SUPERVISOR_HANDLER } from "./harness";
import * as at from "./layout";

const PAGE = 0x1000;
const ALL_ONES = (1n << 64n) - 1n;
/** Delegable exceptions, without the environment call by which S mode's handler ends a step. */
const DELEGABLE = 0xb1ffn & ~(1n << 9n);
const PBMTE = 1n << 62n;
const STCE = 1n << 63n;
const PMP = { lock: 0x80n, tor: 0x08n, na4: 0x10n, napot: 0x18n } as const;
/** Rights without those that are reserved. */
const RIGHTS = [0n, 1n, 3n, 4n, 5n, 7n];

export type Mode = "M" | "S" | "U";
const MPP: Record<Mode, bigint> = { M: 3n, S: 1n, U: 0n };

export interface StepOptions {
  /** Svinval, Svnapot and Svpbmt instead of reserved bits. */
  hasPageExtensions: boolean;
  /** PMP entries may be locked, and perhaps are since an earlier step. */
  mayLock: boolean;
}

type ProtectionCsr = Extract<at.StepCsr, `pmp${string}`>;
const OPEN: Record<ProtectionCsr, bigint> = {
  ...{ pmpaddr0: 0n, pmpaddr1: 0n, pmpaddr2: 0n, pmpaddr3: 0n, pmpaddr4: 0n, pmpaddr5: 0n, pmpaddr6: 0n },
  pmpaddr7: (1n << 54n) - 1n,
  pmpcfg0: 0x1fn << 56n,
};

export class InitialState {
  readonly mode: Mode;
  readonly isTranslated: boolean;
  readonly isProtected: boolean;
  /** stimecmp drives the supervisor's timer. */
  readonly usesTimer: boolean;
  readonly interrupts: { enabled: bigint; delegated: bigint; pending: bigint };
  readonly status: bigint;
  readonly csrs: Record<at.StepCsr, bigint>;

  constructor(
    private readonly random: Random,
    readonly space: AddressSpace,
    codeAddress: number,
    private readonly options: StepOptions,
  ) {
    // Locks concern machine mode.
    const modes = options.mayLock
      ? (["M", "M", "S", "U"] as const)
      : (["M", "S", "S", "S", "U", "U"] as const);
    this.mode = random.pick(modes);
    this.isTranslated = !random.chance(6);
    this.isProtected = random.chance(3) || options.mayLock;
    this.usesTimer = random.chance(4);
    this.interrupts = random.chance(2)
      ? this.randomInterrupts()
      : { enabled: 0n, delegated: 0n, pending: 0n };
    this.status = this.randomStatus();
    this.csrs = this.makeCsrs(codeAddress);
  }

  private makeCsrs(codeAddress: number): Record<at.StepCsr, bigint> {
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
      mepc: BigInt(codeAddress) + mode,
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
      const lock = this.options.mayLock && this.random.chance(4) ? PMP.lock : 0n;
      if (isUsed) csrs.pmpcfg0 |= (lock | mode | this.random.pick(RIGHTS)) << BigInt(8 * i);
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
    if (below !== 0n && below < BigInt(place) >> 2n && random.chance(2))
      return [BigInt(place) >> 2n, PMP.tor];
    return random.chance(6) ? [BigInt(place) >> 2n, PMP.na4] : napot(place, size);
  }
}

/** pmpaddr and mode of a naturally aligned range. */
const napot = (place: number, size: number): [address: bigint, mode: bigint] => [
  (BigInt(place) >> 2n) | BigInt(size / 8 - 1),
  PMP.napot,
];
const align = (value: number, to: number): number => Math.ceil(value / to) * to;

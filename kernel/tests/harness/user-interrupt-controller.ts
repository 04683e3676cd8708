/** Fake UINTC, register by register: 32 bytes a receiver entry (SEND, LOW, HIGH, ACTIVE), level-driven lines. */

import type { InspectedReceivers } from "../../inspection/view";

const SEND = 0x00;
const LOW = 0x08;
const HIGH = 0x10;
const ACTIVE = 0x18;
const ENTRY_BYTES = 32;

/** A receiver entry of the controller. */
export interface ReceiverEntry {
  active: boolean;
  /** 64-bit vectors (LOW bit 1). */
  wide: boolean;
  hart: number;
  pending: bigint;
}

export const UINTC_BASE = 0x2f1_0000;
export const UINTC_SIZE = 0x4000;

export class FakeUserInterruptController implements InspectedReceivers {
  readonly entries: ReceiverEntry[] = Array.from({ length: UINTC_SIZE / ENTRY_BYTES }, () => ({
    active: false,
    wide: false,
    hart: 0,
    pending: 0n,
  }));
  /** Every write the kernel made: entry, register, value. For tests about order. */
  readonly writes: { entry: number; register: string; value: bigint }[] = [];

  get count(): number {
    return this.entries.length;
  }

  get isAnyActive(): boolean {
    return this.entries.some(({ active }) => active);
  }

  isActive(entry: number): boolean {
    return this.entries[entry]!.active;
  }

  hart(entry: number): number {
    return this.entries[entry]!.hart;
  }

  /** The level of mip.USIP that this controller drives on a hart. */
  line(hart: number): boolean {
    return this.entries.some((entry) => entry.active && entry.pending !== 0n && entry.hart === hart);
  }

  /** What `uipi send` does at the controller. */
  send(index: number, vector: bigint): void {
    const entry = this.entries[index];
    if (entry) entry.pending |= 1n << (vector & 63n);
  }

  read(offset: number): bigint {
    const entry = this.entries[Math.floor(offset / ENTRY_BYTES)]!;
    switch (offset % ENTRY_BYTES) {
      case LOW:
        return (BigInt(entry.hart) << 16n) | (entry.wide ? 2n : 0n) | (entry.active ? 1n : 0n);
      case HIGH: {
        const pending = entry.pending;
        entry.pending = 0n;
        return pending;
      }
      case ACTIVE:
        return entry.active ? 1n : 0n;
      default:
        return 0n;
    }
  }

  write(offset: number, value: bigint): void {
    const index = Math.floor(offset / ENTRY_BYTES);
    const entry = this.entries[index]!;
    const register = { [SEND]: "SEND", [LOW]: "LOW", [HIGH]: "HIGH", [ACTIVE]: "ACTIVE" }[
      offset % ENTRY_BYTES
    ];
    if (register === undefined) throw new Error(`UINTC: misaligned write at offset 0x${offset.toString(16)}`);
    this.writes.push({ entry: index, register, value });
    if (register === "SEND") this.send(index, value);
    else if (register === "HIGH") entry.pending |= value;
    else if (register === "ACTIVE") entry.active = (value & 1n) !== 0n;
    else {
      entry.active = (value & 1n) !== 0n;
      entry.wide = (value & 2n) !== 0n;
      entry.hart = Number((value >> 16n) & 0xffffn);
    }
  }
}

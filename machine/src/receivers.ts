// The user-interrupt controller's receiver entries as the host sees them: looking changes nothing, while a guest that reads
// HIGH takes what is pending.
import * as S from "../core/state";

const ENTRY_BYTES = 16;
const PENDING = 8;
const ACTIVE = 1;
const HART_SHIFT = 16;

export class Receivers {
  readonly count = S.UINTC_RECEIVERS;

  constructor(private readonly view: DataView) {}

  /** Is any of them active? */
  get isAnyActive(): boolean {
    return this.view.getUint32(S.MACHINE_BASE + S.MACHINE_ACTIVE_RECEIVERS, true) !== 0;
  }

  isActive(entry: number): boolean {
    return (this.low(entry) & ACTIVE) !== 0;
  }

  /** Number of the hart that the entry interrupts while it is active. */
  hart(entry: number): number {
    return this.low(entry) >>> HART_SHIFT;
  }

  /** Vectors that wait, a bit each. */
  pending(entry: number): bigint {
    return this.view.getBigUint64(this.address(entry) + PENDING, true);
  }

  private low(entry: number): number {
    return this.view.getUint32(this.address(entry), true);
  }

  private address(entry: number): number {
    if (!Number.isInteger(entry) || entry < 0 || entry >= this.count)
      throw new RangeError(`there is no receiver entry ${entry}; there are ${this.count}`);
    return S.UINTC_BASE + entry * ENTRY_BYTES;
  }
}

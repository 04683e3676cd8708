/**
 * A copy of parts of memory, to find out cheaply whether they have changed: most kernel entries move no capability and map
 * nothing. Memory that is zero, as most of large CNodes and page tables is, is not copied.
 */
import type { InspectedMemory } from "./memory";

interface Part {
  start: number;
  end: number;
  /** Undefined: all zero. */
  copy: Uint8Array | undefined;
}

const BLOCK = 512;
/** What can be compared with zeroes at once. */
const LONGEST = 0x1_0000;

export class Snapshot {
  private readonly parts: Part[] = [];

  constructor(private readonly memory: InspectedMemory) {}

  /** Remembers the bytes from `start` on as they are now. */
  add(start: number, bytes: number): void {
    const end = start + bytes;
    let first = start;
    let isZero = this.isZeroAt(start, end);
    for (let block = start + BLOCK; block < end; block += BLOCK) {
      const next = this.isZeroAt(block, end);
      if (next === isZero && block - first < LONGEST) continue;
      this.addPart(first, block, isZero);
      first = block;
      isZero = next;
    }
    this.addPart(first, end, isZero);
  }

  /** Does any part differ from what it was? */
  hasChanged(): boolean {
    return this.parts.some((part) => this.differs(part));
  }

  /**
   * Addresses of the units of `unit` bytes that differ from what they were, and remembers them as they are now. Undefined: more
   * than `most` do, or what was zero is not any more; nothing is to be asked of the snapshot then.
   */
  takeChanges(unit: number, most: number): number[] | undefined {
    const changed: number[] = [];
    for (const part of this.parts) {
      if (!this.differs(part)) continue;
      const { start, copy } = part;
      if (!copy) return undefined;
      for (let offset = 0; offset < copy.length; offset += unit) {
        if (this.memory.equals(start, copy, offset, offset + unit)) continue;
        changed.push(start + offset);
        if (changed.length > most) return undefined;
        copy.set(this.memory.slice(start + offset, start + offset + unit), offset);
      }
    }
    return changed;
  }

  private isZeroAt(block: number, end: number): boolean {
    return this.memory.isZero(block, Math.min(block + BLOCK, end));
  }

  private addPart(start: number, end: number, isZero: boolean): void {
    this.parts.push({ start, end, copy: isZero ? undefined : this.memory.slice(start, end) });
  }

  private differs({ start, end, copy }: Part): boolean {
    return copy ? !this.memory.equals(start, copy) : !this.memory.isZero(start, end);
  }
}

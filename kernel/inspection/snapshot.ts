/**
 * A copy of parts of memory, to find out cheaply whether they have changed: most kernel entries move no capability and map
 * nothing.
 */
import type { InspectedMemory } from "./memory";

interface Part {
  start: number;
  copy: Uint8Array;
}

export class Snapshot {
  private readonly parts: Part[] = [];

  constructor(private readonly memory: InspectedMemory) {}

  /** Remembers the bytes from `start` on as they are now. */
  add(start: number, bytes: number): void {
    this.parts.push({ start, copy: this.memory.slice(start, start + bytes) });
  }

  /** Does any part differ from what it was? */
  hasChanged(): boolean {
    return this.parts.some(({ start, copy }) => !this.memory.equals(start, copy));
  }

  /** Addresses of the units of `unit` bytes in which a part differs, and remembers them as they are now; undefined: more than `most`. */
  takeChanges(unit: number, most: number): number[] | undefined {
    const changed: number[] = [];
    for (const { start, copy } of this.parts) {
      if (this.memory.equals(start, copy)) continue;
      for (const block of this.differing(
        start,
        copy,
        copy.length > BLOCK ? BLOCK : copy.length,
        0,
        copy.length,
      ))
        for (const offset of this.differing(start, copy, unit, block, Math.min(block + BLOCK, copy.length))) {
          changed.push(start + offset);
          if (changed.length > most) return undefined;
          copy.set(this.memory.slice(start + offset, start + offset + unit), offset);
        }
    }
    return changed;
  }

  /** Offsets of the pieces of a part that differ. */
  private *differing(
    start: number,
    copy: Uint8Array,
    piece: number,
    from: number,
    end: number,
  ): Generator<number> {
    for (let offset = from; offset < end; offset += piece)
      if (!this.memory.equals(start, copy, offset, Math.min(offset + piece, end))) yield offset;
  }
}

const BLOCK = 4096;

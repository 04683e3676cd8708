// Buffers that a driver has described to a device: ranges of guest RAM, checked before anything is done with them. A message may
// be cut into descriptors in any way (VIRTIO 1.2, section 2.7.4), so devices see only a length and its bytes.
import type { GuestMemory } from "../../device";

/** A range of guest physical memory that is known to be RAM. */
export interface Range {
  readonly address: number;
  readonly length: number;
}

/** Bytes of guest RAM, in one or more ranges. */
export class GuestBuffer {
  readonly length: number;

  constructor(
    private readonly memory: GuestMemory,
    readonly ranges: readonly Range[],
  ) {
    this.length = ranges.reduce((sum, range) => sum + range.length, 0);
  }

  /** The part from byte `start` to before byte `end`; both may lie behind the buffer's end. */
  slice(start: number, end = this.length): GuestBuffer {
    const ranges: Range[] = [];
    let at = 0;
    for (const { address, length } of this.ranges) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, length);
      if (from < to) ranges.push({ address: address + from, length: to - from });
      at += length;
    }
    return new GuestBuffer(this.memory, ranges);
  }

  /** A copy of the bytes. */
  read(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const { address, length } of this.ranges) {
      bytes.set(this.memory.view(address, length), at);
      at += length;
    }
    return bytes;
  }

  /** Copies bytes to the buffer's beginning; those that do not fit are lost. Returns how many did. */
  write(bytes: Uint8Array): number {
    let at = 0;
    for (const { address, length } of this.ranges) {
      if (at === bytes.length) break;
      const part = bytes.subarray(at, at + length);
      this.memory.write(address, part);
      at += part.length;
    }
    return at;
  }

  /** RAM itself, range by range. Whoever writes there calls {@link written} afterwards. */
  views(): Uint8Array[] {
    return this.ranges.map(({ address, length }) => this.memory.view(address, length));
  }

  /** The ranges were written through {@link views}. */
  written(): void {
    for (const { address, length } of this.ranges) this.memory.written(address, length);
  }
}

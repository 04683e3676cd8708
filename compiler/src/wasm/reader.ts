/** Reading the primitive encodings of the wasm binary format (core spec section 5.2): bytes, LEB128, names. */
export class ByteReader {
  private readonly decoder = new TextDecoder();

  /** @param position byte offset at which reading starts */
  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
  ) {}

  /** One byte. Past the end it throws, so that truncated files are never misread. */
  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw new RangeError(`unexpected end at byte ${this.position}`);
    this.position++;
    return value;
  }

  /** The next byte, not consumed. */
  peek(): number {
    return this.bytes[this.position] ?? 0;
  }

  /** Unsigned LEB128 of up to 32 bits. */
  u32(): number {
    let result = 0;
    let scale = 1;
    for (let count = 0; count < 5; count++) {
      const byte = this.byte();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
      scale *= 128;
    }
    throw new RangeError(`integer too long at byte ${this.position}`);
  }

  /** Signed LEB128 of up to 32 bits. */
  s32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        const used = shift + 7;
        return used < 32 && (byte & 0x40) !== 0 ? result | (-1 << used) : result;
      }
    }
    throw new RangeError(`integer too long at byte ${this.position}`);
  }

  /** Signed LEB128 of up to 64 bits. */
  s64(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Math.min(Number(shift) + 7, 64), result);
    }
    throw new RangeError(`integer too long at byte ${this.position}`);
  }

  /** A UTF-8 name with its length in front. */
  name(): string {
    return this.decoder.decode(this.take(this.u32()));
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError(`unexpected end at byte ${this.position}`);
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  /** Reads a vector: a count, then that many elements. */
  vector<T>(element: () => T): T[] {
    const result: T[] = [];
    for (let count = this.u32(); count > 0; count--) result.push(element());
    return result;
  }
}

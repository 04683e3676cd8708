/** The kernel's memory, by the u32 addresses that its pointers are (and physical addresses below 4 GiB). */

const ZEROES = new Uint8Array(0x1_0000);

export class InspectedMemory {
  private readonly view: DataView;
  private readonly buffer: Buffer;

  /** @param base address of the first of `bytes` */
  constructor(
    bytes: Uint8Array,
    private readonly base: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  // Addresses outside are a RangeError.

  read8(address: number): number {
    return this.view.getUint8(address - this.base);
  }

  read32(address: number): number {
    return this.view.getUint32(address - this.base, true);
  }

  read64(address: number): bigint {
    return this.view.getBigUint64(address - this.base, true);
  }

  /** A 64-bit number that is less than 2^53. */
  readNumber(address: number): number {
    return this.read32(address) + this.read32(address + 4) * 2 ** 32;
  }

  /** Are all bytes from `start` to before `end` zero? At most 64 KiB. */
  isZero(start: number, end: number): boolean {
    return this.buffer.compare(ZEROES, 0, end - start, start - this.base, end - this.base) === 0;
  }

  /** A copy of the bytes from `start` to before `end`. */
  slice(start: number, end: number): Uint8Array {
    return Uint8Array.from(this.buffer.subarray(start - this.base, end - this.base));
  }

  /** Are the bytes from `start` on those of `copy`, from `from` to before `to`? */
  equals(start: number, copy: Uint8Array, from = 0, to = copy.length): boolean {
    const first = start - this.base;
    return this.buffer.compare(copy, from, to, first + from, first + to) === 0;
  }
}

// Guest RAM as devices, loaders and tests see it: by guest physical address, with every access checked.
import * as S from "../core/state";
import type { GuestMemory } from "./device";

/** RAM inside the core's memory. */
export class Ram implements GuestMemory {
  readonly base = S.RAM_PHYSICAL;
  private readonly bytes: Uint8Array;
  private readonly data: DataView;

  /**
   * @param size bytes of RAM
   * @param onWrite called after every write, so that cached code can be dropped
   */
  constructor(
    memory: WebAssembly.Memory,
    readonly size: number,
    private readonly onWrite: (address: bigint, length: bigint) => void,
  ) {
    this.bytes = new Uint8Array(memory.buffer, S.RAM_BASE, size);
    this.data = new DataView(memory.buffer, S.RAM_BASE, size);
  }

  read(address: number | bigint, length: number): Uint8Array {
    const offset = this.offset(address, length);
    return this.bytes.slice(offset, offset + length);
  }

  write(address: number | bigint, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset(address, bytes.length));
    this.onWrite(BigInt(address), BigInt(bytes.length));
  }

  view(address: number | bigint, length: number): Uint8Array {
    const offset = this.offset(address, length);
    return this.bytes.subarray(offset, offset + length);
  }

  written(address: number | bigint, length: number): void {
    this.offset(address, length);
    this.onWrite(BigInt(address), BigInt(length));
  }

  readU16(address: number | bigint): number {
    return this.data.getUint16(this.offset(address, 2), true);
  }

  readU32(address: number | bigint): number {
    return this.data.getUint32(this.offset(address, 4), true);
  }

  readU64(address: number | bigint): bigint {
    return this.data.getBigUint64(this.offset(address, 8), true);
  }

  writeU16(address: number | bigint, value: number): void {
    this.data.setUint16(this.offset(address, 2), value, true);
    this.onWrite(BigInt(address), 2n);
  }

  writeU32(address: number | bigint, value: number): void {
    this.data.setUint32(this.offset(address, 4), value >>> 0, true);
    this.onWrite(BigInt(address), 4n);
  }

  writeU64(address: number | bigint, value: bigint): void {
    this.data.setBigUint64(this.offset(address, 8), BigInt.asUintN(64, value), true);
    this.onWrite(BigInt(address), 8n);
  }

  /** Sets a range to zero. */
  clear(address: number | bigint, length: number): void {
    const offset = this.offset(address, length);
    this.bytes.fill(0, offset, offset + length);
    this.onWrite(BigInt(address), BigInt(length));
  }

  private offset(address: number | bigint, length: number): number {
    // Numbers beyond 2^53 are not exact, but far outside RAM all the same.
    const offset = Number(address) - this.base;
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw new RangeError(
        `physical 0x${address.toString(16)} and ${length} bytes are not in RAM (0x${this.base.toString(16)}, ${this.size} bytes)`,
      );
    return offset;
  }
}

/** Little-endian memory written piece by piece, at addresses. */

export class RecordWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  /** @param base address of the first byte; @param size bytes */
  constructor(
    readonly base: number,
    size: number,
  ) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  word(address: number, value: number): void {
    this.view.setUint32(address - this.base, value >>> 0, true);
  }

  doubleWord(address: number, value: bigint): void {
    this.view.setBigUint64(address - this.base, value, true);
  }

  copy(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address - this.base);
  }
}

/** Physical memory of the fake machine: what the kernel sees at u32 addresses from RAM_BASE. */

import { InspectedMemory } from "../../inspection/memory";

export const RAM_BASE = 0x8000_0000;
export const RAM_SIZE = 0xc0_0000;
/** Below this the kernel's image has its text, which is no memory here. */
const DATA_START = 0x8028_0000;
const PAGE = 0x1_0000;

/** Memory the kernel's module imports. One a process: it is cleared for every test, as address space is scarce. */
let shared: WebAssembly.Memory | undefined;

export class KernelMemory extends InspectedMemory {
  readonly bytes: Uint8Array;
  private readonly data: DataView;

  private constructor(readonly wasm: WebAssembly.Memory) {
    super(new Uint8Array(wasm.buffer), 0);
    this.bytes = new Uint8Array(wasm.buffer);
    this.data = new DataView(wasm.buffer);
  }

  /** Zeroed memory. The memory of earlier tests is the same one. */
  static cleared(): KernelMemory {
    shared ??= new WebAssembly.Memory({ initial: (RAM_BASE + RAM_SIZE) / PAGE });
    const memory = new KernelMemory(shared);
    memory.bytes.fill(0, RAM_BASE);
    memory.bytes.fill(0, 0, PAGE);
    return memory;
  }

  write8(address: number, value: number): void {
    this.data.setUint8(address, value);
  }

  write32(address: number, value: number): void {
    this.data.setUint32(address, value, true);
  }

  write64(address: number, value: bigint): void {
    this.data.setBigUint64(address, BigInt.asUintN(64, value), true);
  }

  /** A copy of all RAM that anybody uses. */
  copy(): Uint8Array {
    return this.bytes.slice(DATA_START, RAM_BASE + RAM_SIZE);
  }

  /** Has anything been written through a null pointer (or a small offset from one)? */
  nullPageIsClean(): boolean {
    return this.isZero(0, 0x1000);
  }

  /** Address of the first byte from `start` to before `end` that is not zero. At most 64 KiB. */
  firstNonZero(start: number, end: number): number | undefined {
    if (this.isZero(start, end)) return undefined;
    return start + this.bytes.subarray(start, end).findIndex((byte) => byte !== 0);
  }
}

/** Addresses of the 8-byte words in which RAM differs from an earlier copy. */
export function differences(before: Uint8Array, memory: KernelMemory): number[] {
  const now = Buffer.from(memory.bytes.buffer, DATA_START, before.length);
  const then = Buffer.from(before.buffer);
  const found: number[] = [];
  for (let page = 0; page < before.length; page += PAGE) {
    if (now.compare(then, page, page + PAGE, page, page + PAGE) === 0) continue;
    for (let at = page; at < page + PAGE; at += 8) {
      if (now.readBigUInt64LE(at) !== then.readBigUInt64LE(at)) found.push(DATA_START + at);
    }
  }
  return found;
}

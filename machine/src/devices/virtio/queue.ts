// A split virtqueue as the device sees it. (VIRTIO 1.2, section 2.7.) Everything in it was written by the guest and may be
// wrong, and may change at any time: each word is read once and checked, and what cannot be is a QueueError, upon which the
// transport asks for a reset (section 2.1.2). A queue hands out checked ranges of RAM and nothing else.
import type { GuestMemory } from "../../device";
import { Feature } from "./device";
import { GuestBuffer, type Range } from "./guest-buffer";

/** Descriptors (section 2.7.5): address u64, length u32, flags u16, next u16. */
const DESCRIPTOR_SIZE = 16;
const DESCRIPTOR_LENGTH = 8;
const DESCRIPTOR_FLAGS = 12;
const DESCRIPTOR_NEXT = 14;
const FLAG_NEXT = 1;
const FLAG_WRITE = 2;
const FLAG_INDIRECT = 4;

/** Both rings: flags u16, index u16, then the entries, and behind them the other side's event index (sections 2.7.6, 2.7.8). */
const RING_INDEX = 2;
const RING_ENTRIES = 4;
const AVAILABLE_NO_INTERRUPT = 1;
const USED_ENTRY_SIZE = 8;

/** Most descriptors of a queue. */
export const MAX_QUEUE_SIZE = 256;
/** Most descriptors of an indirect table that are looked at. */
const MAX_INDIRECT = 1024;
/** Most bytes of a chain (section 2.7.5). */
const MAX_CHAIN_BYTES = 2 ** 32;

/** The driver broke the rules of queues; `message` says which. */
export class QueueError extends Error {}

/** Where the driver placed a queue: number of descriptors, and guest physical addresses. */
export interface QueueLayout {
  size: number;
  descriptors: number;
  available: number;
  used: number;
}

/** A message from the driver: what the device may read, and room for what it writes. */
export interface Chain {
  readonly head: number;
  readonly readable: GuestBuffer;
  readonly writable: GuestBuffer;
}

/** One queue of a device. */
export class Virtqueue {
  private layout: QueueLayout | undefined;
  private eventIndex = false;
  private indirect = false;
  /** Free-running positions in the rings, modulo 2^16. */
  private nextAvailable = 0;
  private nextUsed = 0;

  /**
   * @param index its number, for messages
   * @param interrupt tells the driver that buffers were used
   */
  constructor(
    private readonly memory: GuestMemory,
    private readonly index: number,
    private readonly interrupt: () => void,
  ) {}

  /** The driver has set it up and it works. */
  get isReady(): boolean {
    return this.layout !== undefined;
  }

  /**
   * Takes the queue into use.
   * @throws QueueError when it cannot be one, or does not lie in RAM
   */
  start(layout: QueueLayout, features: bigint): void {
    const { size, descriptors, available, used } = layout;
    if (size === 0 || size > MAX_QUEUE_SIZE || (size & (size - 1)) !== 0)
      throw this.error(`has ${size} descriptors; it may have a power of two up to ${MAX_QUEUE_SIZE}`);
    const eventIndex = (features & Feature.eventIndex) !== 0n;
    const event = eventIndex ? 2 : 0;
    this.check(descriptors, DESCRIPTOR_SIZE * size, "its descriptor table");
    this.check(available, RING_ENTRIES + 2 * size + event, "its available ring");
    this.check(used, RING_ENTRIES + USED_ENTRY_SIZE * size + event, "its used ring");
    this.layout = { ...layout };
    this.eventIndex = eventIndex;
    this.indirect = (features & Feature.indirectDescriptors) !== 0n;
    this.nextAvailable = 0;
    this.nextUsed = 0;
  }

  /** Forgets everything: the driver has reset the device or this queue. */
  stop(): void {
    this.layout = undefined;
  }

  /** The driver has made messages available. */
  get hasNext(): boolean {
    const { layout } = this;
    return layout !== undefined && this.memory.readU16(layout.available + RING_INDEX) !== this.nextAvailable;
  }

  /**
   * The next message from the driver; undefined when there is none.
   * @throws QueueError when the ring or the chain of descriptors breaks the rules
   */
  take(): Chain | undefined {
    const { layout } = this;
    if (!layout) return undefined;
    const waiting = (this.memory.readU16(layout.available + RING_INDEX) - this.nextAvailable) & 0xffff;
    if (waiting > layout.size) throw this.error(`claims ${waiting} new buffers, more than it can hold`);
    if (waiting === 0) return undefined;
    const slot = this.nextAvailable & (layout.size - 1);
    const head = this.memory.readU16(layout.available + RING_ENTRIES + 2 * slot);
    const chain = this.readChain(layout, head);
    this.advance(layout, 1);
    return chain;
  }

  /** Puts the last `count` messages taken back, as if they had not been taken. */
  putBack(count: number): void {
    if (this.layout && count > 0) this.advance(this.layout, -count);
  }

  /**
   * Gives a message back to the driver.
   * @param written bytes that were written to the beginning of its writable part
   */
  use(chain: Chain, written: number): void {
    this.useAll([{ chain, written }]);
  }

  /** Gives several messages back at once: the driver sees all of them or none. */
  useAll(messages: readonly { chain: Chain; written: number }[]): void {
    const { layout, memory } = this;
    if (!layout) return;
    const before = this.nextUsed;
    for (const { chain, written } of messages) {
      const slot = this.nextUsed & (layout.size - 1);
      const entry = layout.used + RING_ENTRIES + USED_ENTRY_SIZE * slot;
      memory.writeU32(entry, chain.head);
      memory.writeU32(entry + 4, written);
      this.nextUsed = (this.nextUsed + 1) & 0xffff;
    }
    memory.writeU16(layout.used + RING_INDEX, this.nextUsed);
    if (this.wantsInterrupt(layout, before)) this.interrupt();
  }

  /** Sections 2.7.7 and 2.7.10: did the driver ask to hear of what was used since `before`? */
  private wantsInterrupt(layout: QueueLayout, before: number): boolean {
    if (!this.eventIndex) return (this.memory.readU16(layout.available) & AVAILABLE_NO_INTERRUPT) === 0;
    const event = this.memory.readU16(layout.available + RING_ENTRIES + 2 * layout.size);
    return ((this.nextUsed - event - 1) & 0xffff) < ((this.nextUsed - before) & 0xffff);
  }

  private advance(layout: QueueLayout, by: number): void {
    this.nextAvailable = (this.nextAvailable + by) & 0xffff;
    // The driver is to notify as soon as it adds anything (section 2.7.10).
    if (this.eventIndex)
      this.memory.writeU16(layout.used + RING_ENTRIES + USED_ENTRY_SIZE * layout.size, this.nextAvailable);
  }

  private readChain(layout: QueueLayout, head: number): Chain {
    const chain = new ChainBuilder((address, length) => this.check(address, length, "a buffer"));
    let table = layout.descriptors;
    let tableSize = layout.size;
    let isIndirect = false;
    let index = head;
    for (let visited = 1; ; visited++) {
      if (index >= tableSize) throw this.error(`names descriptor ${index} of ${tableSize}`);
      if (visited > Math.min(tableSize, MAX_INDIRECT))
        throw this.error(`has a chain that is too long or a loop`);
      const descriptor = this.readDescriptor(table + DESCRIPTOR_SIZE * index);
      const { address, length, flags } = descriptor;
      if (flags & FLAG_INDIRECT) {
        if (!this.indirect) throw this.error("has an indirect descriptor, which was not negotiated");
        if (isIndirect) throw this.error("has an indirect descriptor in an indirect table");
        if (flags & FLAG_NEXT) throw this.error("has an indirect descriptor with a successor");
        if (length === 0 || length % DESCRIPTOR_SIZE !== 0)
          throw this.error(`has an indirect table of ${length} bytes, which is no multiple of 16`);
        this.check(address, length, "an indirect table");
        table = address;
        tableSize = length / DESCRIPTOR_SIZE;
        isIndirect = true;
        index = 0;
        visited = 0;
        continue;
      }
      if (!chain.add(address, length, (flags & FLAG_WRITE) !== 0))
        throw this.error("has a readable buffer behind a writable one, or one of more than 4 GiB");
      if (!(flags & FLAG_NEXT)) return chain.finish(this.memory, head);
      index = descriptor.next;
    }
  }

  private readDescriptor(at: number): { address: number; length: number; flags: number; next: number } {
    const { memory } = this;
    return {
      address: readAddress(memory, at),
      length: memory.readU32(at + DESCRIPTOR_LENGTH),
      flags: memory.readU16(at + DESCRIPTOR_FLAGS),
      next: memory.readU16(at + DESCRIPTOR_NEXT),
    };
  }

  /** The one door to guest memory: a range that is not wholly RAM is refused. */
  private check(address: number, length: number, what: string): void {
    const { base, size } = this.memory;
    if (!(address >= base && address + length <= base + size))
      throw this.error(`has ${what} outside RAM: ${length} bytes at 0x${address.toString(16)}`);
  }

  private error(message: string): QueueError {
    return new QueueError(`queue ${this.index} ${message}`);
  }
}

/** A 64-bit address as a number: inexact beyond 2^53, which is far outside RAM. */
function readAddress(memory: GuestMemory, at: number): number {
  return memory.readU32(at) + memory.readU32(at + 4) * 2 ** 32;
}

/** Collects the buffers of a chain. */
class ChainBuilder {
  private readonly readable: Range[] = [];
  private readonly writable: Range[] = [];
  private bytes = 0;

  constructor(private readonly check: (address: number, length: number) => void) {}

  /** False when the buffer breaks the order, readable before writable, or the chain becomes too long. */
  add(address: number, length: number, isWritable: boolean): boolean {
    this.bytes += length;
    if (this.bytes > MAX_CHAIN_BYTES || (!isWritable && this.writable.length > 0)) return false;
    if (length === 0) return true;
    this.check(address, length);
    (isWritable ? this.writable : this.readable).push({ address, length });
    return true;
  }

  finish(memory: GuestMemory, head: number): Chain {
    return {
      head,
      readable: new GuestBuffer(memory, this.readable),
      writable: new GuestBuffer(memory, this.writable),
    };
  }
}

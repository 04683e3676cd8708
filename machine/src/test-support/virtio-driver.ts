// A driver for tests: brings a virtio device up through its registers as the specification's section 3.1 has it, and puts buffers
// into its queues as section 2.7.13 does. It works on any bus: a device alone, or a machine's.
import type { DeviceHost, GuestMemory } from "../device";
import type { VirtioFactory } from "../devices/virtio/device";
import { VirtioTransport } from "../devices/virtio/transport";
import { FakeHost, FakeMemory } from "./fake-host";

export const Register = {
  magic: 0x00,
  version: 0x04,
  deviceId: 0x08,
  vendor: 0x0c,
  deviceFeatures: 0x10,
  deviceFeaturesSel: 0x14,
  driverFeatures: 0x20,
  driverFeaturesSel: 0x24,
  guestPageSize: 0x28,
  queueSel: 0x30,
  queueNumMax: 0x34,
  queueNum: 0x38,
  queueAlign: 0x3c,
  queuePfn: 0x40,
  queueReady: 0x44,
  queueNotify: 0x50,
  interruptStatus: 0x60,
  interruptAck: 0x64,
  status: 0x70,
  queueDesc: 0x80,
  queueDriver: 0x90,
  queueDevice: 0xa0,
  shmLength: 0xb0,
  configGeneration: 0xfc,
  config: 0x100,
} as const;

export const StatusBit = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 64,
  failed: 128,
} as const;

export const FeatureBit = { indirect: 1n << 28n, eventIndex: 1n << 29n, version1: 1n << 32n } as const;
export const DescriptorFlag = { next: 1, write: 2, indirect: 4 } as const;

/** Bytes of RAM a test queue of up to 256 descriptors takes, and where its parts are in them. */
export const QUEUE_SPACE = 0x3000;
const AVAILABLE = 0x1000;
const USED = 0x2000;

/** What a driver needs of a register interface. */
export interface RegisterBus {
  read(offset: number, bytes: number): bigint;
  write(offset: number, bytes: number, value: bigint): void;
}

/** A buffer of a message: bytes for the device, or room for so many of its own. */
export type Part = Uint8Array | number;

/** One queue as its driver keeps it. */
export class DriverQueue {
  private nextDescriptor = 0;
  private availableIndex = 0;
  private usedIndex = 0;

  constructor(
    readonly memory: GuestMemory,
    readonly base: number,
    readonly size: number,
  ) {}

  get available(): number {
    return this.base + AVAILABLE;
  }

  get used(): number {
    return this.base + USED;
  }

  /** Writes descriptor `index`. */
  describe(index: number, address: number | bigint, length: number, flags = 0, next = 0): void {
    const at = this.base + 16 * index;
    this.memory.writeU64(at, BigInt(address));
    this.memory.writeU32(at + 8, length);
    this.memory.writeU16(at + 12, flags);
    this.memory.writeU16(at + 14, next);
  }

  /** Describes ranges, (address, length, writable), as one chain, and returns its head. */
  chain(...ranges: [address: number, length: number, writable: boolean][]): number {
    const head = this.nextDescriptor;
    for (const [index, [address, length, writable]] of ranges.entries()) {
      const isLast = index === ranges.length - 1;
      const flags = (writable ? DescriptorFlag.write : 0) | (isLast ? 0 : DescriptorFlag.next);
      this.describe((head + index) % this.size, address, length, flags, (head + index + 1) % this.size);
    }
    this.nextDescriptor = (head + ranges.length) % this.size;
    return head;
  }

  /** Makes a chain available. */
  offer(head: number): void {
    this.memory.writeU16(this.available + 4 + 2 * (this.availableIndex % this.size), head);
    this.availableIndex = (this.availableIndex + 1) & 0xffff;
    this.memory.writeU16(this.available + 2, this.availableIndex);
  }

  /** The next used chain: its head, and how many bytes were written. */
  takeUsed(): { head: number; written: number } | undefined {
    if (this.memory.readU16(this.used + 2) === this.usedIndex) return undefined;
    const entry = this.used + 4 + 8 * (this.usedIndex % this.size);
    this.usedIndex = (this.usedIndex + 1) & 0xffff;
    return { head: this.memory.readU32(entry), written: this.memory.readU32(entry + 4) };
  }

  /** The index at which the device wants to be notified again (with the event index). */
  get availableEvent(): number {
    return this.memory.readU16(this.used + 4 + 8 * this.size);
  }

  /** Asks for an interrupt when used index `index` is passed (with the event index). */
  set usedEvent(index: number) {
    this.memory.writeU16(this.available + 4 + 2 * this.size, index);
  }

  /** Asks for no interrupts (without the event index). */
  set suppressInterrupts(on: boolean) {
    this.memory.writeU16(this.available, on ? 1 : 0);
  }
}

/** A driver of one device. Queues and buffers lie from `base` on. */
export class TestDriver {
  readonly queues: DriverQueue[] = [];
  private free: number;

  constructor(
    private readonly bus: RegisterBus,
    readonly memory: GuestMemory,
    private readonly base = memory.base,
  ) {
    this.free = base;
  }

  get(register: number): number {
    return Number(this.bus.read(register, 4));
  }

  set(register: number, value: number): void {
    this.bus.write(register, 4, BigInt(value >>> 0));
  }

  get status(): number {
    return this.get(Register.status);
  }

  get features(): bigint {
    let features = 0n;
    for (const word of [0, 1]) {
      this.set(Register.deviceFeaturesSel, word);
      features |= BigInt(this.get(Register.deviceFeatures)) << BigInt(32 * word);
    }
    return features;
  }

  acceptFeatures(features: bigint): void {
    for (const word of [0, 1]) {
      this.set(Register.driverFeaturesSel, word);
      this.set(Register.driverFeatures, Number((features >> BigInt(32 * word)) & 0xffff_ffffn));
    }
  }

  /** Section 3.1.1, for all queues the device has. */
  start({
    features = this.features & ~(FeatureBit.eventIndex | FeatureBit.indirect),
    queueSize = 8,
  } = {}): this {
    const { acknowledge, driver, featuresOk, driverOk } = StatusBit;
    this.set(Register.status, 0);
    this.free = this.base;
    this.queues.length = 0;
    this.set(Register.status, acknowledge | driver);
    this.acceptFeatures(features);
    this.set(Register.status, acknowledge | driver | featuresOk);
    if (!(this.status & featuresOk)) throw new Error("the device refuses the features");
    for (let index = 0; ; index++) {
      this.set(Register.queueSel, index);
      if (this.get(Register.queueNumMax) === 0) break;
      this.startQueue(new DriverQueue(this.memory, this.allocate(QUEUE_SPACE), queueSize));
    }
    this.set(Register.status, acknowledge | driver | featuresOk | driverOk);
    return this;
  }

  private startQueue(queue: DriverQueue): void {
    this.memory.write(queue.base, new Uint8Array(QUEUE_SPACE));
    this.queues.push(queue);
    this.set(Register.queueNum, queue.size);
    for (const [register, address] of [
      [Register.queueDesc, queue.base],
      [Register.queueDriver, queue.available],
      [Register.queueDevice, queue.used],
    ] as const) {
      this.set(register, address);
      this.set(register + 4, 0);
    }
    this.set(Register.queueReady, 1);
  }

  /** Room in RAM, on an odd address as often as not. */
  allocate(bytes: number): number {
    const at = this.free;
    this.free += bytes;
    if (this.free > this.memory.base + this.memory.size) throw new Error("no room left for the test");
    return at;
  }

  /** Puts a message into a queue and notifies; returns where its writable parts are. */
  send(queue: number, ...parts: Part[]): { head: number; rooms: { address: number; length: number }[] } {
    const ranges = parts.map((part): [number, number, boolean] => {
      const length = typeof part === "number" ? part : part.length;
      const address = this.allocate(length);
      if (typeof part !== "number") this.memory.write(address, part);
      return [address, length, typeof part === "number"];
    });
    const head = this.queues[queue]!.chain(...ranges);
    this.queues[queue]!.offer(head);
    this.notify(queue);
    return { head, rooms: ranges.filter(([, , w]) => w).map(([address, length]) => ({ address, length })) };
  }

  notify(queue: number): void {
    this.set(Register.queueNotify, queue);
  }

  /** Takes the interrupt: what it was about. */
  acknowledge(): number {
    const status = this.get(Register.interruptStatus);
    this.set(Register.interruptAck, status);
    return status;
  }
}

/** A device alone, in slot 0 of a board that is a clock and a RAM of 1 MiB, with a driver. */
export function virtioBench(create: VirtioFactory | undefined, { legacy = false, seed = 1, slot = 0 } = {}) {
  const host = new FakeHost(1, new FakeMemory(0x8000_0000, 1 << 20));
  const line = { level: false };
  const plic = {
    setLine(source: number, level: boolean): void {
      if (source === slot + 1) line.level = level;
    },
  };
  const transport = new VirtioTransport(host as DeviceHost, plic, { slot, legacy, seed, create });
  return { host, line, transport, memory: host.memory, driver: new TestDriver(transport, host.memory) };
}

// A slot for a virtio device on the bus. (VIRTIO 1.2, section 4.2, "Virtio Over MMIO"; the legacy interface in 4.2.4.) It holds
// the registers, the status handshake (section 3.1) and the queues of the device in it. An empty slot reads as device 0.
//
// A driver that breaks the rules of queues gets what section 2.1.2 names: DEVICE_NEEDS_RESET and a configuration change
// interrupt. From then on the device does nothing until it is reset.
import type { Device, DeviceHost } from "../../device";
import { VIRTIO, VIRTIO_INTERRUPT, VIRTIO_SLOTS } from "../addresses";
import { readWords, writeWords } from "../register-access";
import { Feature, type VirtioDevice, type VirtioFactory, type VirtioPort } from "./device";
import { MAX_QUEUE_SIZE, QueueError, type QueueLayout, Virtqueue } from "./queue";
import { LEGACY_PAGE_SIZE, QueueRegisters } from "./queue-registers";

// Registers (section 4.2.2, table 4.1).
const MAGIC_VALUE = 0x00;
const VERSION = 0x04;
const DEVICE_ID = 0x08;
const VENDOR_ID = 0x0c;
/** 32 of the feature bits, chosen by the register behind; the same for the driver's. */
const DEVICE_FEATURES = 0x10;
const DEVICE_FEATURES_SEL = 0x14;
const DRIVER_FEATURES = 0x20;
const DRIVER_FEATURES_SEL = 0x24;
/** The queue that the following registers, and those in queue-registers.ts, are about. */
const QUEUE_SEL = 0x30;
const QUEUE_NUM_MAX = 0x34;
const QUEUE_READY = 0x44;
const QUEUE_NOTIFY = 0x50;
/** Bit 0: buffers were used; bit 1: the configuration changed. */
const INTERRUPT_STATUS = 0x60;
const INTERRUPT_ACK = 0x64;
const STATUS = 0x70;
/** Length and base of a shared memory region: all ones, as there is none. */
const SHM_LENGTH = 0xb0;
const SHM_END = 0xc0;
const CONFIG_GENERATION = 0xfc;
const CONFIG = 0x100;

// Registers of the legacy interface (section 4.2.4, table 4.3).
const GUEST_PAGE_SIZE = 0x28;
/** Where the queue is, in guest pages; 0 takes it out of use. */
const QUEUE_PFN = 0x40;

/** "virt" */
const MAGIC = 0x7472_6976;
const LEGACY_VERSION = 1;
const MODERN_VERSION = 2;
/** "QEMU": drivers for the virt board look for it. */
const VENDOR = 0x554d_4551;
const INTERRUPT_USED = 1;
const INTERRUPT_CONFIGURATION = 2;

/** Bits of the device status field (section 2.1). */
const DRIVER_OK = 4;
const FEATURES_OK = 8;
const NEEDS_RESET = 64;

/** A guest that misbehaves again and again is not to flood the user. */
const MOST_WARNINGS = 20;

const WORD = 0xffff_ffffn;
const ALL_ONES = 0xffff_ffff;

export interface TransportOptions {
  /** Number of the slot, from 0. */
  slot: number;
  /** Offers the legacy interface (register version 1) instead of the present one. */
  legacy: boolean;
  /** What the machine's random numbers start from. */
  seed: number;
  /** The device in the slot; none leaves it empty. */
  create?: VirtioFactory;
}

/** One slot of the board. */
export class VirtioTransport implements Device, VirtioPort {
  readonly name: string;
  readonly base: number;
  readonly size = VIRTIO.size;
  readonly legacy: boolean;
  readonly slot: number;
  readonly seed: number;
  /** Source at the interrupt controller. */
  readonly interruptSource: number;
  private readonly device: VirtioDevice | undefined;
  private readonly queues: Virtqueue[];
  private registers: QueueRegisters[] = [];
  private readonly offered: bigint;
  private accepted = 0n;
  private deviceFeaturesSelect = 0;
  private driverFeaturesSelect = 0;
  private queueSelect = 0;
  private status = 0;
  private interruptStatus = 0;
  private configGeneration = 0;
  private pageSize = LEGACY_PAGE_SIZE;
  /** Work that was begun before the last reset is dropped. */
  private resets = 0;
  private warnings = 0;

  constructor(
    readonly host: DeviceHost,
    private readonly plic: { setLine(source: number, level: boolean): void },
    options: TransportOptions,
  ) {
    const { slot, legacy, seed, create } = options;
    this.base = VIRTIO.base + slot * VIRTIO.size;
    this.interruptSource = VIRTIO_INTERRUPT + slot;
    this.legacy = legacy;
    this.slot = slot;
    this.seed = seed * VIRTIO_SLOTS + slot;
    this.device = create?.(this);
    this.name = `${this.device?.name ?? "virtio"} in slot ${slot}`;
    this.offered = this.device ? this.offeredFeatures(this.device) : 0n;
    this.queues = Array.from(
      { length: this.device?.queueCount ?? 0 },
      (_, index) => new Virtqueue(host.memory, index, () => this.raise(INTERRUPT_USED)),
    );
    this.resetRegisters();
  }

  private offeredFeatures(device: VirtioDevice): bigint {
    const ring = Feature.indirectDescriptors | Feature.eventIndex;
    return device.features | ring | (this.legacy ? Feature.anyLayout : Feature.version1);
  }

  /** See {@link VirtioDevice.awaitsHost}. */
  get awaitsHost(): boolean {
    return this.device?.awaitsHost ?? false;
  }

  /** See {@link VirtioDevice.isPaced}. */
  get isPaced(): boolean {
    return this.device?.isPaced ?? false;
  }

  // --- Registers ---

  read(offset: number, bytes: number): bigint {
    if (offset >= CONFIG) return this.readConfiguration(offset - CONFIG, bytes);
    return readWords(offset, bytes, (word) => this.readRegister(word));
  }

  write(offset: number, bytes: number, value: bigint): void {
    if (!this.device) return;
    if (offset >= CONFIG) this.device.writeConfiguration?.(offset - CONFIG, bytes, value);
    else writeWords(offset, bytes, value, (word, low) => this.writeRegister(word, low));
  }

  /** Fields may be read by any width; behind the last there are zeros. */
  private readConfiguration(offset: number, bytes: number): bigint {
    let value = 0n;
    for (let byte = 0; byte < bytes; byte++)
      value |= BigInt(this.device?.configuration[offset + byte] ?? 0) << BigInt(8 * byte);
    return value;
  }

  private readRegister(offset: number): number {
    switch (offset) {
      case MAGIC_VALUE:
        return MAGIC;
      case VERSION:
        return this.legacy ? LEGACY_VERSION : MODERN_VERSION;
      case DEVICE_ID:
        return this.device?.type ?? 0;
      case VENDOR_ID:
        return VENDOR;
    }
    return this.device ? this.readDeviceRegister(offset) : 0;
  }

  private readDeviceRegister(offset: number): number {
    switch (offset) {
      case DEVICE_FEATURES:
        return Number((this.offered >> BigInt(32 * this.deviceFeaturesSelect)) & WORD);
      case QUEUE_NUM_MAX:
        return this.selected ? MAX_QUEUE_SIZE : 0;
      case QUEUE_READY:
        return this.queues[this.queueSelect]?.isReady ? 1 : 0;
      case QUEUE_PFN:
        return this.legacy ? (this.selected?.pageNumber ?? 0) : 0;
      case INTERRUPT_STATUS:
        return this.interruptStatus;
      case STATUS:
        return this.status;
      case CONFIG_GENERATION:
        return this.configGeneration;
      default:
        return offset >= SHM_LENGTH && offset < SHM_END ? ALL_ONES : 0;
    }
  }

  private writeRegister(offset: number, value: number): void {
    switch (offset) {
      case DEVICE_FEATURES_SEL:
        // Words that no feature bit is in read as zero.
        this.deviceFeaturesSelect = Math.min(value, 2);
        break;
      case DRIVER_FEATURES_SEL:
        this.driverFeaturesSelect = Math.min(value, 2);
        break;
      case DRIVER_FEATURES:
        this.acceptFeatures(value);
        break;
      case QUEUE_SEL:
        this.queueSelect = value;
        break;
      case QUEUE_NOTIFY:
        this.notify(value);
        break;
      case INTERRUPT_ACK:
        this.interruptStatus &= ~value;
        this.updateLine();
        break;
      case STATUS:
        this.writeStatus(value & 0xff);
        break;
      default:
        if (this.legacy) this.writeLegacyQueueRegister(offset, value);
        else this.writeQueueRegister(offset, value);
    }
  }

  /** What the driver says about a queue in use is ignored until it has taken that out of use (section 4.2.2.2). */
  private writeQueueRegister(offset: number, value: number): void {
    const { selected } = this;
    const queue = this.queues[this.queueSelect];
    if (!selected || !queue) return;
    if (offset === QUEUE_READY) {
      if (value & 1) this.startQueue(queue, selected.layout);
      else queue.stop();
    } else if (!queue.isReady) selected.write(offset, value);
  }

  private writeLegacyQueueRegister(offset: number, value: number): void {
    if (offset === GUEST_PAGE_SIZE) this.pageSize = value;
    const { selected } = this;
    const queue = this.queues[this.queueSelect];
    if (!selected || !queue) return;
    if (offset !== QUEUE_PFN) selected.write(offset, value);
    else {
      selected.pageNumber = value;
      if (value === 0) queue.stop();
      else this.startQueue(queue, selected.legacyLayout(this.pageSize));
    }
  }

  private get selected(): QueueRegisters | undefined {
    return this.registers[this.queueSelect];
  }

  private startQueue(queue: Virtqueue, layout: QueueLayout): void {
    if (queue.isReady || this.status & NEEDS_RESET) return;
    this.guard(() => queue.start(layout, this.negotiated));
  }

  // --- Features and status ---

  get negotiated(): bigint {
    return this.accepted & this.offered;
  }

  private acceptFeatures(value: number): void {
    // After FEATURES_OK the driver must not change its mind (section 3.1.1).
    if (this.driverFeaturesSelect > 1 || this.status & FEATURES_OK) return;
    const shift = BigInt(32 * this.driverFeaturesSelect);
    this.accepted = (this.accepted & ~(WORD << shift)) | (BigInt(value) << shift);
  }

  private writeStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const wasReady = this.isLive;
    const refused = value & FEATURES_OK && !this.legacy && !this.featuresAreAcceptable();
    // Only a reset takes away that one is needed.
    this.status = (refused ? value & ~FEATURES_OK : value) | (this.status & NEEDS_RESET);
    // Buffers that were made available before count as notified.
    if (!wasReady && this.isLive) for (let queue = 0; queue < this.queues.length; queue++) this.notify(queue);
  }

  /**
   * Section 2.2: a driver takes nothing that was not offered. VERSION_1 may be missing: section 6.1 leaves that to the device,
   * and drivers that look at the first word of features only are common.
   */
  private featuresAreAcceptable(): boolean {
    return (this.accepted & ~this.offered) === 0n;
  }

  get isLive(): boolean {
    const needed = this.legacy ? DRIVER_OK : DRIVER_OK | FEATURES_OK;
    return (this.status & (needed | NEEDS_RESET)) === needed;
  }

  private reset(): void {
    this.resets++;
    for (const queue of this.queues) queue.stop();
    this.resetRegisters();
    this.updateLine();
    this.device?.reset?.();
  }

  private resetRegisters(): void {
    this.registers = this.queues.map(() => new QueueRegisters());
    this.accepted = 0n;
    this.deviceFeaturesSelect = 0;
    this.driverFeaturesSelect = 0;
    this.queueSelect = 0;
    this.status = 0;
    this.interruptStatus = 0;
    this.pageSize = LEGACY_PAGE_SIZE;
  }

  // --- Interrupts ---

  private raise(interrupt: number): void {
    this.interruptStatus |= interrupt;
    this.updateLine();
  }

  private updateLine(): void {
    this.plic.setLine(this.interruptSource, this.interruptStatus !== 0);
  }

  // --- What the device asks for (VirtioPort) ---

  queue(index: number): Virtqueue {
    return this.queues[index]!;
  }

  private notify(queue: number): void {
    if (this.queues[queue]?.isReady) this.perform(() => this.device?.notified(queue));
  }

  perform(work: () => void): void {
    if (this.isLive) this.guard(work);
  }

  performLater(cycles: number, work: () => void): void {
    const { resets } = this;
    this.host.scheduleAt(this.host.now() + BigInt(cycles), () => {
      if (resets === this.resets) this.perform(work);
    });
  }

  performAfter<T>(hostWork: Promise<T>, work: (result: T) => void): void {
    this.host.waitForHost(hostWork, (result) => this.perform(() => work(result)));
  }

  configurationChanged(): void {
    this.configGeneration = (this.configGeneration + 1) & 0xff;
    if (this.isLive) this.raise(INTERRUPT_CONFIGURATION);
  }

  warn(message: string): void {
    this.warnings++;
    if (this.warnings < MOST_WARNINGS) this.host.warn(this.name, message);
    else if (this.warnings === MOST_WARNINGS)
      this.host.warn(this.name, `${message}; no more of these are shown`);
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      this.break(error.message);
    }
  }

  /** Section 2.1.2. */
  private break(reason: string): void {
    const wasLive = this.isLive;
    this.status |= NEEDS_RESET;
    if (wasLive) this.raise(INTERRUPT_CONFIGURATION);
    this.warn(`${reason}; the device needs a reset by its driver`);
  }
}

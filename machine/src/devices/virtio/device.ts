// What a virtio device is to the transport, and what the transport is to a device. (Virtual I/O Device (VIRTIO) 1.2,
// chapters 2 and 5.) A device is one file that implements VirtioDevice and exports a function that returns a VirtioFactory;
// a machine takes a list of these, one for each slot.
import type { DeviceHost } from "../../device";
import type { Virtqueue } from "./queue";

/** Feature bits that belong to no device type (chapter 6). */
export const Feature = {
  anyLayout: 1n << 27n,
  indirectDescriptors: 1n << 28n,
  eventIndex: 1n << 29n,
  version1: 1n << 32n,
} as const;

/** A device behind the transport. It reaches guest memory only through its queues' buffers. */
export interface VirtioDevice {
  /** How messages call it, for example `virtio-blk`. */
  readonly name: string;
  /** Device ID (chapter 5). */
  readonly type: number;
  /** The device type's feature bits it offers. */
  readonly features: bigint;
  readonly queueCount: number;
  /** The device configuration space; the device may change it and say so by {@link VirtioPort.configurationChanged}. */
  readonly configuration: Uint8Array;
  /** There may be new buffers in a queue. Called only while the driver is ready. */
  notified(queue: number): void;
  /** The driver wrote `bytes` bytes at `offset` of the configuration space. */
  writeConfiguration?(offset: number, bytes: number, value: bigint): void;
  /** The driver reset the device: forget everything about its queues. */
  reset?(): void;
  /** Something may come in from the host at any time: a machine in which every hart waits is to wait for that. */
  readonly awaitsHost?: boolean;
  /** Who sends that has a clock of its own: idle time is to pass at the host's pace, and not to be skipped. */
  readonly isPaced?: boolean;
}

/** What a device may ask of its transport. */
export interface VirtioPort {
  readonly host: DeviceHost;
  /** Number of the slot, from 0. */
  readonly slot: number;
  /** What random numbers of this device start from: another one for each slot. */
  readonly seed: number;
  /** The feature bits that device and driver agreed on. */
  readonly negotiated: bigint;
  /** The virtio 0.9.5 interface is in use ("legacy", section 1.3). */
  readonly legacy: boolean;
  /** The driver is ready, and the device works. */
  readonly isLive: boolean;
  queue(index: number): Virtqueue;
  /** Does something with queues now, if the driver is ready; a {@link QueueError} breaks the device until its reset. */
  perform(work: () => void): void;
  /** The same after a number of cycles, unless the device was reset until then. */
  performLater(cycles: number, work: () => void): void;
  /** The same after the guest's clock has stood still until the host has done something. */
  performAfter<T>(hostWork: Promise<T>, work: (result: T) => void): void;
  /** The device changed its configuration space. */
  configurationChanged(): void;
  /** Tells the machine's user something. */
  warn(message: string): void;
}

/** Makes a device for a slot; called whenever the machine is powered on. */
export type VirtioFactory = (port: VirtioPort) => VirtioDevice;

// @rel4/machine: a deterministic multi-hart RISC-V computer with user interrupts, for Node and the browser.
export { type BootOptions, boot } from "./boot/boot";
export type { BootImages } from "./boot/layout";
export { BusError, type Device, type DeviceHost, type GuestMemory, InterruptBit } from "./device";
export { type BlockOptions, virtioBlock } from "./devices/virtio/block";
export { type ConsoleOptions, Terminal, virtioConsole } from "./devices/virtio/console";
export type { VirtioDevice, VirtioFactory, VirtioPort } from "./devices/virtio/device";
export { type EntropySource, hostEntropy, virtioEntropy } from "./devices/virtio/entropy";
export type { GuestBuffer } from "./devices/virtio/guest-buffer";
export { type NetworkOptions, virtioNetwork } from "./devices/virtio/network";
export { type Chain, QueueError, type Virtqueue } from "./devices/virtio/queue";
export { type BlockBackend, type Eventually, SECTOR_SIZE } from "./disk/block-backend";
export { MemoryDisk, OverlayDisk, ZeroDisk } from "./disk/memory-disk";
export { ElfError, readElf, readSymbols, type SymbolLocation, SymbolTable } from "./elf";
export { ImageError, MachineError } from "./errors";
export type {
  DeviceEvent,
  EventBase,
  EventKind,
  EventListener,
  MachineEvent,
  MarkEvent,
  ReturnEvent,
  TrapEvent,
  UipiSendEvent,
  UserInterruptEvent,
  WaitEvent,
  WakeEvent,
} from "./events";
export {
  type BufferedStore,
  Hart,
  type HartCounters,
  type PerMode,
  Privilege,
  type PrivilegeLevel,
  type RunState,
} from "./hart";
export {
  Machine,
  type RunResult,
  type WarningListener,
} from "./machine";
export type { MachineConsole } from "./machine-console";
export type { MachineOptions, StoreBufferOptions } from "./machine-options";
export type { Mark } from "./marks";
export { NetworkHub } from "./network/hub";
export { LONGEST_FRAME, type NetworkLink, type Station } from "./network/link";
export { recordFrames } from "./network/pcap";
export type { Program, ProgramPart } from "./program";
export type { Receivers } from "./receivers";
export type { RunOptions } from "./run-limits";
export { type RunTogetherOptions, runTogether } from "./run-together";

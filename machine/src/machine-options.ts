// How a machine is built, and which builds are refused.
import * as S from "../core/state";
import { VIRTIO_SLOTS } from "./devices/addresses";
import type { VirtioFactory } from "./devices/virtio/device";
import { MachineError } from "./errors";

/** How a machine is built. */
export interface MachineOptions {
  /** Number of harts, 1 to 8. */
  harts: number;
  /** Bytes of RAM at physical 0x8000_0000: a multiple of 4096, at least 64 KiB. */
  memory: number;
  /** The compiled core, or its wasm bytes (in Node from tools/build-core.ts). */
  core: WebAssembly.Module | Uint8Array;
  /** "sbi": the program boots in S mode on hart 0 under built-in firmware. "none": every hart starts it in M mode. */
  firmware: "sbi" | "none";
  /** Cycles a hart may run ahead of the slowest one; smaller is more exact between harts, larger is faster. */
  quantum?: number;
  /** Whether the N extension, uipi and the UINTC exist (default true). */
  uintc?: boolean;
  /** Fetches see stores without fence.i, as on QEMU; default false: a program that forgets fence.i runs what was there before. */
  coherentFetch?: boolean;
  plicUserContexts?: "none" | "after" | "interleaved";
  /** Delays stores within what RVWMO allows, so that a missing fence can fail a test; see docs/machine.md. */
  storeBuffer?: StoreBufferOptions;
  /** Kernel command line in the device tree. */
  bootargs?: string;
  /** What the guest's random numbers start from: `rng-seed` in the device tree (default 0). */
  seed?: number;
  /** What the real-time clock shows at power-on: nanoseconds since 1970 (default: 2025-01-01 00:00 UTC). */
  epoch?: bigint;
  /**
   * Devices in the eight slots of virtio-mmio, by slot; undefined leaves one empty. Guests look at slot 0 first, so several disks
   * (or network cards) are found in the order given.
   */
  virtio?: readonly (VirtioFactory | undefined)[];
  /** The slots offer the interface from before VIRTIO 1.0, as QEMU's do unless told otherwise (default false). */
  virtioLegacy?: boolean;
}

/** The store-buffer mode. */
export interface StoreBufferOptions {
  /** What the delays are drawn from: another seed, another run. */
  seed: number;
  /** Stores a hart may hold back, 1 to 64 (default 8). */
  depth?: number;
}

export const DEFAULT_QUANTUM = 8;
export const DEFAULT_STORE_BUFFER_DEPTH = 8;
const SMALLEST_RAM = 65536;
const LARGEST_RAM = 0xf000_0000;

/** @throws MachineError that says what cannot be, and what can */
export function checkOptions({
  harts,
  memory,
  quantum = DEFAULT_QUANTUM,
  storeBuffer,
  virtio = [],
}: MachineOptions): void {
  if (!Number.isInteger(harts) || harts < 1 || harts > S.MAX_HARTS)
    throw new MachineError(`a machine cannot have ${harts} harts`, `give 1 to ${S.MAX_HARTS} harts`);
  if (!Number.isInteger(memory) || memory % 4096 !== 0 || memory < SMALLEST_RAM || memory > LARGEST_RAM)
    throw new MachineError(
      `a machine cannot have ${memory} bytes of memory`,
      `give a multiple of 4096 from ${SMALLEST_RAM} to ${LARGEST_RAM}`,
    );
  if (!Number.isInteger(quantum) || quantum < 1 || quantum > 0x7fff_ffff)
    throw new MachineError(`a quantum of ${quantum} cycles is not possible`, "give 1 to 2147483647 cycles");
  if (virtio.length > VIRTIO_SLOTS)
    throw new MachineError(
      `${virtio.length} virtio devices do not fit`,
      `the board has ${VIRTIO_SLOTS} slots`,
    );
  const depth = storeBuffer?.depth ?? DEFAULT_STORE_BUFFER_DEPTH;
  if (!Number.isInteger(depth) || depth < 1 || depth > S.STORE_BUFFER_DEPTH)
    throw new MachineError(
      `a store buffer cannot hold ${depth} stores`,
      `give a depth of 1 to ${S.STORE_BUFFER_DEPTH}`,
    );
  if (storeBuffer && !Number.isSafeInteger(storeBuffer.seed))
    throw new MachineError(`${storeBuffer.seed} is no seed`, "give an integer");
}

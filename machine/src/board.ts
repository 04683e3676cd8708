// How a board (its devices, device tree and built-in firmware) plugs into the machine.
// `devices/virt.ts` implements createVirtBoard(host, options, console): Board; `firmware/sbi.ts` implements createSbi(host, board).
import type { Device, DeviceHost } from "./device";
import type { VirtioFactory } from "./devices/virtio/device";
import type { MemoryRange } from "./elf";
import type { Hart } from "./hart";

/** What a board is built from. */
export interface BoardOptions {
  harts: number;
  /** Bytes of RAM. */
  memory: number;
  /** Whether the machine has the N extension, uipi and the UINTC. */
  uintc: boolean;
  /** Where PLIC contexts for user mode lie; devices/plic.ts documents the choices. */
  plicUserContexts?: "none" | "after" | "interleaved";
  /** The /chosen bootargs of the device tree. */
  bootargs?: string;
  /** Where the initial RAM disk lies, for the device tree. */
  initrd?: MemoryRange;
  /** A device tree that is handed to the guest instead of the board's own. */
  dtb?: Uint8Array;
  /** What the guest's random numbers start from: `rng-seed` in the device tree (default 0). */
  seed?: number;
  /** What the real-time clock shows at power-on: nanoseconds since 1970 (default: 2025-01-01 00:00 UTC). */
  epoch?: bigint;
  /** Devices in the slots of virtio-mmio: the place in the list is the number of the slot, undefined leaves one empty. */
  virtio?: readonly (VirtioFactory | undefined)[];
  /** The slots offer the interface from before VIRTIO 1.0, as QEMU's do by default. */
  virtioLegacy?: boolean;
}

/** The bytes that go in and out of the board's first serial port (and firmware's debug console). */
export interface ConsolePort {
  /** Called by the machine: bytes typed at the console. */
  receive(bytes: Uint8Array): void;
  /** Called by the machine: no more input will come. */
  closeInput(): void;
}

/** A board: everything on the bus except RAM and the UINTC, which the core owns. */
export interface Board {
  readonly devices: readonly Device[];
  /** The flattened device tree describing this board. */
  readonly deviceTree: Uint8Array;
  readonly console: ConsolePort;
}

/** What a board may ask of the machine besides {@link DeviceHost}. */
export interface BoardHost extends DeviceHost {
  /** Bytes leave the machine's console. */
  consoleOutput(bytes: Uint8Array): void;
}

/** What built-in firmware may ask of the machine. */
export interface FirmwareHost extends BoardHost {
  readonly harts: readonly Hart[];
}

/** Firmware written in TypeScript, standing in for an M-mode program. */
export interface Firmware {
  /**
   * Prepares every hart's machine-level CSRs (delegation, PMP, counters) and starts hart 0 in S mode at `entry` with
   * a0 = hart id and a1 = physical address of the device tree, which it places in RAM.
   */
  boot(entry: bigint): void;
  /** Serves an ecall from S mode: reads and writes the hart's registers. The machine then continues after the ecall. */
  environmentCall(hart: Hart): void;
}

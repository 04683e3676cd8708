// The board's physical memory map and interrupt sources: QEMU's virt board, with the user-interrupt controller in a
// gap of it.

import type { MemoryRange } from "../elf";

export const BOOT_ROM: MemoryRange = { base: 0x1000, size: 0xf000 };
export const TEST_DEVICE: MemoryRange = { base: 0x10_0000, size: 0x1000 };
export const RTC: MemoryRange = { base: 0x10_1000, size: 0x1000 };
export const CLINT: MemoryRange = { base: 0x200_0000, size: 0x1_0000 };
export const UINTC: MemoryRange = { base: 0x2f1_0000, size: 0x4000 };
export const PLIC: MemoryRange = { base: 0xc00_0000, size: 0x60_0000 };
export const UART: MemoryRange = { base: 0x1000_0000, size: 0x100 };
/** Slots of virtio-mmio, a page each. */
export const VIRTIO: MemoryRange = { base: 0x1000_1000, size: 0x1000 };
export const VIRTIO_SLOTS = 8;
export const RAM_BASE = 0x8000_0000;

/** Interrupt source numbers at the PLIC. */
export const VIRTIO_INTERRUPT = 1; // of slot 0; the others follow
export const UART_INTERRUPT = 10;
export const RTC_INTERRUPT = 11;

/** Sources 1 to 95; 0 means "no interrupt". */
export const PLIC_SOURCES = 96;

/** Ticks of mtime in a second. */
export const TIMEBASE_FREQUENCY = 10_000_000;

// Where images go in RAM: as QEMU's virt board puts them. (QEMU, hw/riscv/boot.c and virt.c.)
import type { MemoryRange } from "../elf";
import { ImageError, MachineError } from "../errors";
import type { Program, ProgramPart } from "../program";
import { type PlacedImage, placeFirmware, placeKernel } from "./kernel-image";

/** What is given to a machine to boot; the names are QEMU's. */
export interface BootImages {
  /** Firmware: "sbi" is built in, "none" starts the kernel in M mode, or an image, ELF or plain (OpenSBI, U-Boot). Default: "sbi". */
  bios?: "sbi" | "none" | Uint8Array;
  /** ELF, Linux Image, plain code, or one of these compressed by gzip. */
  kernel?: Uint8Array;
  /** Initial RAM disk; needs a kernel. */
  initrd?: Uint8Array;
  /** The kernel's command line; needs a kernel. */
  append?: string;
  /** A device tree instead of the machine's own; command line, RAM disk and random numbers are added to it. */
  dtb?: Uint8Array;
}

const PAGE = 0x1000;
/** Kernels want to begin at a multiple of a large page. */
const KERNEL_ALIGNMENT = 0x20_0000;
/** The RAM disk begins so far above the kernel that a growing kernel does not reach it, or half of RAM if that is less. */
const INITRD_DISTANCE = 0x800_0000;
/** Kept free at RAM's end for the device tree, where a RAM disk is moved down to fit. */
const DEVICE_TREE_ROOM = 0x2_0000;

/**
 * Lays out what is to be booted.
 * @param images the kernel unpacked
 * @throws ImageError, MachineError when there is nothing to run
 */
export function layOut(images: BootImages, ram: MemoryRange): Program {
  checkCombination(images);
  const { bios = "sbi", append, dtb } = images;
  const firmware = typeof bios === "string" ? undefined : placeFirmware(bios, ram);
  const kernel = images.kernel && placeKernel(images.kernel, ram, kernelAddress(bios, firmware, ram));
  const initrd = kernel && images.initrd && placeInitrd(images.initrd, kernel, ram);
  return {
    parts: [...(firmware?.parts ?? []), ...(kernel?.parts ?? []), ...(initrd ? [initrd] : [])],
    entry: firmware?.entry ?? (bios === "none" ? kernel!.entry : kernel!.start),
    next: kernel?.start,
    initrd: initrd && { base: initrd.address, size: initrd.size },
    bootargs: append,
    dtb,
    symbols: kernel?.symbols ?? firmware?.symbols,
  };
}

function checkCombination({ bios = "sbi", kernel, initrd, append, dtb }: BootImages): void {
  for (const [name, bytes] of Object.entries({ bios, kernel, initrd, dtb }))
    if (bytes?.length === 0)
      throw new ImageError(name, `the ${name} image is empty`, "was the file written completely?");
  if (!kernel && typeof bios === "string")
    throw new MachineError("there is nothing to run", "give a kernel, or firmware as bios");
  for (const [name, value] of Object.entries({ initrd, append }))
    if (!kernel && value !== undefined)
      throw new MachineError(`${name} is for a kernel, and there is none`, "give a kernel too");
}

/** Where a kernel without addresses goes: the first multiple of 2 MiB behind firmware, built-in firmware counting as some. */
function kernelAddress(
  bios: BootImages["bios"],
  firmware: PlacedImage | undefined,
  ram: MemoryRange,
): number {
  if (bios === "sbi") return ram.base + KERNEL_ALIGNMENT;
  const ends = firmware?.parts.map((part) => part.address + part.size) ?? [];
  return alignUp(Math.max(ram.base, ...ends), KERNEL_ALIGNMENT);
}

function placeInitrd(bytes: Uint8Array, kernel: PlacedImage, ram: MemoryRange): ProgramPart {
  const usual = alignUp(kernel.start + Math.min(ram.size / 2, INITRD_DISTANCE), PAGE);
  const highest = ram.base + ram.size - DEVICE_TREE_ROOM - bytes.length;
  // QEMU gives up when the usual place is too high; the highest place that is left may still do.
  const address = Math.max(ram.base, Math.min(usual, highest - (highest % PAGE)));
  return { name: "initrd", address, bytes, size: bytes.length };
}

function alignUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

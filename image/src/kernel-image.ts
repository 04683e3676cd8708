/**
 * The bootable image: the kernel, compiled from kernel/, and a root task behind it, in one ELF file that both this
 * project's machine and QEMU's `virt` board load (S mode, a0 = hart, a1 = device tree, entry at the lowest address).
 *
 *     0x8020_0000  kernel text
 *     0x8028_0000  kernel data and zero data
 *                  kernel's root page table, stacks and records of the harts (not in the file)
 *                  root task's pages
 */

import { compile, type ElfSymbol, readElf, type Segment, writeElf } from "@rel4/compiler";
import { kernelAssembly } from "../../kernel/assembly";
import {
  HART_AREA_SIZE,
  HEADER_MAGIC,
  HEADER_MAGIC_VALUE,
  HEADER_ROOT_ENTRY,
  HEADER_ROOT_PHYSICAL_END,
  HEADER_ROOT_PHYSICAL_START,
  HEADER_ROOT_VIRTUAL_START,
  KERNEL_PHYSICAL_BASE,
  KERNEL_ROOT_TABLE_SIZE,
  KERNEL_TEXT_SIZE,
} from "../../kernel/src/riscv/layout";
import { cached, contentHash, toolchainHash } from "./cache";
import {
  configurationOverrides,
  DEFAULT_CONFIGURATION,
  type KernelConfiguration,
} from "./kernel-configuration";
import { repositoryPath } from "./repository";
import type { RootImage } from "./root-image";

const PAGE = 4096;
const MEGABYTE = 1024 * 1024;
/** RAM the kernel needs for the root task's objects, besides the image itself. */
const BOOT_OBJECTS_SIZE = MEGABYTE;
/** Slots of the root task's CNode that its image leaves to page tables, untypeds, the root's own objects and what it makes. */
const OTHER_ROOT_SLOTS = 1024;
const USER_TOP = 0x8000_0000;
/** Where RAM begins on the board. */
const RAM_BASE = 0x8000_0000;

/** The image cannot be made. The message says what, with which value, and what to do. */
export class ImageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ImageError";
  }
}

/** A bootable ELF file and what one needs to know to run it. */
export interface BootableImage {
  elf: Uint8Array;
  /** Least RAM in bytes that the image boots with. */
  minimumMemory: number;
  /** Physical address of the root task's first byte. */
  rootStart: number;
}

const hexadecimal = (value: number | bigint) => `0x${value.toString(16)}`;
const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;

/** Options of {@link buildKernel}. */
export interface KernelOptions {
  configuration?: KernelConfiguration;
  onProgress?(step: string): void;
}

/**
 * Compiles the kernel, or takes it from the cache. It uses no bit-manipulation instructions, so that it boots on
 * processors without them.
 * @returns the kernel's ELF file
 * @throws CompileError when a source does not compile
 */
export async function buildKernel({
  configuration = DEFAULT_CONFIGURATION,
  onProgress,
}: KernelOptions = {}): Promise<Uint8Array> {
  const options = {
    entries: [repositoryPath("kernel/src/main.ts")],
    overrides: configurationOverrides(configuration),
    textBase: BigInt.asUintN(64, BigInt.asIntN(32, BigInt(KERNEL_PHYSICAL_BASE))),
    dataBase: KERNEL_PHYSICAL_BASE + KERNEL_TEXT_SIZE,
    memoryPages: 65535,
    isa: { bitmanip: false, compressed: true },
    runtime: "stub" as const,
    imports: { "env.abort": "abort" },
    assembly: kernelAssembly(configuration),
    entry: "_start",
  };
  const text = JSON.stringify(options, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  const elf = await cached("kernel", contentHash(text, toolchainHash()), async (readFile) => {
    const compiled = await compile({ ...options, readFile, onProgress });
    return Buffer.from(compiled.elf).toString("base64");
  });
  return new Uint8Array(Buffer.from(elf, "base64"));
}

/** Physical address behind everything the kernel itself occupies. */
function kernelEnd(symbols: ElfSymbol[], { harts }: KernelConfiguration): number {
  const end = symbols.find(({ name }) => name === "__bss_end");
  if (!end)
    throw new ImageError("the kernel's ELF file lacks the symbol __bss_end; build it with buildKernel()");
  const tables = alignUp(Number(BigInt.asUintN(32, end.address)), PAGE);
  return tables + KERNEL_ROOT_TABLE_SIZE + harts * HART_AREA_SIZE;
}

function checkRoot({ virtualStart, bytes, entry }: RootImage, configuration: KernelConfiguration): void {
  const pages = Math.max(0, 2 ** configuration.rootCNodeBits - OTHER_ROOT_SLOTS);
  if (bytes.length > pages * PAGE) {
    throw new ImageError(
      `the root task has ${bytes.length / PAGE} pages, but its capability space has room for ${pages}: ` +
        "make the programs smaller, or raise the kernel's rootCNodeBits",
    );
  }
  if (bytes.length === 0) throw new ImageError("the root task is empty: give it at least one page");
  if (bytes.length % PAGE !== 0 || virtualStart % PAGE !== 0) {
    throw new ImageError(
      `the root task must consist of whole pages of ${PAGE} bytes: ${bytes.length} bytes at ${hexadecimal(virtualStart)}`,
    );
  }
  const end = virtualStart + bytes.length;
  if (virtualStart < 0 || end > USER_TOP) {
    throw new ImageError(
      `the root task at ${hexadecimal(virtualStart)}–${hexadecimal(end)} must lie below ${hexadecimal(USER_TOP)}`,
    );
  }
  if (entry < virtualStart || entry >= end) {
    throw new ImageError(
      `the root task's entry ${hexadecimal(entry)} lies outside its image ${hexadecimal(virtualStart)}–${hexadecimal(end)}`,
    );
  }
}

/** Tells the kernel where the root task is, in the header that its data contains. */
function writeHeader(
  segments: Segment[],
  symbols: ElfSymbol[],
  root: RootImage,
  physicalStart: number,
): void {
  const header = symbols.find(({ name }) => name === "imageHeader");
  const segment = segments.find(
    ({ address, bytes }) =>
      header && header.address >= address && header.address < address + BigInt(bytes.length),
  );
  if (!header || !segment) {
    throw new ImageError("the kernel's ELF file lacks the symbol imageHeader; build it with buildKernel()");
  }
  const { buffer, byteOffset } = segment.bytes;
  const view = new DataView(buffer, byteOffset + Number(header.address - segment.address));
  view.setBigUint64(HEADER_MAGIC, BigInt(HEADER_MAGIC_VALUE), true);
  view.setBigUint64(HEADER_ROOT_PHYSICAL_START, BigInt(physicalStart), true);
  view.setBigUint64(HEADER_ROOT_PHYSICAL_END, BigInt(physicalStart + root.bytes.length), true);
  view.setBigUint64(HEADER_ROOT_VIRTUAL_START, BigInt(root.virtualStart), true);
  view.setBigUint64(HEADER_ROOT_ENTRY, BigInt(root.entry), true);
}

/**
 * Lays out a kernel and a root task in one bootable ELF file.
 * @param memory RAM in bytes the image must fit, if known
 * @throws ImageError when the root task is malformed or does not fit
 */
export function makeImage(options: {
  kernelElf: Uint8Array;
  root: RootImage;
  /** What the kernel was built with. */
  configuration?: KernelConfiguration;
  memory?: number;
}): BootableImage {
  const { kernelElf, root, configuration = DEFAULT_CONFIGURATION, memory } = options;
  checkRoot(root, configuration);
  const kernel = readElf(kernelElf);
  const physicalStart = kernelEnd(kernel.symbols, configuration);
  const physicalEnd = physicalStart + root.bytes.length;
  const minimumMemory = alignUp(physicalEnd + BOOT_OBJECTS_SIZE - RAM_BASE, MEGABYTE);
  if (memory !== undefined && memory < minimumMemory) {
    throw new ImageError(
      `the image needs ${minimumMemory / MEGABYTE} MiB of memory but the machine has ${memory / MEGABYTE} MiB: ` +
        `give it more (memory: "${minimumMemory / MEGABYTE}M") or make the programs smaller`,
    );
  }
  writeHeader(kernel.segments, kernel.symbols, root, physicalStart);
  const rootSegment: Segment = {
    address: BigInt(root.virtualStart),
    physicalAddress: BigInt(physicalStart),
    bytes: root.bytes,
    memorySize: root.bytes.length,
    readable: true,
    writable: true,
    executable: true,
  };
  const elf = writeElf({
    entry: BigInt.asUintN(32, kernel.entry),
    segments: [...kernel.segments, rootSegment],
    sections: [],
    symbols: kernel.symbols,
    compressed: true,
  });
  return { elf, minimumMemory, rootStart: physicalStart };
}

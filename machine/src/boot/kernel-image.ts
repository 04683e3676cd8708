// What a kernel file is: an ELF program, a Linux image, plain code, or one of these compressed. Recognised by its first bytes; what
// cannot run here is refused by name. (Linux, Documentation/riscv/boot-image-header.rst; RFC 1952.)
import { ElfError, type MemoryRange, readElf, readSymbols, type SymbolTable } from "../elf";
import { ImageError } from "../errors";
import { type ProgramPart, partsOf } from "../program";

export interface PlacedImage {
  parts: ProgramPart[];
  /** Physical address at which firmware starts it: its first byte, as QEMU has it. */
  start: number;
  /** Physical address of its own entry point. */
  entry: number;
  symbols?: SymbolTable;
}

/** Linux's header: 64 bytes, among them the size in memory, flags and a magic number. */
const LINUX_HEADER_SIZE = 64;
const LINUX_SIZE = 16;
const LINUX_FLAGS = 24;
const LINUX_BIG_ENDIAN = 1n;
const LINUX_MAGIC = 56;
const RISCV_IMAGE = 0x0543_5352; // "RSC\5"
const ARM64_IMAGE = 0x644d_5241; // "ARM\x64"
const ARM32_IMAGE = 0x016f_2818;
const ARM32_MAGIC = 36;
const X86_BOOT_SECTOR = 0x5372_6448; // "HdrS"
const X86_MAGIC = 0x202;

const ELF_MAGIC = 0x464c_457f;
const GZIP_MAGIC = 0x8b1f;

/** Files that hold a kernel, but packed in a way that is not read here: their first bytes, and what to do. */
const WRAPPINGS: readonly { what: string; offset: number; magic: readonly number[]; hint: string }[] = [
  wrapping("a U-Boot uImage", 0, [0x27, 0x05, 0x19, 0x56], "give the Image it was made of"),
  wrapping(
    "a device tree or a U-Boot FIT image",
    0,
    [0xd0, 0x0d, 0xfe, 0xed],
    "give a kernel; a device tree is for dtb",
  ),
  wrapping("an EFI zboot image", 4, [0x7a, 0x69, 0x6d, 0x67], "give the Image it was made of"),
  wrapping("compressed by xz", 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "unpack it first: xz -d"),
  wrapping("compressed by zstd", 0, [0x28, 0xb5, 0x2f, 0xfd], "unpack it first: zstd -d"),
  wrapping("compressed by bzip2", 0, [0x42, 0x5a, 0x68], "unpack it first: bzip2 -d"),
  wrapping("compressed by lz4", 0, [0x02, 0x21, 0x4c, 0x18], "unpack it first: lz4 -d"),
];

function wrapping(what: string, offset: number, magic: number[], hint: string) {
  return { what, offset, magic, hint };
}

/**
 * Decides where a kernel's bytes go.
 * @param free physical address an image without addresses of its own goes to
 * @throws ImageError
 */
export function placeKernel(kernel: Uint8Array, ram: MemoryRange, free: number): PlacedImage {
  if (isElf(kernel)) return placeElf("kernel", kernel, ram);
  refuseStrangers(kernel);
  const size = hasLinuxHeader(kernel) ? linuxSize(kernel) : kernel.length;
  const part = { name: "kernel", address: free, bytes: kernel, size: Math.max(size, kernel.length) };
  return { parts: [part], start: free, entry: free };
}

/**
 * Decides where firmware's bytes go: an ELF program where it says, anything else to the beginning of RAM.
 * @throws ImageError
 */
export function placeFirmware(bios: Uint8Array, ram: MemoryRange): PlacedImage {
  if (isElf(bios)) return placeElf("bios", bios, ram);
  const part = { name: "bios", address: ram.base, bytes: bios, size: bios.length };
  return { parts: [part], start: ram.base, entry: ram.base };
}

function placeElf(name: string, bytes: Uint8Array, ram: MemoryRange): PlacedImage {
  const { segments, entry, symbols } = named(name, () => ({
    ...readElf(bytes, ram),
    symbols: readSymbols(bytes),
  }));
  const lowest = segments.reduce((low, segment) => (segment.address < low.address ? segment : low));
  // Some linkers put the file's own headers first; nobody can start there.
  const isCode = lowest.executable && !isElf(lowest.bytes);
  return {
    parts: partsOf(name, segments),
    start: isCode ? lowest.address : entry,
    entry,
    symbols,
  };
}

/** Says which image it is that an ElfError is about. */
function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new ImageError(name, `the ${name} cannot be loaded: ${error.message}`, error.hint);
  }
}

/**
 * The kernel itself: what was compressed by gzip is unpacked.
 * @param most bytes the result may have
 * @throws ImageError when it is damaged or larger
 */
export async function unpackKernel(kernel: Uint8Array, most: number): Promise<Uint8Array> {
  if (word(kernel, 0, 2) !== GZIP_MAGIC) return kernel;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of gunzip(kernel)) {
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new ImageError(
      "kernel",
      `the kernel is compressed by gzip, but cannot be unpacked (${(error as Error).message})`,
      "the file is damaged or incomplete: try 'gzip -t' on it",
    );
  }
  if (size > most)
    throw new ImageError(
      "kernel",
      `the kernel is compressed by gzip, and larger than the machine's memory of ${most} bytes when unpacked`,
      "give the machine more memory",
    );
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

async function* gunzip(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const body = new Response(bytes as BodyInit).body as ReadableStream<BufferSource>;
  const reader = body.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      yield next.value as Uint8Array;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function isElf(bytes: Uint8Array): boolean {
  return word(bytes, 0, 4) === ELF_MAGIC;
}

function hasLinuxHeader(kernel: Uint8Array): boolean {
  return kernel.length >= LINUX_HEADER_SIZE && word(kernel, LINUX_MAGIC, 4) === RISCV_IMAGE;
}

/** Bytes a Linux image takes in memory, zeroes included; 0 when it does not say. */
function linuxSize(kernel: Uint8Array): number {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  if (view.getBigUint64(LINUX_FLAGS, true) & LINUX_BIG_ENDIAN)
    throw new ImageError("kernel", "the kernel is a big-endian Linux image", "build it little-endian");
  return Number(view.getBigUint64(LINUX_SIZE, true));
}

function refuseStrangers(kernel: Uint8Array): void {
  for (const { what, offset, magic, hint } of WRAPPINGS)
    if (magic.every((byte, index) => kernel[offset + index] === byte))
      throw new ImageError("kernel", `the kernel is ${what}, which is not read here`, hint);
  const processor = strangersProcessor(kernel);
  if (processor)
    throw new ImageError("kernel", `the kernel is a Linux image for ${processor}`, "give one for RISC-V");
}

function strangersProcessor(kernel: Uint8Array): string | undefined {
  if (word(kernel, LINUX_MAGIC, 4) === ARM64_IMAGE) return "arm64";
  if (word(kernel, ARM32_MAGIC, 4) === ARM32_IMAGE) return "arm";
  return word(kernel, X86_MAGIC, 4) === X86_BOOT_SECTOR ? "x86" : undefined;
}

/** Little-endian number at an offset; −1 beyond the end. */
function word(bytes: Uint8Array, offset: number, size: 2 | 4): number {
  if (offset + size > bytes.length) return -1;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size);
  return size === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
}

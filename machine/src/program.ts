// What is in RAM when the harts start, and where they start. Made from one ELF file, or by boot/ from several images.
import type { ElfSegment, MemoryRange, SymbolTable } from "./elf";
import { ImageError } from "./errors";

/** Bytes that go to RAM. */
export interface ProgramPart {
  /** What it is, for messages: "kernel". */
  name: string;
  /** Physical address. */
  address: number;
  bytes: Uint8Array;
  /** Bytes it takes in RAM: those above, then zeroes. */
  size: number;
}

export interface Program {
  parts: readonly ProgramPart[];
  /** Physical address at which the harts start: in M mode, or hart 0 in S mode under built-in firmware. */
  entry: number;
  /** Physical address firmware in RAM starts in S mode; 0 when there is nothing. The boot ROM tells it. */
  next?: number;
  /** Where the initial RAM disk lies, for the device tree. */
  initrd?: MemoryRange;
  /** The kernel's command line, for the device tree; without it the machine's own. */
  bootargs?: string;
  /** A device tree to hand to the guest instead of the machine's own. */
  dtb?: Uint8Array;
  /** Names of addresses. */
  symbols?: SymbolTable;
}

/** The parts an ELF file's segments are. */
export function partsOf(name: string, segments: readonly ElfSegment[]): ProgramPart[] {
  return segments.map(({ address, bytes, memorySize }) => ({ name, address, bytes, size: memorySize }));
}

/**
 * Checks that everything lies in RAM and nothing on anything else.
 * @param parts of a program, and the device tree
 * @throws ImageError
 */
export function checkPlacement(parts: readonly ProgramPart[], ram: MemoryRange): void {
  const sorted = [...parts].sort((a, b) => a.address - b.address);
  for (const [index, part] of sorted.entries()) {
    if (part.address < ram.base || part.address + part.size > ram.base + ram.size)
      throw new ImageError(
        part.name,
        `the ${describePart(part)} does not fit into the machine's memory (${span(ram.base, ram.size)})`,
        "give the machine more memory",
      );
    const before = sorted[index - 1];
    if (before && before.address + before.size > part.address)
      throw new ImageError(
        part.name,
        `the ${describePart(part)} overlaps the ${describePart(before)}`,
        "give the machine more memory, or link one of them to another address",
      );
  }
}

function describePart({ name, address, size }: ProgramPart): string {
  return `${name} at ${span(address, size)}`;
}

function span(address: number, size: number): string {
  return `physical 0x${address.toString(16)} to 0x${(address + size - 1).toString(16)}`;
}

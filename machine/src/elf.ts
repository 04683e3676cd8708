// ELF64 files for RISC-V: what to load where, and the names of addresses. (System V ABI, "Object Files";
// RISC-V ELF psABI.) The file is untrusted: every field is checked before it is used, and anything wrong with it is an
// ElfError, never another exception.

/** What is wrong with an ELF file. */
export type ElfErrorCode =
  | "truncated"
  | "not-elf"
  | "not-64-bit"
  | "not-little-endian"
  | "not-riscv"
  | "not-executable"
  | "no-loadable-segment"
  | "segment-outside-memory"
  | "segments-overlap"
  | "entry-outside-segments";

/** A file that cannot be loaded: `message` says what is wrong with which value, `hint` what to do. */
export class ElfError extends Error {
  override name = "ElfError";
  constructor(
    readonly code: ElfErrorCode,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** A range of physical addresses in bytes. */
export interface MemoryRange {
  base: number;
  size: number;
}

/** One part of the program: `bytes` go to physical `address`, then zeroes up to `memorySize` bytes. */
export interface ElfSegment {
  /** Physical address. */
  address: number;
  /** Virtual address the program was linked at. */
  virtualAddress: bigint;
  bytes: Uint8Array;
  memorySize: number;
  executable: boolean;
}

export interface ElfProgram {
  /** Physical address of the first instruction. */
  entry: number;
  segments: ElfSegment[];
}

// File header (64 bytes).
const MAGIC = 0x7f454c46;
const HEADER_SIZE = 64;
const EI_CLASS = 4;
const EI_DATA = 5;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const E_TYPE = 16;
const E_MACHINE = 18;
const E_ENTRY = 24;
const E_PHOFF = 32;
const E_SHOFF = 40;
const E_PHENTSIZE = 54;
const E_PHNUM = 56;
const E_SHENTSIZE = 58;
const E_SHNUM = 60;
const ET_EXEC = 2;
/** Position-independent firmware, which relocates itself; it is loaded where its headers say. */
const ET_DYN = 3;
const EM_RISCV = 243;

// Program header (56 bytes).
const PROGRAM_HEADER_SIZE = 56;
const PT_LOAD = 1;
const PF_X = 1;
const P_FLAGS = 4;
const P_OFFSET = 8;
const P_VADDR = 16;
const P_PADDR = 24;
const P_FILESZ = 32;
const P_MEMSZ = 40;

// Section header (64 bytes) and symbol (24 bytes).
const SECTION_HEADER_SIZE = 64;
const SHT_SYMTAB = 2;
const SH_TYPE = 4;
const SH_OFFSET = 24;
const SH_SIZE = 32;
const SH_LINK = 40;
const SYMBOL_SIZE = 24;
const ST_INFO = 4;
const ST_SHNDX = 6;
const ST_VALUE = 8;
const ST_SIZE = 16;
const STT_NOTYPE = 0;
const STT_FUNC = 2;

const WRONG_TARGET = "give an ELF64 executable for RISC-V, for example one made by 'rel4 build'";
const BROKEN_FILE = "the file is damaged or was not written completely: build it again";

/**
 * Reads the loadable segments of an ELF64 RISC-V executable.
 * @param bytes the file
 * @param ram the physical memory the segments must lie in
 * @param devices physical ranges no segment may touch (only matters where they lie inside `ram`)
 * @throws ElfError
 */
export function readElf(
  bytes: Uint8Array,
  ram: MemoryRange,
  devices: readonly MemoryRange[] = [],
): ElfProgram {
  const view = checkHeader(bytes);
  const segments = readSegments(bytes, view);
  if (segments.length === 0)
    throw new ElfError("no-loadable-segment", "the ELF file has no loadable segment", WRONG_TARGET);
  for (const segment of segments) checkPlacement(segment, ram, devices);
  checkDisjoint(segments);
  return { entry: physicalEntry(view.getBigUint64(E_ENTRY, true), segments), segments };
}

function checkHeader(bytes: Uint8Array): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint32(0) !== MAGIC)
    throw new ElfError(
      "not-elf",
      `not an ELF file (it begins with ${hexBytes(bytes.subarray(0, 4))})`,
      WRONG_TARGET,
    );
  if (bytes.length < HEADER_SIZE)
    throw new ElfError(
      "truncated",
      `the ELF header needs ${HEADER_SIZE} bytes, the file has ${bytes.length}`,
      BROKEN_FILE,
    );
  if (bytes[EI_CLASS] !== ELFCLASS64)
    throw new ElfError(
      "not-64-bit",
      `not a 64-bit ELF file (class ${bytes[EI_CLASS]}, 64-bit is 2)`,
      WRONG_TARGET,
    );
  if (bytes[EI_DATA] !== ELFDATA2LSB)
    throw new ElfError(
      "not-little-endian",
      `not little-endian (data encoding ${bytes[EI_DATA]})`,
      WRONG_TARGET,
    );
  const machine = view.getUint16(E_MACHINE, true);
  if (machine !== EM_RISCV)
    throw new ElfError(
      "not-riscv",
      `made for another processor (machine ${machine}, RISC-V is ${EM_RISCV})`,
      WRONG_TARGET,
    );
  const type = view.getUint16(E_TYPE, true);
  if (type !== ET_EXEC && type !== ET_DYN)
    throw new ElfError(
      "not-executable",
      `not a linked executable (ELF type ${type}, an executable is ${ET_EXEC})`,
      WRONG_TARGET,
    );
  return view;
}

function readSegments(bytes: Uint8Array, view: DataView): ElfSegment[] {
  const count = view.getUint16(E_PHNUM, true);
  if (count === 0) return [];
  const entrySize = view.getUint16(E_PHENTSIZE, true);
  if (entrySize !== PROGRAM_HEADER_SIZE)
    throw new ElfError(
      "truncated",
      `program headers of ${entrySize} bytes, ELF64 has ${PROGRAM_HEADER_SIZE}`,
      BROKEN_FILE,
    );
  const table = inFile(
    bytes,
    view.getBigUint64(E_PHOFF, true),
    BigInt(count * entrySize),
    "the program headers",
  );
  const segments: ElfSegment[] = [];
  for (let index = 0; index < count; index++) {
    const header = table + index * entrySize;
    if (view.getUint32(header, true) !== PT_LOAD) continue;
    const segment = readSegment(bytes, view, header, index);
    if (segment.memorySize > 0) segments.push(segment);
  }
  return segments;
}

function readSegment(bytes: Uint8Array, view: DataView, header: number, index: number): ElfSegment {
  const fileSize = view.getBigUint64(header + P_FILESZ, true);
  const memorySize = view.getBigUint64(header + P_MEMSZ, true);
  const address = view.getBigUint64(header + P_PADDR, true);
  const offset = inFile(bytes, view.getBigUint64(header + P_OFFSET, true), fileSize, `segment ${index}`);
  if (fileSize > memorySize)
    throw new ElfError(
      "truncated",
      `segment ${index} has ${fileSize} bytes in the file but ${memorySize} in memory`,
      BROKEN_FILE,
    );
  if (address + memorySize > BigInt(Number.MAX_SAFE_INTEGER)) throw outsideMemory(address, memorySize);
  return {
    address: Number(address),
    virtualAddress: view.getBigUint64(header + P_VADDR, true),
    bytes: bytes.subarray(offset, offset + Number(fileSize)),
    memorySize: Number(memorySize),
    executable: isExecutable(view.getUint32(header + P_FLAGS, true)),
  };
}

/** The offset as a number, when `[offset, offset + size)` lies in the file. */
function inFile(bytes: Uint8Array, offset: bigint, size: bigint, what: string): number {
  if (offset + size > BigInt(bytes.length))
    throw new ElfError(
      "truncated",
      `${what} should end at byte ${offset + size} of the file, which has ${bytes.length}`,
      BROKEN_FILE,
    );
  return Number(offset);
}

function checkPlacement(segment: ElfSegment, ram: MemoryRange, devices: readonly MemoryRange[]): void {
  const { address, memorySize } = segment;
  const inRam = address >= ram.base && address + memorySize <= ram.base + ram.size;
  const onDevice = devices.some(({ base, size }) => address < base + size && base < address + memorySize);
  if (inRam && !onDevice) return;
  throw outsideMemory(BigInt(address), BigInt(memorySize), ram);
}

/** Some linker scripts leave a segment's flags empty; that says nothing about it. */
function isExecutable(flags: number): boolean {
  return flags === 0 || (flags & PF_X) !== 0;
}

function outsideMemory(address: bigint, size: bigint, ram?: MemoryRange): ElfError {
  const range = ram ? ` (${hex(ram.base)} to ${hex(ram.base + ram.size - 1)})` : "";
  return new ElfError(
    "segment-outside-memory",
    `a segment at physical ${hex(address)} of ${size} bytes does not fit into the machine's memory${range}`,
    "give the machine more memory, or link the program inside it",
  );
}

function checkDisjoint(segments: readonly ElfSegment[]): void {
  const sorted = [...segments].sort((a, b) => a.address - b.address);
  for (let index = 1; index < sorted.length; index++) {
    const [before, after] = [sorted[index - 1]!, sorted[index]!];
    if (before.address + before.memorySize > after.address)
      throw new ElfError(
        "segments-overlap",
        `the segments at physical ${hex(before.address)} and ${hex(after.address)} overlap`,
        "check the physical addresses (p_paddr) the linker gave",
      );
  }
}

/** The entry is a virtual address of an executable segment, or already physical. */
function physicalEntry(entry: bigint, segments: readonly ElfSegment[]): number {
  for (const start of ["virtualAddress", "address"] as const)
    for (const segment of segments) {
      const offset = entry - BigInt(segment[start]);
      if (segment.executable && offset >= 0n && offset < BigInt(segment.memorySize))
        return segment.address + Number(offset);
    }
  throw new ElfError(
    "entry-outside-segments",
    `the entry address ${hex(entry)} is in no executable segment`,
    "check the linker's entry symbol",
  );
}

/** A function's name and where in it an address lies. */
export interface SymbolLocation {
  name: string;
  /** Bytes from the function's beginning. */
  offset: number;
}

interface FunctionSymbol {
  name: string;
  start: bigint;
  /** Bytes; 0 when the file does not say. */
  size: bigint;
}

/** Function names by virtual address. */
export class SymbolTable {
  private readonly sorted: readonly FunctionSymbol[];

  constructor(symbols: readonly FunctionSymbol[]) {
    this.sorted = [...symbols].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  get length(): number {
    return this.sorted.length;
  }

  /** The function that contains `address` (virtual), or undefined. A function without a size reaches to the next one. */
  lookup(address: bigint): SymbolLocation | undefined {
    const unsigned = BigInt.asUintN(64, address);
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle]!.start <= unsigned) low = middle + 1;
      else high = middle;
    }
    const symbol = this.sorted[low - 1];
    if (!symbol) return undefined;
    const offset = unsigned - symbol.start;
    if (symbol.size > 0n ? offset >= symbol.size : offset > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    return { name: symbol.name, offset: Number(offset) };
  }

  /** Virtual address of the symbol called `name`, or undefined. */
  addressOf(name: string): bigint | undefined {
    return this.sorted.find((symbol) => symbol.name === name)?.start;
  }

  /** `name+0x10`, `name`, or the bare address in hexadecimal. */
  describe(address: bigint): string {
    const found = this.lookup(address);
    if (!found) return hex(BigInt.asUintN(64, address));
    return found.offset === 0 ? found.name : `${found.name}+${hex(found.offset)}`;
  }
}

/**
 * The function symbols of an ELF64 file; an empty table when it is stripped.
 * @throws ElfError when the file is no ELF64 RISC-V executable or its symbol table reaches beyond the file
 */
export function readSymbols(bytes: Uint8Array): SymbolTable {
  const view = checkHeader(bytes);
  const count = view.getUint16(E_SHNUM, true);
  const symbols: FunctionSymbol[] = [];
  if (count === 0) return new SymbolTable(symbols);
  if (view.getUint16(E_SHENTSIZE, true) !== SECTION_HEADER_SIZE)
    throw new ElfError("truncated", `section headers are not ${SECTION_HEADER_SIZE} bytes`, BROKEN_FILE);
  const table = inFile(
    bytes,
    view.getBigUint64(E_SHOFF, true),
    BigInt(count * SECTION_HEADER_SIZE),
    "the section headers",
  );
  for (let index = 0; index < count; index++) {
    const header = table + index * SECTION_HEADER_SIZE;
    if (view.getUint32(header + SH_TYPE, true) !== SHT_SYMTAB) continue;
    const link = view.getUint32(header + SH_LINK, true);
    if (link >= count)
      throw new ElfError("truncated", `symbol names in section ${link} of ${count}`, BROKEN_FILE);
    const names = sectionBytes(bytes, view, table + link * SECTION_HEADER_SIZE, "the symbol names");
    collectFunctions(sectionBytes(bytes, view, header, "the symbol table"), names, symbols);
  }
  return new SymbolTable(symbols);
}

function sectionBytes(bytes: Uint8Array, view: DataView, header: number, what: string): Uint8Array {
  const size = view.getBigUint64(header + SH_SIZE, true);
  const offset = inFile(bytes, view.getBigUint64(header + SH_OFFSET, true), size, what);
  return bytes.subarray(offset, offset + Number(size));
}

function collectFunctions(table: Uint8Array, names: Uint8Array, into: FunctionSymbol[]): void {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (let symbol = 0; symbol + SYMBOL_SIZE <= table.length; symbol += SYMBOL_SIZE) {
    const type = table[symbol + ST_INFO]! & 15;
    const defined = view.getUint16(symbol + ST_SHNDX, true) !== 0;
    if (!defined || (type !== STT_FUNC && type !== STT_NOTYPE)) continue;
    const name = nameAt(names, view.getUint32(symbol, true));
    // Mapping symbols ($x, $d) mark code and data for disassemblers; they are not names of functions.
    if (name === "" || name.startsWith("$")) continue;
    into.push({
      name,
      start: view.getBigUint64(symbol + ST_VALUE, true),
      size: view.getBigUint64(symbol + ST_SIZE, true),
    });
  }
}

function nameAt(names: Uint8Array, offset: number): string {
  if (offset >= names.length) return "";
  const end = names.indexOf(0, offset);
  return new TextDecoder().decode(names.subarray(offset, end < 0 ? names.length : end));
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function hexBytes(bytes: Uint8Array): string {
  return bytes.length === 0
    ? "nothing"
    : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

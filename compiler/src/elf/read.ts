/** Reads the ELF64 executables this compiler and its peers produce: segments and symbols. */

import type { ElfSymbol, Segment } from "./format";
import * as format from "./format";

/** The file is not an executable this reader accepts. */
export class ElfError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ElfError";
  }
}

/** What an ELF file says about the program in it. */
export interface ElfFile {
  entry: bigint;
  segments: Segment[];
  symbols: ElfSymbol[];
}

function checkHeader(bytes: Uint8Array, view: DataView): void {
  if (bytes.length < format.EHDR_SIZE || format.ELF_MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new ElfError("not an ELF file: it does not begin with \\x7fELF");
  }
  if (bytes[4] !== format.ELFCLASS64) throw new ElfError(`not a 64-bit ELF file (class ${bytes[4]})`);
  if (bytes[5] !== format.ELFDATA2LSB) throw new ElfError(`not a little-endian ELF file (data ${bytes[5]})`);
  const machine = view.getUint16(18, true);
  if (machine !== format.EM_RISCV) throw new ElfError(`not a RISC-V ELF file (machine ${machine})`);
}

/** Bytes `offset`..`offset+size`, refused when they reach past the end of the file. */
function slice(bytes: Uint8Array, offset: bigint, size: bigint, what: string): Uint8Array {
  if (offset + size > BigInt(bytes.length))
    throw new ElfError(`truncated ELF file: ${what} ends after the file`);
  return bytes.subarray(Number(offset), Number(offset + size));
}

function readSegments(bytes: Uint8Array, view: DataView): Segment[] {
  const table = view.getBigUint64(32, true);
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  slice(bytes, table, BigInt(size * count), "the program header table");
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = Number(table) + size * index;
    if (view.getUint32(at, true) !== format.PT_LOAD) continue;
    const flags = view.getUint32(at + 4, true);
    const fileSize = view.getBigUint64(at + 32, true);
    segments.push({
      address: view.getBigUint64(at + 16, true),
      physicalAddress: view.getBigUint64(at + 24, true),
      bytes: slice(bytes, view.getBigUint64(at + 8, true), fileSize, `segment ${index}`).slice(),
      memorySize: Number(view.getBigUint64(at + 40, true)),
      readable: (flags & format.PF_R) !== 0,
      writable: (flags & format.PF_W) !== 0,
      executable: (flags & format.PF_X) !== 0,
    });
  }
  return segments;
}

function readString(table: Uint8Array, offset: number): string {
  const end = table.indexOf(0, offset);
  return new TextDecoder().decode(table.subarray(offset, end < 0 ? table.length : end));
}

const KINDS = new Map<number, ElfSymbol["kind"]>([
  [format.STT_FUNC, "function"],
  [format.STT_OBJECT, "object"],
  [format.STT_NOTYPE, "address"],
]);

function readSymbols(bytes: Uint8Array, view: DataView): ElfSymbol[] {
  const table = view.getBigUint64(40, true);
  const size = view.getUint16(58, true);
  const count = view.getUint16(60, true);
  if (count === 0) return [];
  slice(bytes, table, BigInt(size * count), "the section header table");
  const section = (index: number) => {
    const at = Number(table) + size * index;
    const contents = slice(
      bytes,
      view.getBigUint64(at + 24, true),
      view.getBigUint64(at + 32, true),
      `section ${index}`,
    );
    return { at, contents };
  };
  for (let index = 0; index < count; index++) {
    const at = Number(table) + size * index;
    if (view.getUint32(at + 4, true) !== format.SHT_SYMTAB) continue;
    const link = view.getUint32(at + 40, true);
    if (link >= count) throw new ElfError("the symbol table's string table does not exist");
    return decodeSymbols(section(index).contents, section(link).contents);
  }
  return [];
}

function decodeSymbols(table: Uint8Array, strings: Uint8Array): ElfSymbol[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const symbols: ElfSymbol[] = [];
  for (let at = format.SYM_SIZE; at + format.SYM_SIZE <= table.length; at += format.SYM_SIZE) {
    const kind = KINDS.get(view.getUint8(at + 4) & 15);
    const name = readString(strings, view.getUint32(at, true));
    if (!kind || name === "") continue;
    symbols.push({
      name,
      address: view.getBigUint64(at + 8, true),
      size: Number(view.getBigUint64(at + 16, true)),
      kind,
    });
  }
  return symbols;
}

/**
 * Reads an ELF64 RISC-V file.
 * @throws ElfError saying what is wrong with the file
 */
export function readElf(bytes: Uint8Array): ElfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(bytes, view);
  return {
    entry: view.getBigUint64(24, true),
    segments: readSegments(bytes, view),
    symbols: readSymbols(bytes, view),
  };
}

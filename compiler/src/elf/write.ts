/** Writes ELF64 executables with program headers, section headers and a symbol table, so that gdb and objdump understand them. */

import type { ElfSymbol, Segment } from "./format";
import * as format from "./format";

/** A part of a segment that gets a section header. */
export interface Section {
  name: string;
  address: bigint;
  size: number;
  /** Contents are zero and not in the file. */
  zero: boolean;
}

/** An executable to write. */
export interface Executable {
  entry: bigint;
  segments: Segment[];
  sections: Section[];
  symbols: ElfSymbol[];
  /** Sets the flag that says the code contains 16-bit instructions. */
  compressed: boolean;
  /** Whether it passes arguments in floating-point registers. Default false. */
  floatingPoint?: boolean;
}

const PAGE = 4096;
const alignUp = (value: number, alignment: number) => Math.ceil(value / alignment) * alignment;

/** Collects NUL-terminated strings and remembers where each begins. */
class StringTable {
  private readonly parts: Uint8Array[] = [new Uint8Array(1)];
  private length = 1;
  private readonly encoder = new TextEncoder();

  add(text: string): number {
    const offset = this.length;
    const bytes = this.encoder.encode(`${text}\0`);
    this.parts.push(bytes);
    this.length += bytes.length;
    return offset;
  }

  bytes(): Uint8Array {
    const result = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.parts) {
      result.set(part, offset);
      offset += part.length;
    }
    return result;
  }
}

interface SectionHeader {
  name: number;
  type: number;
  flags: number;
  address: bigint;
  offset: number;
  size: number;
  link: number;
  info: number;
  alignment: number;
  entrySize: number;
}

const SYMBOL_TYPES = { function: format.STT_FUNC, object: format.STT_OBJECT, address: format.STT_NOTYPE };

class ElfWriter {
  private readonly names = new StringTable();
  private readonly headers: SectionHeader[] = [];
  private readonly chunks: { offset: number; bytes: Uint8Array }[] = [];
  private readonly segmentOffsets: number[] = [];
  private end = 0;

  constructor(private readonly executable: Executable) {}

  write(): Uint8Array {
    const { segments } = this.executable;
    this.end = format.EHDR_SIZE + format.PHDR_SIZE * segments.length;
    for (const segment of segments) this.segmentOffsets.push(this.append(segment.bytes, PAGE));
    this.addHeader("", 0, {});
    for (const section of this.executable.sections) this.addSection(section);
    this.addSymbols();
    const nameOffset = this.names.add(".shstrtab");
    const names = this.names.bytes();
    this.headers.push(
      this.header(nameOffset, format.SHT_STRTAB, { offset: this.append(names, 1), size: names.length }),
    );
    return this.finish();
  }

  /** Reserves file space for bytes and returns their offset. */
  private append(bytes: Uint8Array, alignment: number): number {
    const offset = alignUp(this.end, alignment);
    this.chunks.push({ offset, bytes });
    this.end = offset + bytes.length;
    return offset;
  }

  private header(name: number, type: number, fields: Partial<SectionHeader>): SectionHeader {
    const empty = { flags: 0, address: 0n, offset: 0, size: 0, link: 0, info: 0, alignment: 1, entrySize: 0 };
    return { ...empty, name, type, ...fields };
  }

  private addHeader(name: string, type: number, fields: Partial<SectionHeader>): void {
    this.headers.push(this.header(name === "" ? 0 : this.names.add(name), type, fields));
  }

  private addSection({ name, address, size, zero }: Section): void {
    const index = this.executable.segments.findIndex(
      (s) => address >= s.address && address + BigInt(size) <= s.address + BigInt(s.memorySize),
    );
    const segment = this.executable.segments[index];
    if (!segment) throw new Error(`section ${name} lies in no segment`);
    const flags =
      format.SHF_ALLOC |
      (segment.writable ? format.SHF_WRITE : 0) |
      (segment.executable ? format.SHF_EXECINSTR : 0);
    const offset =
      this.segmentOffsets[index]! + Math.min(Number(address - segment.address), segment.bytes.length);
    this.addHeader(name, zero ? format.SHT_NOBITS : format.SHT_PROGBITS, {
      flags,
      address,
      offset,
      size,
      alignment: 8,
    });
  }

  private sectionIndexOf(address: bigint): number {
    const index = this.executable.sections.findIndex(
      (s) => address >= s.address && address < s.address + BigInt(s.size),
    );
    return index < 0 ? format.SHN_ABS : index + 1;
  }

  private addSymbols(): void {
    const { symbols } = this.executable;
    const strings = new StringTable();
    const table = new Uint8Array(format.SYM_SIZE * (symbols.length + 1));
    const view = new DataView(table.buffer);
    symbols.forEach(({ name, address, size, kind }, index) => {
      const at = format.SYM_SIZE * (index + 1);
      view.setUint32(at, strings.add(name), true);
      view.setUint8(at + 4, (format.STB_GLOBAL << 4) | SYMBOL_TYPES[kind]);
      view.setUint16(at + 6, this.sectionIndexOf(address), true);
      view.setBigUint64(at + 8, address, true);
      view.setBigUint64(at + 16, BigInt(size), true);
    });
    const offset = this.append(table, 8);
    const link = this.headers.length + 1;
    // info: index of the first global symbol; only the null symbol is local.
    this.addHeader(".symtab", format.SHT_SYMTAB, {
      offset,
      size: table.length,
      link,
      info: 1,
      alignment: 8,
      entrySize: format.SYM_SIZE,
    });
    const stringBytes = strings.bytes();
    this.addHeader(".strtab", format.SHT_STRTAB, {
      offset: this.append(stringBytes, 1),
      size: stringBytes.length,
    });
  }

  private finish(): Uint8Array {
    const headerOffset = alignUp(this.end, 8);
    const bytes = new Uint8Array(headerOffset + format.SHDR_SIZE * this.headers.length);
    const view = new DataView(bytes.buffer);
    for (const chunk of this.chunks) bytes.set(chunk.bytes, chunk.offset);
    this.writeFileHeader(bytes, view, headerOffset);
    this.executable.segments.forEach((segment, index) => {
      this.writeProgramHeader(view, segment, index);
    });
    this.headers.forEach((header, index) => {
      writeSectionHeader(view, headerOffset + format.SHDR_SIZE * index, header);
    });
    return bytes;
  }

  private writeFileHeader(bytes: Uint8Array, view: DataView, headerOffset: number): void {
    bytes.set([...format.ELF_MAGIC, format.ELFCLASS64, format.ELFDATA2LSB, format.EV_CURRENT]);
    view.setUint16(16, format.ET_EXEC, true);
    view.setUint16(18, format.EM_RISCV, true);
    view.setUint32(20, format.EV_CURRENT, true);
    view.setBigUint64(24, this.executable.entry, true);
    view.setBigUint64(32, BigInt(format.EHDR_SIZE), true);
    view.setBigUint64(40, BigInt(headerOffset), true);
    const { compressed, floatingPoint } = this.executable;
    const flags =
      (compressed ? format.EF_RISCV_RVC : 0) | (floatingPoint ? format.EF_RISCV_FLOAT_ABI_DOUBLE : 0);
    view.setUint32(48, flags, true);
    view.setUint16(52, format.EHDR_SIZE, true);
    view.setUint16(54, format.PHDR_SIZE, true);
    view.setUint16(56, this.executable.segments.length, true);
    view.setUint16(58, format.SHDR_SIZE, true);
    view.setUint16(60, this.headers.length, true);
    view.setUint16(62, this.headers.length - 1, true);
  }

  private writeProgramHeader(view: DataView, segment: Segment, index: number): void {
    const at = format.EHDR_SIZE + format.PHDR_SIZE * index;
    const flags =
      (segment.readable ? format.PF_R : 0) |
      (segment.writable ? format.PF_W : 0) |
      (segment.executable ? format.PF_X : 0);
    view.setUint32(at, format.PT_LOAD, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(this.segmentOffsets[index]!), true);
    view.setBigUint64(at + 16, segment.address, true);
    view.setBigUint64(at + 24, segment.physicalAddress, true);
    view.setBigUint64(at + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(at + 40, BigInt(segment.memorySize), true);
    view.setBigUint64(at + 48, BigInt(PAGE), true);
  }
}

function writeSectionHeader(view: DataView, at: number, header: SectionHeader): void {
  view.setUint32(at, header.name, true);
  view.setUint32(at + 4, header.type, true);
  view.setBigUint64(at + 8, BigInt(header.flags), true);
  view.setBigUint64(at + 16, header.address, true);
  view.setBigUint64(at + 24, BigInt(header.offset), true);
  view.setBigUint64(at + 32, BigInt(header.size), true);
  view.setUint32(at + 40, header.link, true);
  view.setUint32(at + 44, header.info, true);
  view.setBigUint64(at + 48, BigInt(header.alignment), true);
  view.setBigUint64(at + 56, BigInt(header.entrySize), true);
}

/**
 * Writes an executable. Segment addresses must be page aligned.
 * @returns the bytes of the ELF file
 */
export function writeElf(executable: Executable): Uint8Array {
  return new ElfWriter(executable).write();
}

// A small ELF64 writer for tests: segments at given addresses and, if wanted, a symbol table.

export interface TestSegment {
  /** Physical address. */
  address: bigint;
  virtualAddress?: bigint;
  bytes: Uint8Array;
  memorySize?: bigint;
  /** PF_R = 4, PF_W = 2, PF_X = 1; default read and execute. */
  flags?: number;
}

export interface TestElf {
  /** Default: the first segment's virtual address. */
  entry?: bigint;
  segments: TestSegment[];
  symbols?: { name: string; address: bigint; size: bigint }[];
}

const HEADER = 64;
const PROGRAM_HEADER = 56;
const SECTION_HEADER = 64;
const SYMBOL = 24;

export function makeElf({ entry, segments, symbols = [] }: TestElf): Uint8Array {
  const names = new TextEncoder().encode(`\0${symbols.map(({ name }) => `${name}\0`).join("")}`);
  const sections = symbols.length > 0 ? 3 : 0;
  const symbolTable = HEADER + segments.length * PROGRAM_HEADER + sections * SECTION_HEADER;
  const nameTable = symbolTable + (sections > 0 ? (symbols.length + 1) * SYMBOL : 0);
  let offset = nameTable + (sections > 0 ? names.length : 0);
  const file = new Uint8Array(offset + segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry ?? segments[0]?.virtualAddress ?? segments[0]?.address ?? 0n, true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, segments.length, true);
  view.setUint16(58, SECTION_HEADER, true);
  segments.forEach((segment, index) => {
    const header = HEADER + index * PROGRAM_HEADER;
    view.setUint32(header, 1, true);
    view.setUint32(header + 4, segment.flags ?? 5, true);
    view.setBigUint64(header + 8, BigInt(offset), true);
    view.setBigUint64(header + 16, segment.virtualAddress ?? segment.address, true);
    view.setBigUint64(header + 24, segment.address, true);
    view.setBigUint64(header + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(header + 40, segment.memorySize ?? BigInt(segment.bytes.length), true);
    file.set(segment.bytes, offset);
    offset += segment.bytes.length;
  });
  if (sections === 0) return file;
  const sectionTable = HEADER + segments.length * PROGRAM_HEADER;
  view.setBigUint64(40, BigInt(sectionTable), true);
  view.setUint16(60, sections, true);
  writeSection(view, sectionTable + SECTION_HEADER, 2, symbolTable, nameTable - symbolTable, 2);
  writeSection(view, sectionTable + 2 * SECTION_HEADER, 3, nameTable, names.length, 0);
  file.set(names, nameTable);
  let name = 1;
  symbols.forEach((symbol, index) => {
    const at = symbolTable + (index + 1) * SYMBOL;
    view.setUint32(at, name, true);
    view.setUint8(at + 4, 0x12);
    view.setUint16(at + 6, 1, true);
    view.setBigUint64(at + 8, symbol.address, true);
    view.setBigUint64(at + 16, symbol.size, true);
    name += symbol.name.length + 1;
  });
  return file;
}

function writeSection(
  view: DataView,
  at: number,
  type: number,
  offset: number,
  size: number,
  link: number,
): void {
  view.setUint32(at + 4, type, true);
  view.setBigUint64(at + 24, BigInt(offset), true);
  view.setBigUint64(at + 32, BigInt(size), true);
  view.setUint32(at + 40, link, true);
}

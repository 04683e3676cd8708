/**
 * The linker: places fragments and data in memory, defines the linker's own symbols, and produces an executable.
 *
 * Layout of the image (addresses grow downwards):
 *
 *     textBase   assembly fragments, compiled functions      read, execute
 *                read-only fragments, jump tables
 *     dataBase   mutable wasm globals (gp points into them)  read, write
 *                data fragments
 *                static data at its wasm addresses
 *                zero data, shadow stack
 *     __heap_base
 */
import type { Fragment, Instruction } from "../assembler/instruction";
import { CompileError, type Diagnostic } from "../diagnostics";
import type { ElfSymbol, Segment } from "../elf/format";
import { type Section, writeElf } from "../elf/write";
import { emitSection, type Resolver } from "./emit";
import type { ModuleObject } from "./module-object";
import { alignUp, labelOffset, type PlacedFragment, type PlacedSection, placeSection } from "./place";

/** Bytes reserved for mutable globals: what gp reaches with 12-bit offsets. */
export const GLOBALS_SIZE = 4096;
const GLOBAL_SLOT = 8;
/** gp lies this many bytes into the globals, so that signed 12-bit offsets cover all of them. */
const GLOBAL_POINTER_BIAS = 2048;
const PAGE = 4096;

export interface LinkOptions {
  /** Virtual address of the text; page aligned, in the sign-extended 32-bit range. */
  textBase: bigint;
  /** u32 address of the data; page aligned. */
  dataBase: number;
  /** u32 address where the heap begins; the end of the data if absent. */
  heapBase?: number;
  compressed: boolean;
  /** ELF entry symbol. */
  entry: string;
  /** `module.name` of an import → name of the exported function that serves it. */
  imports: Readonly<Record<string, string>>;
  assembly: readonly Fragment[];
}

/** A linked program. */
export interface Image {
  elf: Uint8Array;
  symbols: ElfSymbol[];
  /** Bytes. */
  sizes: { text: number; readOnly: number; data: number; zero: number };
}

/** The virtual address a u32 pointer stands for. */
export const virtualAddress = (pointer: number): bigint =>
  BigInt.asUintN(64, BigInt.asIntN(32, BigInt(pointer)));
const low32 = (address: bigint): bigint => BigInt.asUintN(32, address);
const fail = (message: string, place: Partial<Diagnostic> = {}): CompileError =>
  new CompileError([{ file: "link", line: 0, column: 0, message, ...place }]);
const hexadecimal = (value: bigint | number) => `0x${value.toString(16)}`;

/**
 * u32 address where the static data of a module may begin (asc's `--memoryBase`).
 * @param slots number of mutable globals to leave room for
 */
export function staticDataBase(dataBase: number, assembly: readonly Fragment[], slots = 0): number {
  const fragments = dataFragments(assembly);
  return alignUp(startOf(fragments, dataBase + globalsSize(slots)) + placeSection(fragments, false).size, 16);
}

/** First address at or after `address` that suits the most aligned fragment. */
const startOf = (fragments: readonly Fragment[], address: number) =>
  alignUp(address, Math.max(16, ...fragments.map((f) => f.alignment)));

const globalsSize = (slots: number) => Math.max(GLOBALS_SIZE, alignUp(slots * GLOBAL_SLOT, 16));
const dataFragments = (fragments: readonly Fragment[]) => fragments.filter((f) => f.section === "data");

class Linker {
  private readonly symbols = new Map<string, ElfSymbol>();
  private readonly aliases = new Map<string, string>();
  private readonly undefined = new Map<string, Diagnostic>();
  private readonly code: PlacedSection;
  private readonly readOnly: PlacedSection;
  private readonly data: PlacedSection;
  /** Offsets from textBase. */
  private readonly readOnlyStart: number;
  private readonly tablesStart: number;
  private readonly textSize: number;
  /** u32 address. */
  private readonly dataFragmentsStart: number;

  constructor(
    private readonly module: ModuleObject,
    private readonly options: LinkOptions,
  ) {
    this.checkBases();
    const fragments = [...options.assembly, ...module.fragments];
    this.bindImports(fragments);
    this.code = placeSection(
      fragments.filter((f) => f.section === "code"),
      options.compressed,
      this.aliases,
    );
    this.readOnly = placeSection(
      fragments.filter((f) => f.section === "rodata"),
      false,
    );
    this.data = placeSection(dataFragments(fragments), false);
    this.readOnlyStart = startOf(
      this.readOnly.fragments.map((placed) => placed.fragment),
      this.code.size,
    );
    this.tablesStart = alignUp(this.readOnlyStart + this.readOnly.size, 8);
    const tableEntries = fragments.flatMap((f) => f.jumpTables).reduce((sum, t) => sum + t.targets.length, 0);
    this.textSize = this.tablesStart + 4 * tableEntries;
    this.dataFragmentsStart = startOf(
      dataFragments(fragments),
      options.dataBase + globalsSize(module.globals.length),
    );
  }

  link(): Image {
    const { textBase, dataBase } = this.options;
    const dataEnd = this.dataEnd();
    const heapBase = this.options.heapBase ?? alignUp(dataEnd, 16);
    if (heapBase < dataEnd) throw fail(`the heap at ${hexadecimal(heapBase)} would overlap static data`);
    this.checkOverlap(heapBase);
    this.defineSymbols(dataEnd, heapBase);
    const text = this.textBytes();
    const data = this.dataBytes(dataEnd);
    const entry = this.symbols.get(this.options.entry);
    if (!entry) throw fail(`the entry symbol "${this.options.entry}" is not defined`);
    if (this.undefined.size > 0) throw new CompileError([...this.undefined.values()]);
    const dataAddress = virtualAddress(dataBase);
    const segments: Segment[] = [
      segment(textBase, text, text.length, false),
      segment(dataAddress, data, heapBase - dataBase, true),
    ];
    const symbols = [...this.symbols.values(), ...this.variables()].sort(bySymbolAddress);
    const elf = writeElf({
      entry: entry.address,
      segments,
      sections: this.sections(data.length, heapBase - dataBase),
      symbols,
      compressed: this.options.compressed,
      floatingPoint: this.module.usesFloats,
    });
    const readOnly = this.textSize - this.code.size;
    const zero = heapBase - dataBase - data.length;
    return { elf, symbols, sizes: { text: this.code.size, readOnly, data: data.length, zero } };
  }

  private checkBases(): void {
    const { textBase, dataBase } = this.options;
    if (textBase % BigInt(PAGE) !== 0n || BigInt.asUintN(64, BigInt.asIntN(32, textBase)) !== textBase) {
      throw fail(`textBase ${hexadecimal(textBase)} must be a page-aligned, sign-extended 32-bit address`);
    }
    if (dataBase % PAGE !== 0 || dataBase < 0 || dataBase >= 2 ** 32) {
      throw fail(`dataBase ${hexadecimal(dataBase)} must be a page-aligned 32-bit address`);
    }
  }

  /** Binds function imports to exported functions, and remembers those nobody serves. */
  private bindImports(fragments: readonly Fragment[]): void {
    const defined = new Set<string>();
    for (const { name } of fragments) {
      if (defined.has(name)) throw fail(`the symbol "${name}" is defined twice`);
      defined.add(name);
    }
    // Identical functions are merged before they get here: one symbol, several export names.
    for (const [name, symbol] of this.module.exports) if (!defined.has(name)) this.aliases.set(name, symbol);
    for (const { symbol } of this.module.imports) {
      const target = this.options.imports[symbol];
      if (target === undefined) continue;
      const resolved = this.module.exports.get(target) ?? (defined.has(target) ? target : undefined);
      if (resolved === undefined)
        throw fail(`the import ${symbol} is bound to "${target}", which nothing exports`);
      this.aliases.set(symbol, resolved);
    }
  }

  /** u32 address after the last initialised byte. */
  private dataEnd(): number {
    const ends = this.module.data.map(({ address, bytes }) => address + bytes.length);
    const staticStart = this.dataFragmentsStart + this.data.size;
    for (const { address, bytes } of this.module.data) {
      if (bytes.length > 0 && address < staticStart) {
        throw fail(
          `static data at ${hexadecimal(address)} overlaps the globals; it must begin at ${hexadecimal(staticStart)} or later`,
        );
      }
    }
    return Math.max(staticStart, ...ends);
  }

  private checkOverlap(heapBase: number): void {
    const textStart = this.options.textBase;
    const textEnd = textStart + BigInt(this.textSize);
    const dataStart = virtualAddress(this.options.dataBase);
    const dataEnd = dataStart + BigInt(heapBase - this.options.dataBase);
    if (textStart < dataEnd && dataStart < textEnd) {
      throw fail(
        `${this.textSize} bytes of text from ${hexadecimal(textStart)} overlap the data at ${hexadecimal(dataStart)}`,
      );
    }
  }

  private define(name: string, address: bigint, size = 0, kind: ElfSymbol["kind"] = "address"): void {
    if (this.symbols.has(name)) throw fail(`the symbol "${name}" is defined twice`);
    this.symbols.set(name, { name, address: BigInt.asUintN(64, address), size, kind });
  }

  private defineSection(section: PlacedSection, base: bigint, kind: ElfSymbol["kind"]): void {
    for (const { fragment, offsets } of section.fragments) {
      const start = section.symbols.get(fragment.name)!;
      this.define(fragment.name, base + BigInt(start), offsets[fragment.items.length]! - start, kind);
      fragment.items.forEach((item, index) => {
        if (item.kind === "symbol") this.define(item.name, base + BigInt(offsets[index]!), 0, kind);
      });
    }
  }

  private defineSymbols(dataEnd: number, heapBase: number): void {
    const { textBase, dataBase } = this.options;
    const at = (offset: number) => textBase + BigInt(offset);
    this.defineSection(this.code, textBase, "function");
    this.defineSection(this.readOnly, at(this.readOnlyStart), "object");
    this.defineSection(this.data, virtualAddress(this.dataFragmentsStart), "object");
    let table = this.tablesStart;
    for (const { fragment } of this.code.fragments) {
      for (const { symbol, targets } of fragment.jumpTables) {
        this.define(symbol, at(table), 4 * targets.length, "object");
        table += 4 * targets.length;
      }
    }
    for (const [name, symbol] of this.module.exports) {
      const exported = this.symbols.get(symbol);
      if (exported && !this.symbols.has(name)) this.symbols.set(name, { ...exported, name });
    }
    const globals = virtualAddress(dataBase);
    this.define("__image_start", textBase);
    this.define("__text_start", textBase);
    this.define("__text_end", at(this.code.size));
    this.define("__rodata_start", at(this.readOnlyStart));
    this.define("__rodata_end", at(this.textSize));
    this.define("__data_start", globals);
    this.define("__globals", globals);
    this.define("__global_pointer", globals + BigInt(GLOBAL_POINTER_BIAS));
    this.define("__data_end", virtualAddress(dataEnd));
    this.define("__bss_start", virtualAddress(dataEnd));
    this.define("__bss_end", virtualAddress(heapBase));
    this.define("__image_end", virtualAddress(heapBase));
    this.define("__heap_base", virtualAddress(heapBase));
  }

  /** For debuggers, not for code: variables by their names, and exported constants as absolute values. */
  private variables(): ElfSymbol[] {
    const { globals, exportedConstants } = this.module;
    const first = virtualAddress(this.options.dataBase);
    const symbol = (name: string, value: bigint, size: number): ElfSymbol => ({
      name,
      address: BigInt.asUintN(64, value),
      size,
      kind: "object",
    });
    const named = globals.flatMap(({ name }, index) =>
      name === undefined ? [] : [symbol(name, first + BigInt(GLOBAL_SLOT * index), GLOBAL_SLOT)],
    );
    const constants = [...exportedConstants].map(([name, value]) => symbol(name, value, 0));
    return [...named, ...constants].filter(({ name }) => !this.symbols.has(name));
  }

  private readonly resolve: Resolver = (name, referrer, source) => {
    const symbol = this.symbols.get(this.aliases.get(name) ?? name);
    if (symbol) return symbol.address;
    if (!this.undefined.has(name)) this.undefined.set(name, this.undefinedSymbol(name, referrer, source));
    return 0n;
  };

  private undefinedSymbol(name: string, { fragment }: PlacedFragment, source?: Instruction): Diagnostic {
    const imported = this.module.imports.find((i) => i.symbol === name);
    let message = `the symbol "${name}" is not defined`;
    if (imported?.module === "asm") message = `no assembly fragment defines "${name}"`;
    else if (imported?.module === "link") message = `the linker defines no symbol "${name}"`;
    else if (imported) message = `nothing provides the import ${name}; bind it with the option imports`;
    const { file, line, column } = source?.position ?? { file: fragment.file ?? "link", line: 0, column: 0 };
    return { file, line, column, message: `${message} (needed by ${fragment.name})` };
  }

  private textBytes(): Uint8Array {
    const { textBase } = this.options;
    const bytes = new Uint8Array(this.textSize);
    bytes.set(emitSection(this.code, textBase, this.resolve));
    bytes.set(
      emitSection(this.readOnly, textBase + BigInt(this.readOnlyStart), this.resolve),
      this.readOnlyStart,
    );
    const view = new DataView(bytes.buffer);
    let at = this.tablesStart;
    for (const placed of this.code.fragments) {
      for (const target of placed.fragment.jumpTables.flatMap((table) => table.targets)) {
        view.setUint32(at, Number(low32(textBase + BigInt(labelOffset(placed, target)))), true);
        at += 4;
      }
    }
    return bytes;
  }

  private dataBytes(dataEnd: number): Uint8Array {
    const { dataBase } = this.options;
    const bytes = new Uint8Array(dataEnd - dataBase);
    const view = new DataView(bytes.buffer);
    this.module.globals.forEach(({ initial }, index) => {
      view.setBigUint64(GLOBAL_SLOT * index, BigInt.asUintN(64, initial), true);
    });
    const fragments = emitSection(this.data, virtualAddress(this.dataFragmentsStart), this.resolve);
    bytes.set(fragments, this.dataFragmentsStart - dataBase);
    for (const segment of this.module.data) bytes.set(segment.bytes, segment.address - dataBase);
    return bytes;
  }

  private sections(dataSize: number, memorySize: number): Section[] {
    const { textBase, dataBase } = this.options;
    const data = virtualAddress(dataBase);
    const all: Section[] = [
      { name: ".text", address: textBase, size: this.code.size, zero: false },
      {
        name: ".rodata",
        address: textBase + BigInt(this.readOnlyStart),
        size: this.textSize - this.readOnlyStart,
        zero: false,
      },
      { name: ".data", address: data, size: dataSize, zero: false },
      { name: ".bss", address: data + BigInt(dataSize), size: memorySize - dataSize, zero: true },
    ];
    return all.filter((section) => section.size > 0);
  }
}

function segment(address: bigint, bytes: Uint8Array, memorySize: number, writable: boolean): Segment {
  return {
    address,
    physicalAddress: low32(address),
    bytes,
    memorySize,
    readable: true,
    writable,
    executable: !writable,
  };
}

function bySymbolAddress(a: ElfSymbol, b: ElfSymbol): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

/**
 * Links a compiled module with assembly fragments.
 * @throws CompileError for undefined or doubly defined symbols, unbound imports, and overlapping areas
 */
export function link(module: ModuleObject, options: LinkOptions): Image {
  return new Linker(module, options).link();
}

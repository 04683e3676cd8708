/**
 * Decodes the sections of a wasm binary (core spec section 5.5) into a `WasmModule`. Function bodies are only located;
 * the translator reads them.
 */
import { CompileError } from "../diagnostics";
import type { FunctionType, ValueType, WasmModule } from "./module";
import { ByteReader } from "./reader";

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Section numbers. */
const CUSTOM = 0;
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const TABLE = 4;
const GLOBAL = 6;
const EXPORT = 7;
const START = 8;
const ELEMENT = 9;
const CODE = 10;
const DATA = 11;

const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;

/** Subsections of the name section. */
const NAMES_OF_FUNCTIONS = 1;
const NAMES_OF_GLOBALS = 7;

const VALUE_TYPES: Record<number, ValueType> = {
  127: "i32",
  126: "i64",
  125: "f32",
  124: "f64",
  123: "v128",
  112: "funcref",
  111: "externref",
};

const refuse = (message: string): never => {
  throw new CompileError([{ file: "wasm module", line: 0, column: 0, message }]);
};

/** Reads a value type, or refuses an unknown one. */
export function readValueType(reader: ByteReader): ValueType {
  const byte = reader.byte();
  return VALUE_TYPES[byte] ?? refuse(`unknown value type 0x${byte.toString(16)}`);
}

class Decoder {
  readonly module: WasmModule;
  private readonly names = new Map<number, string>();
  private readonly globalNames = new Map<number, string>();
  private definedFunctions = 0;

  constructor(private readonly reader: ByteReader) {
    this.module = {
      bytes: reader.bytes,
      types: [],
      functions: [],
      globals: [],
      exports: new Map(),
      exportedGlobals: new Map(),
      data: [],
      table: [],
      start: null,
    };
  }

  decode(): WasmModule {
    const { reader } = this;
    if (MAGIC.some((byte, index) => reader.bytes[index] !== byte)) refuse("not a wasm 1.0 binary");
    reader.position = MAGIC.length;
    while (reader.position < reader.bytes.length) {
      const id = reader.byte();
      const length = reader.u32();
      const end = reader.position + length;
      if (end > reader.bytes.length) refuse(`unexpected end of file in section ${id}`);
      this.section(id, end);
      reader.position = end;
    }
    this.nameFunctions();
    this.nameGlobals();
    return this.module;
  }

  private section(id: number, end: number): void {
    const { reader, module } = this;
    if (id === TYPE) module.types = reader.vector(() => this.functionType());
    else if (id === IMPORT) reader.vector(() => this.importEntry());
    else if (id === FUNCTION) reader.vector(() => this.addFunction(reader.u32()));
    else if (id === TABLE) reader.vector(() => this.tableType());
    else if (id === GLOBAL) reader.vector(() => this.globalEntry());
    else if (id === EXPORT) reader.vector(() => this.exportEntry());
    else if (id === START) module.start = reader.u32();
    else if (id === ELEMENT) reader.vector(() => this.elementSegment());
    else if (id === CODE) reader.vector(() => this.body());
    else if (id === DATA) reader.vector(() => this.dataSegment());
    else if (id === CUSTOM && reader.name() === "name") this.nameSection(end);
  }

  private functionType(): FunctionType {
    if (this.reader.byte() !== 0x60) refuse("type section holds something that is not a function type");
    const params = this.reader.vector(() => readValueType(this.reader));
    return { params, results: this.reader.vector(() => readValueType(this.reader)) };
  }

  private limits(): number {
    const flags = this.reader.byte();
    const minimum = this.reader.u32();
    if (flags & 1) this.reader.u32();
    return minimum;
  }

  private tableType(): void {
    readValueType(this.reader);
    this.growTable(this.limits());
  }

  private growTable(length: number): void {
    while (this.module.table.length < length) this.module.table.push(null);
  }

  private addFunction(typeIndex: number, imported?: { module: string; name: string }): void {
    const { types, functions } = this.module;
    const type = types[typeIndex] ?? refuse(`unknown type ${typeIndex}`);
    const index = functions.length;
    functions.push({
      index,
      type,
      name: "",
      bodyStart: 0,
      bodyEnd: 0,
      ...(imported ? { import: imported } : {}),
    });
    if (imported) this.definedFunctions = functions.length;
  }

  private importEntry(): void {
    const { reader } = this;
    const from = { module: reader.name(), name: reader.name() };
    const kind = reader.byte();
    if (kind === KIND_FUNCTION) this.addFunction(reader.u32(), from);
    else if (kind === KIND_TABLE) this.tableType();
    else if (kind === KIND_MEMORY) this.limits();
    else if (kind === KIND_GLOBAL) refuse(`imported global ${from.module}.${from.name} is not supported`);
    else refuse(`import ${from.module}.${from.name} has unknown kind ${kind}`);
  }

  private globalEntry(): void {
    const type = readValueType(this.reader);
    const mutable = this.reader.byte() === 1;
    this.module.globals.push({ type, mutable, initial: this.constantExpression() });
  }

  /** A constant initialiser. Floating-point constants are read as their bits. */
  private constantExpression(): bigint {
    const { reader } = this;
    const opcode = reader.byte();
    let value: bigint;
    if (opcode === 0x41) value = BigInt(reader.s32());
    else if (opcode === 0x42) value = reader.s64();
    else if (opcode === 0x23) value = this.module.globals[reader.u32()]?.initial ?? refuse("unknown global");
    else if (opcode === 0x43) value = littleEndian(reader.take(4));
    else if (opcode === 0x44) value = littleEndian(reader.take(8));
    else return refuse(`constant expression with opcode 0x${opcode.toString(16)}`);
    if (reader.byte() !== 0x0b) refuse("constant expression of more than one instruction");
    return value;
  }

  private exportEntry(): void {
    const name = this.reader.name();
    const kind = this.reader.byte();
    const index = this.reader.u32();
    if (kind === KIND_FUNCTION) this.module.exports.set(name, index);
    if (kind === KIND_GLOBAL) this.module.exportedGlobals.set(name, index);
  }

  private elementSegment(): void {
    const flags = this.reader.u32();
    if (flags !== 0)
      refuse(`element segment of kind ${flags}: only active segments of table 0 are supported`);
    const offset = Number(this.constantExpression());
    const indices = this.reader.vector(() => this.reader.u32());
    this.growTable(offset + indices.length);
    for (const [k, index] of indices.entries()) this.module.table[offset + k] = index;
  }

  private body(): void {
    const { reader, module } = this;
    const size = reader.u32();
    const target = module.functions[this.definedFunctions++] ?? refuse("more bodies than functions");
    target.bodyStart = reader.position;
    target.bodyEnd = reader.position + size;
    reader.position = target.bodyEnd;
  }

  private dataSegment(): void {
    const flags = this.reader.u32();
    if (flags !== 0) refuse("passive data segments are not supported (compile without memory.init)");
    const address = Number(BigInt.asUintN(32, this.constantExpression()));
    this.module.data.push({ address, bytes: this.reader.take(this.reader.u32()) });
  }

  private nameSection(end: number): void {
    const { reader } = this;
    while (reader.position < end) {
      const subsection = reader.byte();
      const length = reader.u32();
      const next = reader.position + length;
      if (subsection === NAMES_OF_FUNCTIONS) this.nameMap(this.names);
      else if (subsection === NAMES_OF_GLOBALS) this.nameMap(this.globalNames);
      reader.position = next;
    }
  }

  private nameMap(names: Map<number, string>): void {
    this.reader.vector(() => names.set(this.reader.u32(), this.reader.name()));
  }

  private nameGlobals(): void {
    for (const [index, name] of this.globalNames) {
      const global = this.module.globals[index];
      if (global) global.name = name;
    }
  }

  private nameFunctions(): void {
    const exported = new Map([...this.module.exports].reverse().map(([name, index]) => [index, name]));
    const used = new Set<string>(this.module.exports.keys());
    for (const item of this.module.functions) {
      const exportName = exported.get(item.index);
      let name = exportName ?? this.names.get(item.index) ?? `function[${item.index}]`;
      if (exportName === undefined) while (used.has(name)) name += "'";
      used.add(name);
      item.name = name;
    }
  }
}

/** Bytes as an unsigned number, the first the lowest. */
export function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/**
 * Decodes a wasm binary.
 * @throws CompileError for a malformed file or a feature outside the dialect
 */
export function decodeModule(bytes: Uint8Array): WasmModule {
  try {
    return new Decoder(new ByteReader(bytes)).decode();
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message);
    throw error;
  }
}

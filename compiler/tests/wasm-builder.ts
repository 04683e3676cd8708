/** Writes small wasm modules byte by byte: just enough for the random modules of the differential tests. */

export type IntegerType = "i32" | "i64";
export type FloatType = "f32" | "f64";
export type ValueType = IntegerType | FloatType;
export const TYPE_CODES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
/** Block type without a result. */
export const NO_RESULT = 0x40;

export interface Signature {
  params: ValueType[];
  result: ValueType | null;
}

/** A function under construction. */
export interface FunctionBody {
  signature: Signature;
  /** Types of the locals after the parameters. */
  locals: ValueType[];
  /** Instructions without the final `end`. */
  code: number[];
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? byte | 0x80 : byte);
  } while (rest);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && !(byte & 0x40)) || (rest === -1n && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

export const i32Const = (value: number | bigint) => [0x41, ...signed(BigInt.asIntN(32, BigInt(value)))];
export const i64Const = (value: bigint) => [0x42, ...signed(BigInt.asIntN(64, value))];

/** The bytes of a number; NaN is the canonical one. */
const bytesOf = (size: 4 | 8, value: number): number[] => {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return [...new Uint8Array(view.buffer)];
};
export const f32Const = (value: number) => [0x43, ...bytesOf(4, value)];
export const f64Const = (value: number) => [0x44, ...bytesOf(8, value)];

/** A constant of any type; of a floating-point type the number nearest to `value`. */
export function constantCode(type: ValueType, value: bigint): number[] {
  if (type === "i32") return i32Const(value);
  if (type === "i64") return i64Const(value);
  return type === "f32" ? f32Const(Number(value)) : f64Const(Number(value));
}

const vector = (items: number[][]) => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
const text = (value: string) => vector([...new TextEncoder().encode(value)].map((byte) => [byte]));

/** A module under construction; functions, globals and the table are numbered in the order they are added. */
export class WasmBuilder {
  private readonly types: number[][] = [];
  private readonly typeKeys = new Map<string, number>();
  private readonly imports: number[][] = [];
  private readonly functions: FunctionBody[] = [];
  private readonly exports: number[][] = [];
  private readonly globals: number[][] = [];
  private readonly data: number[][] = [];
  private table: number[] = [];
  private pages = 1;

  typeIndex({ params, result }: Signature): number {
    const key = `${params}:${result}`;
    const known = this.typeKeys.get(key);
    if (known !== undefined) return known;
    const results = result ? [TYPE_CODES[result]] : [];
    this.types.push([
      0x60,
      ...vector(params.map((p) => [TYPE_CODES[p]])),
      ...vector(results.map((r) => [r])),
    ]);
    this.typeKeys.set(key, this.types.length - 1);
    return this.types.length - 1;
  }

  /** Imports a function; all imports come before the first function. */
  addImport(module: string, name: string, signature: Signature): number {
    this.imports.push([...text(module), ...text(name), 0, ...unsigned(this.typeIndex(signature))]);
    return this.imports.length - 1;
  }

  addFunction(body: FunctionBody, exportName?: string): number {
    this.typeIndex(body.signature);
    this.functions.push(body);
    const index = this.nextFunction - 1;
    if (exportName !== undefined) this.exports.push([...text(exportName), 0, ...unsigned(index)]);
    return index;
  }

  /** Index of the function that is added next. */
  get nextFunction(): number {
    return this.imports.length + this.functions.length;
  }

  addGlobal(type: ValueType, mutable: boolean, initial: bigint): number {
    this.globals.push([TYPE_CODES[type], mutable ? 1 : 0, ...constantCode(type, initial), 0x0b]);
    return this.globals.length - 1;
  }

  /** Memory of exactly `pages` pages, so that it cannot grow. */
  setMemory(pages: number): void {
    this.pages = pages;
  }

  setTable(functions: number[]): void {
    this.table = functions;
  }

  addData(address: number, bytes: Uint8Array): void {
    this.data.push([0, ...i32Const(address), 0x0b, ...unsigned(bytes.length), ...bytes]);
  }

  build(): Uint8Array<ArrayBuffer> {
    const exports = [...this.exports, [...text("memory"), 2, 0]];
    const bodies = this.functions.map(({ locals, code }) => {
      const body = [...vector(locals.map((local) => [1, TYPE_CODES[local]])), ...code, 0x0b];
      return [...unsigned(body.length), ...body];
    });
    const element = [0, ...i32Const(0), 0x0b, ...vector(this.table.map(unsigned))];
    return new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(this.types)),
      ...section(2, vector(this.imports)),
      ...section(3, vector(this.functions.map((f) => unsigned(this.typeIndex(f.signature))))),
      ...section(4, vector([[0x70, 0, ...unsigned(this.table.length)]])),
      ...section(5, vector([[1, ...unsigned(this.pages), ...unsigned(this.pages)]])),
      ...section(6, vector(this.globals)),
      ...section(7, vector(exports)),
      ...section(9, vector(this.table.length > 0 ? [element] : [])),
      ...section(10, vector(bodies)),
      ...section(11, vector(this.data)),
    ]);
  }
}

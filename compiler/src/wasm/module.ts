/** The typed form of a decoded wasm module. Only what the compiler needs is kept. */

/** Value types by their names in the text format. Only numbers can be compiled. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "funcref" | "externref";

export interface FunctionType {
  params: ValueType[];
  results: ValueType[];
}

/** A function: imported (`import` set, no body) or defined. */
export interface WasmFunction {
  index: number;
  type: FunctionType;
  /** Export name if there is one, else the name section's, else `function[index]`. */
  name: string;
  import?: { module: string; name: string };
  /** Byte offsets of the body (local declarations and code) in the file. */
  bodyStart: number;
  bodyEnd: number;
}

export interface WasmGlobal {
  /** From the name section. */
  name?: string;
  type: ValueType;
  mutable: boolean;
  /** Of floating-point types the bits. */
  initial: bigint;
  import?: { module: string; name: string };
}

export interface WasmData {
  /** u32 address. */
  address: number;
  bytes: Uint8Array;
}

export interface WasmModule {
  bytes: Uint8Array;
  types: FunctionType[];
  functions: WasmFunction[];
  globals: WasmGlobal[];
  /** Export name → function index. */
  exports: Map<string, number>;
  /** Export name → global index. */
  exportedGlobals: Map<string, number>;
  data: WasmData[];
  /** Function-table index → function index; unset entries are null. */
  table: (number | null)[];
  start: number | null;
}

/** `i32,i64->i32`: how signatures are written in the IR and compared. */
export function signatureText(type: FunctionType): string {
  return `${type.params.join(",")}->${type.results.join(",")}`;
}

/**
 * The contract between the back end (wasm → instructions) and the linker (instructions → ELF).
 */
import type { Fragment, SourcePosition } from "../assembler/instruction";

/** What the target machine offers besides RV64IMA, Zicsr and Zifencei. */
export interface Isa {
  /** Zba, Zbb and Zbs. */
  bitmanip: boolean;
  /** The C extension. */
  compressed: boolean;
  /** F and D. Default false: code with floating-point numbers is refused. */
  floatingPoint?: boolean;
}

/** What the back end needs to know. */
export interface BackendOptions {
  isa: Isa;
  /** What `memory.size` answers, in 64 KiB pages. `memory.grow` always fails. */
  memoryPages: number;
  /** False skips optimisation passes. */
  optimize: boolean;
  /** Source position of a byte offset in the wasm file, from its source map. */
  locate(wasmOffset: number): SourcePosition | undefined;
}

/** Bytes that must be at an address when the program starts. Addresses are wasm (u32) addresses. */
export interface DataSegment {
  address: number;
  bytes: Uint8Array;
}

/** A variable of the program: a mutable wasm global. */
export interface GlobalVariable {
  /** Its name in the wasm name section, if it has one: the symbol by which debuggers find it. */
  name?: string;
  initial: bigint;
}

/** A function import that became a `call` of `symbol`. */
export interface ImportedFunction {
  /** `module.name`, or plain `name` for module "asm". */
  symbol: string;
  module: string;
  name: string;
}

/** A compiled wasm module, not yet placed. */
export interface ModuleObject {
  /**
   * Code, and read-only data such as the function table. Fragment names are symbols: the export name of an exported
   * function, else its name in the wasm name section. Always contains code `__wasm_start` (it only returns if the
   * module has no start function).
   */
  fragments: Fragment[];
  /**
   * The mutable globals, one 8-byte slot each. Slot i is at `__globals + 8 * i`, and
   * `__globals = gp - 2048`; slots from 512 on are out of gp's reach and use hi20/lo12 of `__globals`.
   */
  globals: GlobalVariable[];
  /** Active data segments of the memory. */
  data: DataSegment[];
  imports: ImportedFunction[];
  /** Whether compiled code uses floating-point registers. */
  usesFloats: boolean;
  /** Exported functions: export name → symbol. */
  exports: ReadonlyMap<string, string>;
  /** Exported immutable globals with constant values: each becomes a symbol. Those of 32 bits are sign-extended. */
  exportedConstants: ReadonlyMap<string, bigint>;
  /** A function's intermediate representation after a stage, as text. */
  dumpIR(functionName: string, stage: string): string;
}

/** The back end's entry point, `compileModule` in `backend/`. */
export type Backend = (wasm: Uint8Array, options: BackendOptions) => ModuleObject;

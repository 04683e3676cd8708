/**
 * The optimising compiler's front door: one wasm module in, RV64 fragments out.
 *
 * Pipeline (docs/compiler.md): decode → SSA → passes → instruction selection → register allocation → layout → fragment.
 * Encoding, relaxation and ELF belong to the assembler and linker; nothing here knows an address except those of
 * the data the wasm module itself placed.
 */
import type { Fragment, SourcePosition } from "./assembler/instruction";

/** How a module is compiled. */
export interface CompileModuleOptions {
  /** Whether Zba, Zbb and Zbs instructions may be used. */
  bitmanip: boolean;
  /** What `memory.size` answers, in 64 KiB pages. */
  memoryPages: number;
  /** u32 address of the area of mutable wasm globals (8-byte aligned). */
  globalsBase: number;
  /** u32 address that `gp` holds; normally `globalsBase + 2048`, so that the first 4 KiB need no base register. */
  globalPointer: number;
  /** Where unresolved imports go: `"env.abort"` → name of an exported wasm function. */
  imports?: Record<string, string>;
  /** False leaves out every optional pass (for bisecting). Default true. */
  optimize?: boolean;
  /** Source position of a byte of the wasm file, from a source map. */
  locate?(byteOffset: number): SourcePosition | undefined;
}

/** A piece of initialised memory. */
export interface DataSegment {
  /** u32 address. */
  address: number;
  bytes: Uint8Array;
}

/** A compiled module: everything the linker needs, with symbols instead of addresses. */
export interface CompiledModule {
  /**
   * Functions (section `code`), run-time helpers that were needed, and tables of code addresses (section `rodata`).
   * A fragment's name is the wasm export's name if there is one, else the name section's (`file/function`).
   */
  fragments: Fragment[];
  /** Initial bytes of the globals area; its length is the area's size. */
  globals: Uint8Array;
  /** Active data segments. */
  data: DataSegment[];
  /** One past the last u32 address the module's data segments use. */
  dataEnd: number;
  /** Export name → symbol, functions only. */
  exports: Map<string, string>;
  /** Symbol of the start function, to be called once before any export, or null. */
  start: string | null;
  /** Function-table index → symbol (null where the table is empty). */
  table: (string | null)[];
  /** Textual IR of a function after a pass (or `"machine"`, `"allocated"`); compiles the function again. */
  dumpIR(functionName: string, stage: string): string;
}

/**
 * Compiles a wasm module.
 * @throws CompileError when the module uses something outside the dialect (floats, SIMD, passive segments, …).
 */
export declare function compileModule(wasm: Uint8Array, options: CompileModuleOptions): CompiledModule;

/** The compiler's API: AssemblyScript or wasm in, a RISC-V executable out. */
import type { Fragment, SourcePosition } from "../assembler/instruction";
import { compileModule } from "../compile-module";
import type { ElfSymbol } from "../elf/format";
import { GLOBALS_SIZE, type Image, link, staticDataBase } from "../link/link";
import type { Isa, ModuleObject } from "../link/module-object";
import { decodeModule } from "../wasm/decoder";
import type { WasmFunction } from "../wasm/module";
import { compileAssemblyScript } from "./assemblyscript";
import { functionConstant } from "./function-constant";
import type { SourceMap } from "./source-map";
import { HEAP_BASE_FUNCTION, type SourceOptions, SourceTree } from "./source-tree";

/** How a program is compiled and where it is put. */
export interface TargetOptions {
  /** Virtual address of the text: page aligned, in the sign-extended 32-bit range. */
  textBase: bigint;
  /** u32 address of the data: wasm globals, static data, zero data; `__heap_base` follows. Page aligned. */
  dataBase: number;
  /** What `memory.size` answers, in 64 KiB pages. `memory.grow` fails with −1. */
  memoryPages: number;
  isa: Isa;
  /** `module.name` of an import → name of the exported function that serves it. */
  imports?: Record<string, string>;
  /** Hand-written fragments from the Assembler, linked in. */
  assembly?: Fragment[];
  /** ELF entry symbol: an assembly fragment or an exported function. */
  entry: string;
  /** False leaves out optimisation, for bisecting. Default true. */
  optimize?: boolean;
  /** Told the name of each step as it begins. */
  onProgress?(step: string): void;
}

/** Options of {@link compile}. */
export interface CompileOptions extends TargetOptions, SourceOptions {
  /** AssemblyScript's runtime: `stub` never frees (and drops assertions), the others collect garbage. */
  runtime: "stub" | "incremental" | "minimal";
}

/** A compiled program. */
export interface CompiledProgram {
  elf: Uint8Array;
  symbols: ElfSymbol[];
  /** The WebAssembly it was made from. */
  wasm: Uint8Array;
  /** Bytes. */
  sizes: Image["sizes"];
  /** A function's intermediate representation after a stage (docs/compiler.md lists the stages). */
  dumpIR(functionName: string, stage: string): string;
}

type Locate = (wasmOffset: number) => SourcePosition | undefined;

function backEnd(wasm: Uint8Array, options: TargetOptions, locate: Locate): ModuleObject {
  options.onProgress?.("compile to RISC-V");
  const { isa, memoryPages, optimize = true } = options;
  return compileModule(wasm, { isa, memoryPages, optimize, locate });
}

function linkProgram(
  wasm: Uint8Array,
  module: ModuleObject,
  options: TargetOptions,
  heapBase?: number,
): CompiledProgram {
  options.onProgress?.("link");
  const { textBase, dataBase, isa, entry, imports = {}, assembly = [] } = options;
  const { elf, symbols, sizes } = link(module, {
    textBase,
    dataBase,
    heapBase,
    compressed: isa.compressed,
    entry,
    imports,
    assembly,
  });
  return { elf, symbols, wasm, sizes, dumpIR: (name, stage) => module.dumpIR(name, stage) };
}

/** Finds source positions of code, without leaving the function the code is in. */
function locator(wasm: Uint8Array, sourceMap: SourceMap): Locate {
  let functions: WasmFunction[] | undefined;
  return (offset) => {
    functions ??= decodeModule(wasm).functions.filter((f) => !f.import);
    const owner = functions.find((f) => offset >= f.bodyStart && offset < f.bodyEnd);
    return sourceMap.locate(offset, owner?.bodyStart, owner?.bodyEnd);
  };
}

/** Whether a fragment mentions a symbol. */
function mentions({ items }: Fragment, symbol: string): boolean {
  return items.some((item) => {
    if (item.kind === "instruction") return item.symbol?.name === symbol;
    return (
      item.kind === "data" &&
      typeof item.value === "object" &&
      "symbol" in item.value &&
      item.value.symbol === symbol
    );
  });
}

/**
 * The module without the function that only tells the driver where the heap begins, unless the optimiser found one of
 * the program's functions to be the same.
 */
function withoutProbe(module: ModuleObject): ModuleObject {
  const probe = module.exports.get(HEAP_BASE_FUNCTION);
  const exports = new Map([...module.exports].filter(([name]) => name !== HEAP_BASE_FUNCTION));
  const isShared = [...exports.values()].some((symbol) => symbol === probe);
  if (probe === undefined || isShared || module.fragments.some((f) => mentions(f, probe)))
    return { ...module, exports };
  return { ...module, exports, fragments: module.fragments.filter(({ name }) => name !== probe) };
}

/**
 * Compiles AssemblyScript sources to a RISC-V executable. The result depends on nothing but the options and the
 * files' contents and relative places.
 * @throws CompileError naming file, line and column of what is wrong
 */
export async function compile(options: CompileOptions): Promise<CompiledProgram> {
  const { dataBase, assembly = [], runtime, optimize = true } = options;
  const tree = new SourceTree(options);
  let slots = 0;
  for (;;) {
    options.onProgress?.("compile AssemblyScript");
    const memoryBase = staticDataBase(dataBase, assembly, slots);
    const { wasm, sourceMap } = await compileAssemblyScript(tree, { runtime, optimize, memoryBase });
    const module = backEnd(wasm, options, locator(wasm, sourceMap));
    // Almost never: more globals than fit the usual area. Compile again with static data further up.
    if (8 * module.globals.length > Math.max(GLOBALS_SIZE, 8 * slots)) {
      slots = module.globals.length;
      continue;
    }
    const heapBase = functionConstant(decodeModule(wasm), HEAP_BASE_FUNCTION);
    return linkProgram(wasm, withoutProbe(module), options, heapBase);
  }
}

/**
 * Compiles a wasm module to a RISC-V executable. Its data segments must leave room for the globals at `dataBase`.
 * @throws CompileError when the module uses something that cannot be compiled
 */
export function compileWasm(wasm: Uint8Array, options: TargetOptions): CompiledProgram {
  return linkProgram(
    wasm,
    backEnd(wasm, options, () => undefined),
    options,
  );
}

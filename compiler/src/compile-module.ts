/**
 * The optimising compiler's front door: one wasm module in, RV64 fragments out.
 *
 * Pipeline (docs/compiler.md): decode → SSA → passes → instruction selection → register allocation → layout → fragment.
 * Encoding, relaxation, addresses and ELF belong to the assembler and linker.
 */
import type { BackendOptions, ModuleObject } from "./link/module-object";

/**
 * Compiles a wasm module.
 * @throws CompileError when the module uses something outside the dialect (floats, SIMD, passive segments, …).
 */
export declare function compileModule(wasm: Uint8Array, options: BackendOptions): ModuleObject;

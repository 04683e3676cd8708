/**
 * `@rel4/compiler`: AssemblyScript → WebAssembly → RV64 machine code in an ELF file, and an assembler in TypeScript.
 * Runs in Node and in a browser.
 */
export * from "./assembler";
export { CompileError, type Diagnostic, formatDiagnostic } from "./diagnostics";
export {
  type CompiledProgram,
  type CompileOptions,
  compile,
  compileWasm,
  type TargetOptions,
} from "./driver/compile";
export type { ElfSymbol, Segment } from "./elf/format";
export { ElfError, type ElfFile, readElf } from "./elf/read";
export { type Executable, type Section, writeElf } from "./elf/write";
export type { Isa } from "./link/module-object";

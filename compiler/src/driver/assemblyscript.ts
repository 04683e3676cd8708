/** Runs the AssemblyScript compiler in memory: sources in, wasm and its source map out. */
import { CompileError, type Diagnostic } from "../diagnostics";
import { SourceMap } from "./source-map";
import type { SourceTree } from "./source-tree";

export interface AssemblyScriptOptions {
  runtime: "stub" | "incremental" | "minimal";
  optimize: boolean;
  /** u32 address of the first byte of static data. */
  memoryBase: number;
}

/** A compiled program before the back end. */
export interface WasmProgram {
  wasm: Uint8Array;
  sourceMap: SourceMap;
}

/** The part of asc's diagnostic messages that is used here. */
interface AscDiagnostic {
  category: number;
  code: number;
  message: string;
  range: { start: number; source: { normalizedPath: string } | null } | null;
}

/** DiagnosticCategory.Error of asc. */
const CATEGORY_ERROR = 3;
const OUTPUT = "program.wasm";

function commandLine(entries: string[], options: AssemblyScriptOptions): string[] {
  const flags = ["--outFile", OUTPUT, "--sourceMap", "--debug", "--runtime", options.runtime];
  flags.push("--memoryBase", String(options.memoryBase));
  // Functions that only a context switch reaches must survive, so the table counts as used from outside.
  flags.push("--exportTable");
  flags.push("--enable", "threads");
  if (options.optimize) flags.push("-O3");
  // The collector's stack of roots; coroutines keep half of it for what they hold while suspended.
  if (options.runtime === "incremental") flags.push("--stackSize", "65536");
  // The stub runtime is the kernel's: its own checks are explicit.
  if (options.runtime === "stub") flags.push("--noAssert");
  return [...entries, ...flags];
}

function toDiagnostic({ code, message, range }: AscDiagnostic, tree: SourceTree): Diagnostic {
  const text = `${message} (${code >= 1000 ? "TS" : "AS"}${code})`;
  const name = range?.source?.normalizedPath;
  if (!range || name === undefined) return { file: "program", line: 0, column: 0, message: text };
  return { file: tree.pathOf(name), ...tree.positionOf(name, range.start), message: text };
}

/** asc reports a missing entry or import as a message that names its own path; name the caller's. */
function withCallerPaths(diagnostic: Diagnostic, tree: SourceTree): Diagnostic {
  const message = diagnostic.message.replace(/File '([^']+)' not found/, (_, name: string) => {
    const path = tree.pathOf(name);
    return path.startsWith("~lib/")
      ? `package '${path.slice(5).replace(/\.ts$/, "")}' not found`
      : `file '${path}' not found`;
  });
  return { ...diagnostic, message };
}

/** Of complaints about one place, "Not implemented" is the cause and the others follow from it. */
function withoutConsequences(diagnostics: Diagnostic[]): Diagnostic[] {
  const placeOf = ({ file, line, column }: Diagnostic) => `${file}:${line}:${column}`;
  const isCause = ({ message }: Diagnostic) => message.startsWith("Not implemented");
  const causes = new Set(diagnostics.filter(isCause).map(placeOf));
  return diagnostics.filter((diagnostic) => isCause(diagnostic) || !causes.has(placeOf(diagnostic)));
}

/**
 * Compiles AssemblyScript to wasm.
 * @throws CompileError with asc's complaints
 */
export async function compileAssemblyScript(
  tree: SourceTree,
  options: AssemblyScriptOptions,
): Promise<WasmProgram> {
  let wasm: Uint8Array | undefined;
  let sourceMap: string | undefined;
  const diagnostics: Diagnostic[] = [];
  const output: string[] = [];
  const sink = { write: (chunk: string | Uint8Array) => output.push(chunk.toString()) > 0 };
  // asc and binaryen take seconds to load; who runs compiled programs from a cache never pays for them
  const { default: asc } = await import("assemblyscript/asc");
  const { error } = await asc.main(commandLine(tree.entryNames(), options), {
    stdout: sink,
    stderr: sink,
    readFile: (name) => tree.read(name),
    writeFile: (name, contents) => {
      if (typeof contents === "string") sourceMap = contents;
      else if (name === OUTPUT) wasm = contents;
    },
    listFiles: () => [],
    reportDiagnostic: (message) => {
      const diagnostic = message as unknown as AscDiagnostic;
      if (diagnostic.category === CATEGORY_ERROR)
        diagnostics.push(withCallerPaths(toDiagnostic(diagnostic, tree), tree));
    },
  });
  if (diagnostics.length > 0) throw new CompileError(withoutConsequences(diagnostics));
  if (error || !wasm || sourceMap === undefined) {
    const message = `the AssemblyScript compiler failed: ${error?.message ?? "no output"}\n${output.join("")}`;
    throw new CompileError([{ file: tree.pathOf(tree.entryNames()[0]!), line: 0, column: 0, message }]);
  }
  return { wasm, sourceMap: new SourceMap(sourceMap, (name) => tree.pathOf(name)) };
}

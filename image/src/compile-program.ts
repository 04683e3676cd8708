/** Compiling programs and the root server to the flat pages the root server can map. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  PROGRAM_DATA_BASE,
  PROGRAM_PAGE_SIZE,
  PROGRAM_TEXT_BASE,
  ROOT_DATA_BASE,
  ROOT_STACK_SIZE,
  ROOT_STACK_TOP,
  ROOT_TEXT_BASE,
} from "@rel4/abi";
import { CompileError, type CompileOptions, compile, readElf } from "@rel4/compiler";
import {
  arrivalsEntry,
  programStart,
  randomSeed,
  rootStart,
  userInterruptEntry,
} from "../../runtime/assembly/index";
import { cached, contentHash, toolchainHash } from "./cache";
import {
  configurationOverrides,
  DEFAULT_CONFIGURATION,
  type KernelConfiguration,
} from "./kernel-configuration";
import { formatMemorySize } from "./memory-size";
import { repositoryPath } from "./repository";
import { SystemError } from "./system-error";

/** A function of a program, for reports. */
export interface FunctionSymbol {
  name: string;
  /** User virtual address. */
  address: number;
  /** Bytes. */
  size: number;
}

/** A compiled program as flat memory. */
export interface ProgramImage {
  /** User virtual address of the first instruction. */
  entry: number;
  /** Whole pages from PROGRAM_TEXT_BASE (ROOT_TEXT_BASE) on. */
  text: Uint8Array;
  /** Whole pages from PROGRAM_DATA_BASE (ROOT_DATA_BASE) on; zero memory follows. */
  data: Uint8Array;
  /** First address after static data: where the heap begins. */
  heapBase: number;
  /** Functions by ascending address. */
  functions: FunctionSymbol[];
  /** The ELF file, for debuggers. */
  elf: Uint8Array;
}

/** How a program is compiled. */
export interface ProgramOptions {
  onProgress?: (step: string) => void;
  /** Of the kernel it runs on. */
  configuration?: KernelConfiguration;
  /** Whether synchronous calls of its coroutines are made asynchronously. */
  asynchronous?: boolean;
}

/** The root server runs without floating-point registers, as the kernel does; programs have them if the kernel gives them. */
const ROOT_ISA = { bitmanip: true, compressed: true };
const HEAP_PAGE = 0x1_0000;

/** Which exported function answers each import AssemblyScript makes by itself. */
const PROGRAM_IMPORTS = {
  "env.abort": "abortProgram",
  "env.seed": "randomSeed",
  "env.console.log": "consoleLog",
  "env.console.debug": "consoleDebug",
  "env.console.info": "consoleInfo",
  "env.console.warn": "consoleWarn",
  "env.console.error": "consoleError",
  "env.console.assert": "consoleAssert",
};

/**
 * Compiles the program in `source` with room for `memory` bytes of data and heap.
 * @param where its place in the description, for errors
 * @throws CompileError with positions in the source; SystemError when there is no such file or too little memory
 */
export async function compileProgram(
  source: string,
  memory: number,
  where: string,
  { onProgress, configuration = DEFAULT_CONFIGURATION, asynchronous = false }: ProgramOptions = {},
): Promise<ProgramImage> {
  checkSource(source, where);
  const suffix = asynchronous ? "rel4-asynchronous-entry" : "rel4-entry";
  const entryFile = join(dirname(source), `${basename(source, ".ts")}.${suffix}.ts`);
  const image = await inTermsOf(source, entryFile, () =>
    compileCached({
      entries: [entryFile, repositoryPath("runtime/src/imports.ts")],
      generated: { path: entryFile, from: source, text: (from, text) => entryText(from, text, asynchronous) },
      packages: { rel4: repositoryPath("runtime/src/index.ts") },
      runtime: "incremental",
      imports: PROGRAM_IMPORTS,
      assembly: () => [programStart(), userInterruptEntry(), arrivalsEntry(), randomSeed()],
      isa: { ...ROOT_ISA, floatingPoint: configuration.fpu },
      textBase: PROGRAM_TEXT_BASE,
      dataBase: PROGRAM_DATA_BASE,
      memoryPages: (PROGRAM_DATA_BASE + memory) / HEAP_PAGE,
      configuration,
      onProgress,
    }),
  );
  if (image.heapBase >= PROGRAM_DATA_BASE + memory)
    throw new SystemError(
      `${formatMemorySize(memory)} of memory is too little: its static data alone needs ${formatMemorySize(image.heapBase - PROGRAM_DATA_BASE)}`,
      "raise its memory in the description",
      where,
    );
  return image;
}

/** Whether the runtime's coroutines are part of a program: only what it can reach is. */
export function usesCoroutines({ functions }: ProgramImage): boolean {
  return functions.some(({ name }) => /\basync\/coroutine-table\//.test(name));
}

/** Compiles the root server. */
export function compileRoot(
  onProgress?: (step: string) => void,
  configuration = DEFAULT_CONFIGURATION,
): Promise<ProgramImage> {
  return compileCached({
    entries: [repositoryPath("servers/root/main.ts")],
    packages: { rel4: repositoryPath("runtime/src/index.ts") },
    runtime: "stub",
    imports: { "env.abort": "abortRoot" },
    assembly: () => [rootStart()],
    isa: ROOT_ISA,
    textBase: ROOT_TEXT_BASE,
    dataBase: ROOT_DATA_BASE,
    memoryPages: (ROOT_STACK_TOP - ROOT_STACK_SIZE) / HEAP_PAGE,
    configuration,
    onProgress,
  });
}

function checkSource(source: string, where: string): void {
  if (!existsSync(source))
    throw new SystemError(`there is no file ${source}`, "check the path of its source", where);
  if (statSync(source).isDirectory())
    throw new SystemError(`${source} is a directory`, "name the program's .ts file", where);
}

/** Complaints about the generated entry file are about how the program declares `main`. */
async function inTermsOf<T>(source: string, entryFile: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const diagnostics = error.diagnostics.map((diagnostic) =>
      diagnostic.file !== entryFile
        ? diagnostic
        : {
            file: source,
            line: 0,
            column: 0,
            message: `"main" must be declared as main(): i32 or main(): void (${diagnostic.message})`,
          },
    );
    throw new CompileError(diagnostics);
  }
}

/**
 * The file that joins a program to the runtime: runs its `main`, if it has one, and ends it with the result.
 * @param asynchronous whether the hooks are installed first
 */
function entryText(source: string, text: string, asynchronous: boolean): string {
  const module = JSON.stringify(`./${basename(source, ".ts")}`);
  const hasMain = /\bexport\s+function\s+main\b|\bexport\s*\{[^}]*\bmain\b[^}]*\}/.test(text);
  const isVoid = /\bfunction\s+main\s*\([^)]*\)\s*:\s*void\b/.test(text);
  const run = !hasMain
    ? "Process.exit(0)"
    : isVoid
      ? "main();\n  Process.exit(0)"
      : "Process.exit(<i32>main())";
  return [
    `import ${hasMain ? "{ main } from " : ""}${module};`,
    'import { Process } from "rel4";',
    asynchronous ? 'import { installHooks } from "rel4/async/hooks";' : "",
    `export function runMain(): void {\n  ${asynchronous ? "installHooks();\n  " : ""}${run};\n}\n`,
  ].join("\n");
}

interface CompileRequest {
  entries: string[];
  /** An entry file that exists only in memory, made from the text of another. */
  generated?: { path: string; from: string; text(source: string, text: string): string };
  packages: Record<string, string>;
  runtime: CompileOptions["runtime"];
  imports: Record<string, string>;
  assembly(): CompileOptions["assembly"];
  isa: CompileOptions["isa"];
  textBase: number;
  dataBase: number;
  memoryPages: number;
  configuration: KernelConfiguration;
  onProgress?: (step: string) => void;
}

/** What is kept of a compilation. */
interface CompiledElf {
  /** The ELF file in base 64. */
  elf: string;
}

async function compileCached(request: CompileRequest): Promise<ProgramImage> {
  const { entries, packages, runtime, imports, textBase, dataBase, memoryPages, isa } = request;
  const overrides = configurationOverrides(request.configuration);
  const options = {
    entries,
    packages,
    runtime,
    imports,
    textBase,
    dataBase,
    memoryPages,
    overrides,
    isa,
  };
  const key = contentHash(JSON.stringify(options), toolchainHash(), entryText.toString());
  const { elf } = await cached<CompiledElf>("programs", key, async (readFile) => {
    const compiled = await compile({
      ...options,
      readFile: (path) => {
        if (path !== request.generated?.path) return readFile(path);
        const { from, text } = request.generated;
        return text(from, readFile(from) ?? "");
      },
      textBase: BigInt(textBase),
      assembly: request.assembly(),
      entry: "_start",
      onProgress: request.onProgress,
    });
    return { elf: Buffer.from(compiled.elf).toString("base64") };
  });
  return flatten(new Uint8Array(Buffer.from(elf, "base64")), textBase, dataBase);
}

/** Cuts an executable into the pages of its text and of its data. */
function flatten(elf: Uint8Array, textBase: number, dataBase: number): ProgramImage {
  const { entry, segments, symbols } = readElf(elf);
  const pages = (base: number, executable: boolean) => {
    const parts = segments.filter((segment) => segment.executable === executable);
    const end = Math.max(base, ...parts.map(({ address, bytes }) => Number(address) + bytes.length));
    const memory = new Uint8Array(Math.ceil((end - base) / PROGRAM_PAGE_SIZE) * PROGRAM_PAGE_SIZE);
    for (const { address, bytes } of parts) memory.set(bytes, Number(address) - base);
    return memory;
  };
  const heapBase = symbols.find(({ name }) => name === "__heap_base");
  const functions = symbols
    .filter(({ kind }) => kind === "function")
    .map(({ name, address, size }) => ({ name, address: Number(address), size }))
    .sort((a, b) => a.address - b.address);
  return {
    entry: Number(entry),
    text: pages(textBase, true),
    data: pages(dataBase, false),
    heapBase: heapBase ? Number(heapBase.address) : dataBase,
    functions,
    elf,
  };
}

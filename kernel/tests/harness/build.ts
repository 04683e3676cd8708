/**
 * The kernel as the unit tests run it: the same sources and compiler flags as in the image, up to the wasm module, with
 * its memory imported, and `guest/layout.ts` linked in. Compiled once per content.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import {
  configurationOverrides,
  DEFAULT_CONFIGURATION,
  type KernelConfiguration,
} from "../../../image/src/kernel-configuration";
import { KERNEL_PHYSICAL_BASE, KERNEL_TEXT_SIZE } from "../../src/riscv/layout";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const cache = join(root, "node_modules", ".cache", "rel4", "kernel-tests");

const ENTRIES = ["kernel/src/main.ts", "kernel/tests/guest/layout.ts"];
const SOURCE_FOLDERS = ["kernel/src", "kernel/tests/guest", "abi/src", "compiler/lib"];
const INTRINSICS = "compiler/lib/rv.ts";

/** Where the kernel's data starts in the tests: room in front for what the linker puts there in the image. */
export const DATA_BASE = KERNEL_PHYSICAL_BASE + KERNEL_TEXT_SIZE;
const STATIC_DATA = DATA_BASE + 0x1000;

const FLAGS = [
  ...["--outFile", "kernel.wasm", "--debug", "-O3", "--runtime", "stub", "--noAssert", "--exportTable"],
  ...["--enable", "threads", "--importMemory", "--memoryBase", String(STATIC_DATA)],
];

const CONFIGURATION_SOURCE = "abi/src/config.ts";

/**
 * Compiles the kernel, or reads it from the cache.
 * @throws Error with the AssemblyScript compiler's messages when it does not compile
 */
export async function buildKernel(
  configuration: KernelConfiguration = DEFAULT_CONFIGURATION,
): Promise<WebAssembly.Module> {
  const sources = await readSources(configuration);
  const digest = createHash("sha256").update(JSON.stringify([asc.version, FLAGS, ENTRIES]));
  for (const [name, text] of sources) digest.update(`${name}\0${text}\0`);
  const file = join(cache, `${digest.digest("hex")}.wasm`);
  let wasm = await readFile(file).catch(() => undefined);
  if (!wasm) {
    wasm = Buffer.from((await compile(sources, FLAGS)).wasm);
    await mkdir(cache, { recursive: true });
    // Several test processes may build at once: each writes its own file and renames it, which is atomic.
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, wasm);
    await rename(temporary, file);
  }
  return new WebAssembly.Module(new Uint8Array(wasm));
}

async function readSources(configuration: KernelConfiguration): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const folder of SOURCE_FOLDERS) {
    const names = await readdir(join(root, folder), { recursive: true });
    for (const name of names.filter((each) => each.endsWith(".ts") && !each.endsWith(".test.ts")).sort()) {
      sources.set(`${folder}/${name}`, await readFile(join(root, folder, name), "utf8"));
    }
  }
  for (const text of Object.values(configurationOverrides(configuration)))
    sources.set(CONFIGURATION_SOURCE, text);
  return sources;
}

/** `import … from "rv"` with the path of the intrinsics' declarations. */
function withIntrinsics(name: string, text: string): string {
  return text.replace(/from "rv"/g, `from "${relative(dirname(name), INTRINSICS).replace(/\.ts$/, "")}"`);
}

/** What the AssemblyScript compiler writes. */
interface Output {
  wasm: Uint8Array;
  /** Source map, with `--sourceMap`. */
  map: string;
}

async function compile(sources: Map<string, string>, flags: string[]): Promise<Output> {
  const output: Partial<Output> = { map: "" };
  const messages: string[] = [];
  const sink = { write: (chunk: string | Uint8Array) => messages.push(chunk.toString()) > 0 };
  const { error } = await asc.main([...ENTRIES, ...flags], {
    stdout: sink,
    stderr: sink,
    readFile: (name) => {
      const text = sources.get(name);
      return text === undefined ? null : withIntrinsics(name, text);
    },
    writeFile: (_name, contents) => {
      if (typeof contents === "string") output.map = contents;
      else output.wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !output.wasm)
    throw new Error(`the kernel does not compile for its unit tests:\n${messages.join("")}`);
  return output as Output;
}

/** The kernel's source lines ("file:line") from which code is made. */
export async function linesWithCode(configuration: KernelConfiguration): Promise<Set<string>> {
  const { wasm, map } = await compile(await readSources(configuration), [...FLAGS, "--sourceMap"]);
  const positions = new SourceMap(JSON.parse(map));
  const lines = new Set<string>();
  // A wasm file is one line, and the columns are its bytes.
  for (let offset = 0; offset < wasm.length; offset++) {
    const entry = positions.findEntry(0, offset);
    if ("originalSource" in entry && entry.originalSource?.startsWith("kernel/src/"))
      lines.add(`${entry.originalSource}:${entry.originalLine}`);
  }
  return lines;
}

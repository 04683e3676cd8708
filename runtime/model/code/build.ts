/**
 * The runtime's ring code as the tests run it in Node: the same sources, compiled to wasm with every memory access announced
 * (Binaryen's pass instrument-memory), so that a peer can act between any two of them and no access goes unchecked.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

const cache = join(root, "node_modules", ".cache", "rel4", "runtime-model");

const ENTRY = "runtime/model/guest/party.ts";
const SOURCE_FOLDERS = ["runtime/src", "runtime/model/guest", "abi/src", "compiler/lib"];
const INTRINSICS = "compiler/lib/rv.ts";
const LAYOUT = "abi/src/program-layout.ts";

/** Where the program's own memory begins: static data, the collector's stack, heap. */
export const OWN_MEMORY = 0x10_0000;
export const MEMORY_BYTES = 0x40_0000;
/** Pages that stand high in a program's address space stand low here, so that the memory can be small. */
const HIGH_PAGES = "0x7ff";
const LOW_PAGES = "0x000";

const FLAGS = [
  ...["--outFile", "party.wasm", "--debug", "-O3", "--runtime", "incremental", "--exportTable"],
  ...["--enable", "threads", "--disable", "bulk-memory", "--stackSize", "65536"],
  ...["--importMemory", "--memoryBase", String(OWN_MEMORY), "--runPasses", "instrument-memory"],
  ...["--initialMemory", String(MEMORY_BYTES / 0x1_0000)],
];

/** A change of the sources: the first text, which must be there, becomes the second. */
export type Change = { file: string; from: string; to: string };

/**
 * Compiles the program, with changes to the runtime if there are any, or reads it from the cache.
 * @throws Error when a text to change is not there, or with the AssemblyScript compiler's messages when it does not compile
 */
export async function buildParty(...changes: readonly Change[]): Promise<WebAssembly.Module> {
  const sources = await readSources();
  for (const { file, from, to } of changes) {
    const text = sources.get(file);
    if (!text?.includes(from)) throw new Error(`${file} has no "${from}" to change`);
    sources.set(file, text.replaceAll(from, to));
  }
  const digest = createHash("sha256").update(JSON.stringify([asc.version, FLAGS, ENTRY]));
  for (const [name, text] of sources) digest.update(`${name}\0${text}\0`);
  const file = join(cache, `${digest.digest("hex")}.wasm`);
  let wasm = await readFile(file).catch(() => undefined);
  if (!wasm) {
    wasm = Buffer.from(await compile(sources));
    await mkdir(cache, { recursive: true });
    // Several test processes may build at once: each writes its own file and renames it, which is atomic.
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, wasm);
    await rename(temporary, file);
  }
  return new WebAssembly.Module(new Uint8Array(wasm));
}

async function readSources(): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const folder of SOURCE_FOLDERS) {
    const names = await readdir(join(root, folder), { recursive: true });
    for (const name of names.filter((each) => each.endsWith(".ts")).sort()) {
      const text = await readFile(join(root, folder, name), "utf8");
      sources.set(`${folder}/${name}`, adapted(`${folder}/${name}`, text));
    }
  }
  return sources;
}

async function compile(sources: ReadonlyMap<string, string>): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const messages: string[] = [];
  const sink = { write: (chunk: string | Uint8Array) => messages.push(chunk.toString()) > 0 };
  const { error } = await asc.main([ENTRY, ...FLAGS], {
    stdout: sink,
    stderr: sink,
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`the ring code does not compile for its tests:\n${messages.join("")}`);
  return wasm;
}

function adapted(name: string, text: string): string {
  if (name === LAYOUT) return text.replaceAll(HIGH_PAGES, LOW_PAGES);
  const intrinsics = relative(dirname(name), INTRINSICS).replace(/\.ts$/, "");
  return text.replace(/from "rv"/g, `from "${intrinsics}"`);
}

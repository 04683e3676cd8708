// Compiles the machine's core (machine/core, AssemblyScript) to wasm, once per content of its sources.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { STATIC_BASE } from "../machine/core/state";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sourceFolder = join(root, "machine", "core");
const output = join(root, "machine", "dist", "core.wasm");

const OPTIONS = [
  "index.ts",
  "-O3",
  "--runtime",
  "stub",
  "--noAssert",
  "--importMemory",
  "--initialMemory",
  "16",
  "--memoryBase",
  String(STATIC_BASE),
  "--disable",
  "mutable-globals",
  "--use",
  "abort=",
];

/**
 * Returns the core's wasm bytes, compiling them when a source, the options or the compiler's version have changed since
 * the last time. Also leaves them in machine/dist/core.wasm for pages to fetch.
 * @throws Error with the AssemblyScript compiler's messages when the core does not compile.
 */
export async function ensureCore(): Promise<Uint8Array> {
  const sources = await readSources();
  const key = contentKey(sources);
  const cached = await readIfCurrent(key);
  if (cached) return cached;
  const wasm = await compileCore(sources);
  await mkdir(dirname(output), { recursive: true });
  await replaceFile(output, wasm);
  await replaceFile(`${output}.key`, new TextEncoder().encode(`${key} ${hash(wasm)}`));
  return wasm;
}

async function readSources(): Promise<Map<string, string>> {
  const names = (await readdir(sourceFolder)).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const sources = new Map<string, string>();
  for (const name of names.sort()) sources.set(name, await readFile(join(sourceFolder, name), "utf8"));
  return sources;
}

function contentKey(sources: Map<string, string>): string {
  const digest = createHash("sha256").update(JSON.stringify([compilerVersion(), OPTIONS]));
  for (const [name, text] of sources) digest.update(`${name}\0${text}\0`);
  return digest.digest("hex");
}

/** asc's version, without loading asc, which takes seconds. */
function compilerVersion(): string {
  const manifest = readFileSync(join(root, "node_modules", "assemblyscript", "package.json"), "utf8");
  return JSON.parse(manifest).version;
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function readIfCurrent(key: string): Promise<Uint8Array | undefined> {
  try {
    const wasm = new Uint8Array(await readFile(output));
    const recorded = await readFile(`${output}.key`, "utf8");
    return recorded === `${key} ${hash(wasm)}` ? wasm : undefined;
  } catch {
    return undefined;
  }
}

async function compileCore(sources: Map<string, string>): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const messages: string[] = [];
  const sink = { write: (chunk: string | Uint8Array) => messages.push(chunk.toString()) > 0 };
  const { default: asc } = await import("assemblyscript/asc");
  const { error } = await asc.main([...OPTIONS, "--outFile", "core.wasm"], {
    stdout: sink,
    stderr: sink,
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`the machine's core does not compile:\n${messages.join("")}`);
  return wasm;
}

/** Two processes may build at once: each writes its own file and renames it, which is atomic. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}

/**
 * The kernel as the unit tests run it: the same sources and compiler flags as in the image, up to the wasm module, with
 * its memory imported, and `guest/layout.ts` linked in. Compiled once per content.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
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

/**
 * Compiles the kernel, or reads it from the cache.
 * @throws Error with the AssemblyScript compiler's messages when it does not compile
 */
export async function buildKernel(): Promise<WebAssembly.Module> {
  const sources = await readSources();
  const digest = createHash("sha256").update(JSON.stringify([asc.version, FLAGS, ENTRIES]));
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
    for (const name of names.filter((each) => each.endsWith(".ts") && !each.endsWith(".test.ts")).sort()) {
      sources.set(`${folder}/${name}`, await readFile(join(root, folder, name), "utf8"));
    }
  }
  return sources;
}

/** `import … from "rv"` with the path of the intrinsics' declarations. */
function withIntrinsics(name: string, text: string): string {
  return text.replace(/from "rv"/g, `from "${relative(dirname(name), INTRINSICS).replace(/\.ts$/, "")}"`);
}

async function compile(sources: Map<string, string>): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const messages: string[] = [];
  const sink = { write: (chunk: string | Uint8Array) => messages.push(chunk.toString()) > 0 };
  const { error } = await asc.main([...ENTRIES, ...FLAGS], {
    stdout: sink,
    stderr: sink,
    readFile: (name) => {
      const text = sources.get(name);
      return text === undefined ? null : withIntrinsics(name, text);
    },
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm)
    throw new Error(`the kernel does not compile for its unit tests:\n${messages.join("")}`);
  return wasm;
}

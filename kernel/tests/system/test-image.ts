/** Bootable images whose root task is one guest file of ./guest, without a root server: system calls and nothing else. */
import { ROOT_DATA_BASE, ROOT_STACK_TOP, ROOT_TEXT_BASE } from "@rel4/abi";
import { compile, readElf } from "@rel4/compiler";
import { cached, contentHash, toolchainHash } from "../../../image/src/cache";
import {
  configurationOverrides,
  DEFAULT_CONFIGURATION,
  type KernelConfiguration,
} from "../../../image/src/kernel-configuration";
import { buildKernel, makeImage } from "../../../image/src/kernel-image";
import { repositoryPath } from "../../../image/src/repository";
import { rootStart, userInterruptEntry } from "../../../runtime/assembly/index";
import { floatFragments } from "./floating-point";

/** Compiles a guest file that exports `runRoot(bootInfo: u32): void`; returns the ELF file. */
async function compileRoot(name: string, configuration: KernelConfiguration): Promise<Uint8Array> {
  const options = {
    entries: [repositoryPath(`kernel/tests/system/guest/${name}.ts`)],
    packages: { rel4: repositoryPath("runtime/src/index.ts") },
    overrides: configurationOverrides(configuration),
    textBase: BigInt(ROOT_TEXT_BASE),
    dataBase: ROOT_DATA_BASE,
    memoryPages: ROOT_STACK_TOP / 65536,
    isa: { bitmanip: false, compressed: true },
    runtime: "stub" as const,
    imports: { "env.abort": "abort" },
    entry: "_start",
  };
  const key = contentHash(name, JSON.stringify({ ...options, textBase: ROOT_TEXT_BASE }), toolchainHash());
  const elf = await cached("kernel-tests", key, async (readFile) => {
    const compiled = await compile({
      ...options,
      readFile,
      assembly: [rootStart(), userInterruptEntry(), ...floatFragments()],
    });
    return Buffer.from(compiled.elf).toString("base64");
  });
  return new Uint8Array(Buffer.from(elf, "base64"));
}

/** The bootable image of a test: kernel plus root task `name`. */
export async function testImage(name: string, configuration = DEFAULT_CONFIGURATION): Promise<Uint8Array> {
  const root = readElf(await compileRoot(name, configuration));
  const bytes = new Uint8Array(ROOT_STACK_TOP - ROOT_TEXT_BASE);
  for (const segment of root.segments) bytes.set(segment.bytes, Number(segment.address) - ROOT_TEXT_BASE);
  const image = { virtualStart: ROOT_TEXT_BASE, entry: Number(root.entry), bytes };
  return makeImage({ kernelElf: await buildKernel({ configuration }), root: image, configuration }).elf;
}

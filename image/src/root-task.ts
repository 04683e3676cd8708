/**
 * Any seL4 root task, an ELF executable, with our kernel: what seL4's build makes of it, one flat image that the kernel maps page
 * by page at the addresses it was linked for.
 */
import { readElf } from "@rel4/compiler";
import { DEFAULT_CONFIGURATION } from "./kernel-configuration";
import { type BootableImage, buildKernel, type KernelOptions, makeImage } from "./kernel-image";
import type { RootImage } from "./root-image";

const PAGE = 4096n;
/** Where user addresses end (Sv39). */
const USER_END = 1n << 38n;
/** Larger images have more pages than the kernel could give capabilities to; their bytes are not worth allocating. */
const LARGEST_IMAGE = 1n << 31n;

/** The ELF file is no root task. */
export class RootTaskError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RootTaskError";
  }
}

/**
 * The pages from an executable's first to its last, zero where no segment has bytes.
 * @throws ElfError or RootTaskError when it cannot be a root task
 */
export function rootTaskImage(executable: Uint8Array): RootImage {
  const { segments, entry } = readElf(executable);
  const loaded = segments.filter(({ memorySize }) => memorySize > 0);
  if (loaded.length === 0) throw new RootTaskError("has nothing to load: it must be a linked executable");
  let [start, end] = [USER_END, 0n];
  for (const { address, bytes, memorySize } of loaded) {
    const last = address + BigInt(memorySize);
    if (last > USER_END || bytes.length > memorySize)
      throw new RootTaskError(
        `a segment of ${memorySize} bytes at 0x${address.toString(16)} is no part of a user's address space`,
      );
    if (address < start) start = address;
    if (last > end) end = last;
  }
  start -= start % PAGE;
  end += -end & (PAGE - 1n);
  if (end - start > LARGEST_IMAGE)
    throw new RootTaskError(`reaches from 0x${start.toString(16)} to 0x${end.toString(16)}: too far apart`);
  const bytes = new Uint8Array(Number(end - start));
  for (const segment of loaded) bytes.set(segment.bytes, Number(segment.address - start));
  return { virtualStart: Number(start), entry: Number(entry), bytes };
}

/**
 * Builds the bootable image of our kernel with an ELF executable as its root task.
 * @param memory RAM in bytes the image must fit, if known
 * @throws ElfError, RootTaskError or ImageError when the executable cannot be one
 */
export async function buildRootTask(
  executable: Uint8Array,
  { configuration = DEFAULT_CONFIGURATION, onProgress }: KernelOptions = {},
  memory?: number,
): Promise<BootableImage> {
  const root = rootTaskImage(executable);
  return makeImage({
    kernelElf: await buildKernel({ configuration, onProgress }),
    root,
    configuration,
    memory,
  });
}

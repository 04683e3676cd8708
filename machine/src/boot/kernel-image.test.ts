import { describe, expect, it } from "vitest";
import { ImageError } from "../errors";
import { makeElf } from "../test-support/make-elf";
import { placeFirmware, placeKernel, unpackKernel } from "./kernel-image";

const RAM = { base: 0x8000_0000, size: 64 << 20 };
const FREE = 0x8020_0000;
const CODE = Uint8Array.of(0x13, 0, 0, 0, 0x13, 0, 0, 0);

/** 128 bytes with words set at offsets. */
function file(words: Record<number, number>, size = 128): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true);
  return bytes;
}

const linux = (changes: Record<number, number> = {}) =>
  file({ 0: 0x5a4d, 8: 0x20_0000, 56: 0x0543_5352, ...changes });

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const body = new Response(bytes as BodyInit).body as ReadableStream<BufferSource>;
  return new Uint8Array(await new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

function refusal(action: () => unknown): ImageError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    return error as ImageError;
  }
  throw new Error("it was not refused");
}

describe("a kernel", () => {
  it("without addresses of its own goes to the free place and starts at its first byte", () => {
    const kernel = placeKernel(CODE, RAM, FREE);
    expect(kernel).toMatchObject({ start: FREE, entry: FREE });
    expect(kernel.parts).toEqual([{ name: "kernel", address: FREE, bytes: CODE, size: CODE.length }]);
  });

  it("that is a Linux image takes the memory its header says", () => {
    expect(placeKernel(linux({ 16: 0x123_4567 }), RAM, FREE).parts[0]!.size).toBe(0x123_4567);
    expect(placeKernel(linux({ 16: 1 }), RAM, FREE).parts[0]!.size).toBe(128);
  });

  it("that is an ELF file goes to its physical addresses and starts at the lowest under firmware", () => {
    const elf = makeElf({
      entry: 0xffff_ffff_8000_1004n,
      segments: [
        { address: 0x8060_1000n, virtualAddress: 0xffff_ffff_8000_1000n, bytes: CODE, memorySize: 0x100n },
        { address: 0x8060_0000n, virtualAddress: 0xffff_ffff_8000_0000n, bytes: CODE },
      ],
    });
    const kernel = placeKernel(elf, RAM, FREE);
    expect([kernel.start, kernel.entry]).toEqual([0x8060_0000, 0x8060_1004]);
    expect(kernel.parts.map(({ address, size }) => [address, size])).toEqual([
      [0x8060_1000, 0x100],
      [0x8060_0000, CODE.length],
    ]);
  });

  it("whose lowest bytes are no code starts at its entry under firmware, too", () => {
    const headers = { address: 0x8060_0000n, bytes: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46) };
    const data = { address: 0x8060_0000n, bytes: CODE, flags: 6 };
    for (const lowest of [headers, data]) {
      const elf = makeElf({
        entry: 0x8060_1000n,
        segments: [lowest, { address: 0x8060_1000n, bytes: CODE }],
      });
      expect(placeKernel(elf, RAM, FREE).start).toBe(0x8060_1000);
    }
  });

  it.each([
    ["a Linux image for x86", file({ 514: 0x5372_6448 }, 0x400), "x86"],
    ["a Linux image for arm64", file({ 56: 0x644d_5241 }), "arm64"],
    ["a Linux image for arm", file({ 36: 0x016f_2818 }), "arm"],
    ["a big-endian Linux image", linux({ 24: 1 }), "big-endian"],
    ["a uImage", file({ 0: 0x5619_0527 }), "uImage"],
    ["a device tree", file({ 0: 0xedfe_0dd0 }), "device tree"],
    ["compressed by xz", Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4), "xz"],
    ["compressed by zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0), "zstd"],
    ["an EFI zboot image", file({ 0: 0x5a4d, 4: 0x676d_697a }), "zboot"],
  ])("that is %s is refused by name", (_, kernel, word) => {
    expect(refusal(() => placeKernel(kernel, RAM, FREE)).message).toContain(word);
  });

  it("that is an ELF file for another machine is refused, naming the image", () => {
    const elf = makeElf({ segments: [{ address: 0x8000_0000n, bytes: CODE }] });
    for (const [offset, value, word] of [
      [4, 1, "64-bit"],
      [5, 2, "little-endian"],
      [18, 62, "another processor"],
    ] as const) {
      const wrong = elf.slice();
      wrong[offset] = value;
      const error = refusal(() => placeKernel(wrong, RAM, FREE));
      expect(error.image).toBe("kernel");
      expect(error.message).toContain(word);
      expect(refusal(() => placeFirmware(wrong, RAM)).image).toBe("bios");
    }
    expect(refusal(() => placeKernel(elf.subarray(0, 70), RAM, FREE)).message).toContain("should end");
  });
});

describe("firmware", () => {
  it("without addresses goes to the beginning of RAM", () => {
    const firmware = placeFirmware(CODE, RAM);
    expect(firmware).toMatchObject({ start: RAM.base, entry: RAM.base });
    expect(firmware.parts[0]!.address).toBe(RAM.base);
  });
});

describe("unpacking", () => {
  const large = new Uint8Array(40_000).map((_, index) => (index * index) >> 8);

  it("gives the bytes that were compressed by gzip", async () => {
    expect(await unpackKernel(await gzip(large), 1 << 20)).toEqual(large);
  });

  it("leaves everything else alone", async () => {
    expect(await unpackKernel(CODE, 1 << 20)).toBe(CODE);
  });

  it("refuses a damaged or incomplete file", async () => {
    const packed = await gzip(large);
    const damaged = packed.slice();
    damaged[packed.length >> 1]! ^= 0x55;
    for (const bytes of [damaged, packed.subarray(0, packed.length - 20), packed.subarray(0, 5)])
      await expect(unpackKernel(bytes, 1 << 20)).rejects.toThrow(/cannot be unpacked/);
  });

  it("stops at the machine's memory, however much would follow", async () => {
    const bomb = await gzip(new Uint8Array(32 << 20));
    await expect(unpackKernel(bomb, 1 << 20)).rejects.toThrow(/larger than the machine's memory/);
  });
});

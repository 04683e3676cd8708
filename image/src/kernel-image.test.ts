import { readElf } from "@rel4/compiler";
import { beforeAll, describe, expect, test } from "vitest";
import { buildKernel, ImageError, makeImage } from "./kernel-image";

const PAGE = 4096;
const root = (pages: number) => ({
  virtualStart: 0x40_0000,
  entry: 0x40_0000,
  bytes: new Uint8Array(pages * PAGE).fill(0),
});

describe("a bootable image", () => {
  let kernelElf: Uint8Array;
  beforeAll(async () => {
    kernelElf = await buildKernel();
  });

  test("starts at its lowest address, where loaders jump", () => {
    const { entry, segments } = readElf(makeImage({ kernelElf, root: root(3) }).elf);
    expect(entry).toBe(0x8020_0000n);
    const lowest = segments.map(({ physicalAddress }) => physicalAddress).sort((a, b) => Number(a - b))[0];
    expect(lowest).toBe(entry);
  });

  test("has the root task's pages behind everything of the kernel, and nothing overlaps", () => {
    const { segments } = readElf(makeImage({ kernelElf, root: root(3) }).elf);
    const ranges = segments
      .map(({ physicalAddress, memorySize }) => ({
        start: physicalAddress,
        end: physicalAddress + BigInt(memorySize),
      }))
      .sort((a, b) => Number(a.start - b.start));
    ranges.slice(1).forEach(({ start }, index) => {
      expect(start).toBeGreaterThanOrEqual(ranges[index]!.end);
    });
    const last = segments.find(({ address }) => address === 0x40_0000n)!;
    expect(last.physicalAddress).toBe(ranges.at(-1)!.start);
    expect(last.bytes).toEqual(root(3).bytes);
    expect(last.physicalAddress % BigInt(PAGE)).toBe(0n);
  });

  test("tells the kernel where the root task is", () => {
    const { segments, symbols } = readElf(makeImage({ kernelElf, root: root(3) }).elf);
    const header = symbols.find(({ name }) => name === "imageHeader")!;
    const data = segments.find(
      ({ address, bytes }) => address <= header.address && header.address < address + BigInt(bytes.length),
    )!;
    const view = new DataView(
      data.bytes.buffer,
      data.bytes.byteOffset + Number(header.address - data.address),
    );
    const task = segments.find(({ address }) => address === 0x40_0000n)!;
    expect(view.getBigUint64(8, true)).toBe(task.physicalAddress);
    expect(view.getBigUint64(16, true)).toBe(task.physicalAddress + BigInt(3 * PAGE));
    expect(view.getBigUint64(24, true)).toBe(0x40_0000n);
    expect(view.getBigUint64(32, true)).toBe(0x40_0000n);
  });

  test.each([
    ["is empty", { ...root(0) }, /empty/],
    ["is not whole pages", { ...root(1), bytes: new Uint8Array(100) }, /whole pages.*100 bytes/],
    ["starts inside a page", { ...root(1), virtualStart: 0x40_0010 }, /whole pages.*0x400010/],
    [
      "reaches kernel addresses",
      { ...root(2), virtualStart: 0x7fff_f000, entry: 0x7fff_f000 },
      /below 0x80000000/,
    ],
    ["has its entry outside", { ...root(1), entry: 0x50_0000 }, /entry 0x500000 lies outside/],
    ["has more pages than capability slots", root(8000), /8000 pages.*room for 7168/],
  ])("is refused when the root task %s", (_, task, message) => {
    expect(() => makeImage({ kernelElf, root: task })).toThrow(ImageError);
    expect(() => makeImage({ kernelElf, root: task })).toThrow(message);
  });

  test("is refused when it does not fit the machine, with the size that would do", () => {
    const large = root(1024);
    const { minimumMemory } = makeImage({ kernelElf, root: large });
    const refusal = () => makeImage({ kernelElf, root: large, memory: minimumMemory - 2 ** 20 });
    expect(refusal).toThrow(ImageError);
    expect(refusal).toThrow(`memory: "${minimumMemory / 2 ** 20}M"`);
    expect(() => makeImage({ kernelElf, root: large, memory: minimumMemory })).not.toThrow();
  });
});

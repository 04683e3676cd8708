import { describe, expect, it } from "vitest";
import { ElfError, type ElfErrorCode, readElf, readSymbols } from "./elf";
import { makeElf } from "./test-support/make-elf";
import { Random } from "./test-support/random";

const RAM = { base: 0x8000_0000, size: 0x10_0000 };
const CODE = new Uint8Array([0x13, 0, 0, 0, 0x6f, 0, 0, 0]);

function codeOf(action: () => unknown): ElfErrorCode | "no error" {
  try {
    action();
  } catch (error) {
    if (error instanceof ElfError) return error.code;
    throw error;
  }
  return "no error";
}

/** A good file with one field of its header changed. */
function changed(offset: number, ...bytes: number[]): Uint8Array {
  const file = makeElf({ segments: [{ address: 0x8000_0000n, bytes: CODE }] });
  file.set(bytes, offset);
  return file;
}

describe("an ELF file", () => {
  it("gives its segments, zero-filled part and entry", () => {
    const program = readElf(
      makeElf({
        entry: 0x8000_0004n,
        segments: [
          { address: 0x8000_0000n, bytes: CODE },
          { address: 0x8000_2000n, bytes: new Uint8Array([1]), memorySize: 64n, flags: 6 },
        ],
      }),
      RAM,
    );
    expect(program.entry).toBe(0x8000_0004);
    expect(program.segments.map((s) => [s.address, s.bytes.length, s.memorySize, s.executable])).toEqual([
      [0x8000_0000, 8, 8, true],
      [0x8000_2000, 1, 64, false],
    ]);
  });

  it("linked at high virtual addresses enters at the physical address of its entry", () => {
    const file = makeElf({
      entry: 0xffff_ffff_8000_0004n,
      segments: [{ address: 0x8000_0000n, virtualAddress: 0xffff_ffff_8000_0000n, bytes: CODE }],
    });
    expect(readElf(file, RAM).entry).toBe(0x8000_0004);
  });

  it.each<[ElfErrorCode, Uint8Array]>([
    ["not-elf", new Uint8Array()],
    ["not-elf", new TextEncoder().encode("export function main(): i32 { return 0; }")],
    ["truncated", changed(0).subarray(0, 40)],
    ["truncated", changed(0).subarray(0, 100)],
    ["truncated", changed(0).subarray(0, -1)],
    ["not-64-bit", changed(4, 1)],
    ["not-little-endian", changed(5, 2)],
    ["not-executable", changed(16, 1, 0)],
    ["not-riscv", changed(18, 62, 0)],
    ["no-loadable-segment", changed(64, 4)],
    ["no-loadable-segment", changed(56, 0)],
    ["segment-outside-memory", makeElf({ segments: [{ address: 0x1000_0000n, bytes: CODE }] })],
    ["segment-outside-memory", makeElf({ segments: [{ address: 0x800f_fffcn, bytes: CODE }] })],
    ["segment-outside-memory", makeElf({ segments: [{ address: 0xffff_ffff_ffff_fff8n, bytes: CODE }] })],
    [
      "segment-outside-memory",
      makeElf({ segments: [{ address: 0x8000_0000n, bytes: CODE, memorySize: 1n << 62n }] }),
    ],
    [
      "entry-outside-segments",
      makeElf({ entry: 0x8000_0008n, segments: [{ address: 0x8000_0000n, bytes: CODE }] }),
    ],
    ["entry-outside-segments", makeElf({ segments: [{ address: 0x8000_0000n, bytes: CODE, flags: 6 }] })],
    [
      "segments-overlap",
      makeElf({
        segments: [
          { address: 0x8000_0000n, bytes: CODE },
          { address: 0x8000_0004n, bytes: CODE },
        ],
      }),
    ],
  ])("that is bad is refused: %s", (code, file) => {
    expect(codeOf(() => readElf(file, RAM))).toBe(code);
  });

  it("on top of a device inside the memory is refused", () => {
    const file = makeElf({ segments: [{ address: 0x8000_0000n, bytes: CODE }] });
    expect(codeOf(() => readElf(file, RAM, [{ base: 0x8000_0004, size: 4 }]))).toBe("segment-outside-memory");
  });

  it("damaged at random gives a program or an ElfError, nothing else", () => {
    const seed = 1;
    const random = new Random(seed);
    const good = makeElf({
      segments: [{ address: 0x8000_0000n, bytes: CODE }],
      symbols: [{ name: "main", address: 0x8000_0000n, size: 8n }],
    });
    for (let round = 0; round < 5000; round++) {
      const file = good.slice(0, random.chance(4) ? random.below(good.length + 1) : good.length);
      for (let change = random.below(6); change >= 0 && file.length > 0; change--)
        file[random.below(file.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
      for (const read of [() => readElf(file, RAM), () => readSymbols(file).describe(0x8000_0004n)])
        expect(() => codeOf(read), `seed ${seed}, round ${round}`).not.toThrow();
    }
  });
});

describe("the symbol table", () => {
  const symbols = readSymbols(
    makeElf({
      segments: [{ address: 0x8000_0000n, bytes: CODE }],
      symbols: [
        { name: "second", address: 0x8000_0100n, size: 16n },
        { name: "first", address: 0x8000_0000n, size: 8n },
        { name: "$x", address: 0x8000_0104n, size: 0n },
        { name: "rest", address: 0xffff_ffff_8000_0000n, size: 0n },
      ],
    }),
  );

  it("names a function and the offset in it", () => {
    expect(symbols.lookup(0x8000_0108n)).toEqual({ name: "second", offset: 8 });
    expect(symbols.describe(0x8000_0000n)).toBe("first");
    expect(symbols.describe(0x8000_0004n)).toBe("first+0x4");
  });

  it("takes signed addresses too, as registers hold them", () => {
    expect(symbols.describe(-0x7fff_fff0n)).toBe("rest+0x10");
  });

  it("names nothing between functions and before the first", () => {
    expect(symbols.lookup(0x8000_0050n)).toBeUndefined();
    expect(symbols.lookup(0x10n)).toBeUndefined();
    expect(symbols.describe(0x10n)).toBe("0x10");
  });

  it("is empty for a stripped file", () => {
    expect(readSymbols(makeElf({ segments: [{ address: 0x8000_0000n, bytes: CODE }] })).length).toBe(0);
  });
});

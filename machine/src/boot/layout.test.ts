import { describe, expect, it } from "vitest";
import { ImageError, MachineError } from "../errors";
import { checkPlacement, type Program } from "../program";
import { makeElf } from "../test-support/make-elf";
import { type BootImages, layOut } from "./layout";

const MIB = 1 << 20;
const BASE = 0x8000_0000;
const CODE = Uint8Array.of(0x13, 0, 0, 0);
const elfAt = (address: number, size = 4) =>
  makeElf({ segments: [{ address: BigInt(address), bytes: CODE, memorySize: BigInt(size) }] });

const laidOut = (images: BootImages, mebibytes = 128): Program => {
  const ram = { base: BASE, size: mebibytes * MIB };
  const program = layOut(images, ram);
  checkPlacement(program.parts, ram);
  return program;
};
const addresses = ({ parts }: Program) =>
  Object.fromEntries(parts.map(({ name, address }) => [name, address]));

describe("the layout", () => {
  it("puts a plain kernel 2 MiB into RAM under the built-in firmware, as behind QEMU's", () => {
    const program = laidOut({ kernel: CODE });
    expect(addresses(program)).toEqual({ kernel: 0x8020_0000 });
    expect(program.entry).toBe(0x8020_0000);
  });

  it("puts it at the beginning of RAM without firmware", () => {
    expect(laidOut({ bios: "none", kernel: CODE }).entry).toBe(BASE);
  });

  it("puts it at the next 2 MiB behind firmware, which starts first and is told where it is", () => {
    const program = laidOut({ bios: elfAt(BASE, 3 * MIB), kernel: CODE });
    expect(addresses(program)).toEqual({ bios: BASE, kernel: 0x8040_0000 });
    expect([program.entry, program.next]).toEqual([BASE, 0x8040_0000]);
  });

  it("starts an ELF kernel at its entry without firmware", () => {
    const entry = BigInt(BASE + 0x1000);
    const elf = makeElf({
      entry,
      segments: [
        { address: BigInt(BASE), bytes: CODE },
        { address: entry, bytes: CODE },
      ],
    });
    expect(laidOut({ bios: "none", kernel: elf }).entry).toBe(BASE + 0x1000);
    expect(laidOut({ bios: "sbi", kernel: elf }).entry).toBe(BASE);
  });

  it("lets firmware alone start, with nothing behind it", () => {
    expect(laidOut({ bios: CODE })).toMatchObject({ entry: BASE, next: undefined });
  });

  it("puts the RAM disk 128 MiB above the kernel, or half of RAM", () => {
    const initrd = new Uint8Array(5000);
    for (const [mebibytes, distance] of [
      [512, 128 * MIB],
      [128, 64 * MIB],
    ] as const) {
      const program = laidOut({ kernel: CODE, initrd }, mebibytes);
      expect(program.initrd).toEqual({ base: 0x8020_0000 + distance, size: 5000 });
    }
  });

  it("moves a RAM disk down that would reach beyond RAM there", () => {
    const size = 63 * MIB;
    const { initrd } = laidOut({ kernel: CODE, initrd: new Uint8Array(size) });
    expect(initrd!.base % 4096).toBe(0);
    expect(initrd!.base).toBeLessThan(0x8420_0000);
    expect(initrd!.base + size).toBeLessThanOrEqual(BASE + 128 * MIB - 0x1_0000);
  });

  it("hands on command line and device tree", () => {
    const dtb = Uint8Array.of(1);
    expect(laidOut({ kernel: CODE, append: "quiet", dtb })).toMatchObject({ bootargs: "quiet", dtb });
  });
});

describe("what does not fit", () => {
  const refused = (images: BootImages, mebibytes?: number): MachineError => {
    try {
      laidOut(images, mebibytes);
    } catch (error) {
      expect(error).toBeInstanceOf(MachineError);
      return error as MachineError;
    }
    throw new Error("it was not refused");
  };

  it("is refused with the image, the place and a way out", () => {
    const error = refused({ kernel: new Uint8Array(7 * MIB) }, 8);
    expect(error).toBeInstanceOf(ImageError);
    expect((error as ImageError).image).toBe("kernel");
    expect(error.message).toMatch(/physical 0x80200000 to 0x808fffff.*does not fit.*0x807fffff/);
    expect(error.hint).toMatch(/more memory/);
  });

  it("is refused when a kernel lies on firmware, or a RAM disk on a kernel", () => {
    expect(refused({ bios: CODE, kernel: elfAt(BASE) }).message).toMatch(/kernel .* overlaps the bios/);
    expect(refused({ kernel: new Uint8Array(4 * MIB), initrd: new Uint8Array(5 * MIB) }, 8).message).toMatch(
      /overlaps/,
    );
  });

  it("is refused when a Linux image's memory reaches into the RAM disk", () => {
    const kernel = new Uint8Array(64);
    const view = new DataView(kernel.buffer);
    view.setUint32(56, 0x0543_5352, true);
    view.setBigUint64(16, BigInt(70 * MIB), true);
    expect(refused({ kernel, initrd: CODE }).message).toMatch(/initrd .* overlaps the kernel/);
  });

  it("is refused when there is nothing to run, or something for nobody", () => {
    expect(refused({}).message).toMatch(/nothing to run/);
    expect(refused({ bios: "none" }).message).toMatch(/nothing to run/);
    expect(refused({ bios: CODE, initrd: CODE }).message).toMatch(/initrd is for a kernel/);
    expect(refused({ bios: CODE, append: "" }).message).toMatch(/append is for a kernel/);
  });

  it("is refused when an image is empty", () => {
    const empty = new Uint8Array();
    for (const images of [
      { bios: empty },
      { kernel: empty },
      { kernel: CODE, initrd: empty },
      { kernel: CODE, dtb: empty },
    ])
      expect(refused(images).message).toMatch(/is empty/);
  });
});

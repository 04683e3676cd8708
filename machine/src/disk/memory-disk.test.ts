import { describe, expect, it } from "vitest";
import { MachineError } from "../errors";
import { Random } from "../test-support/random";
import type { BlockBackend } from "./block-backend";
import { MemoryDisk, OverlayDisk, ZeroDisk } from "./memory-disk";

const SEED = 31;
const SIZE = 5 * 4096 + 3 * 512;

/** The same disk, that takes its time. */
function slow(disk: BlockBackend): BlockBackend {
  const later = async (operation: () => unknown) => {
    await Promise.resolve();
    await operation();
  };
  return {
    size: disk.size,
    readOnly: disk.readOnly,
    read: (offset, target) => later(() => disk.read(offset, target)),
    write: (offset, source) => later(() => disk.write(offset, source)),
    zero: (offset, length) => later(() => disk.zero(offset, length)),
    flush: () => {},
  };
}

/** Bytes of `some` that `others` does not begin with. */
function differences(some: Uint8Array, others: Uint8Array): number {
  return some.reduce((count, byte, index) => (byte === others[index] ? count : count + 1), 0);
}

describe("an overlay", () => {
  it.each(["at once", "slowly"])(
    `reads as a plain copy would and leaves a base that answers %s alone (seed ${SEED})`,
    async (speed) => {
      const random = new Random(SEED);
      const image = Uint8Array.from({ length: SIZE }, () => random.below(256));
      const base = new MemoryDisk(image.slice(), { readOnly: true });
      const overlay = new OverlayDisk(speed === "slowly" ? slow(base) : base);
      const model = image.slice();
      for (let round = 0; round < 2000; round++) {
        const offset = random.below(SIZE);
        const length = Math.min(random.chance(4) ? random.below(SIZE) : random.below(600), SIZE - offset);
        const bytes = new Uint8Array(length);
        switch (random.below(3)) {
          case 0:
            await overlay.read(offset, bytes);
            expect(differences(bytes, model.subarray(offset)), `round ${round}`).toBe(0);
            break;
          case 1:
            bytes.fill(random.below(256));
            await overlay.write(offset, bytes);
            model.set(bytes, offset);
            break;
          default:
            await overlay.zero(offset, length);
            model.fill(0, offset, offset + length);
        }
      }
      const whole = new Uint8Array(SIZE);
      await overlay.read(0, whole);
      expect(whole).toEqual(model);
      expect(base.bytes).toEqual(image);
    },
  );

  it("makes an empty disk of any size from nothing", () => {
    const disk = new OverlayDisk(new ZeroDisk(2 ** 40));
    disk.write(2 ** 39 + 5, Uint8Array.of(1, 2, 3));
    const bytes = new Uint8Array(5).fill(9);
    disk.read(2 ** 39 + 4, bytes);
    expect(bytes).toEqual(Uint8Array.of(0, 1, 2, 3, 0));
  });
});

describe("a disk", () => {
  it.each([0, 511, 513, -512, 512.5])("cannot have %f bytes", (size) => {
    expect(() => new ZeroDisk(size)).toThrow(MachineError);
  });
});

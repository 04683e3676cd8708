import { describe, expect, it } from "vitest";
import { StatusBit, virtioBench } from "../../test-support/virtio-driver";
import { hostEntropy, seededEntropy, virtioEntropy } from "./entropy";

/** Bytes the device gives for buffers of so many bytes. */
function draw(rooms: number[], options = {}, factory = virtioEntropy()): Uint8Array {
  const { driver, memory } = virtioBench(factory, options);
  driver.start();
  return Uint8Array.from(
    rooms.flatMap((room) => {
      const buffers = driver.send(0, room).rooms;
      const { written } = driver.queues[0]!.takeUsed()!;
      return [...memory.read(buffers[0]!.address, written)];
    }),
  );
}

describe("the entropy device", () => {
  it("gives bytes that follow from the seed and the slot", () => {
    const bytes = draw([100, 28]);
    expect(bytes).toHaveLength(128);
    expect(draw([64, 64])).toEqual(bytes);
    expect(draw([128], { seed: 2 })).not.toEqual(bytes);
    expect(draw([128], { slot: 2 })).not.toEqual(bytes);
  });

  it("gives bytes that look random", () => {
    for (const seed of [0, 1, 0xffff_ffff]) {
      const bytes = new Uint8Array(1 << 16);
      seededEntropy(seed)(bytes);
      const counts = new Uint32Array(256);
      for (const byte of bytes) counts[byte]!++;
      // 256 expected; five standard deviations
      expect(Math.max(...counts), `seed ${seed}`).toBeLessThan(256 + 80);
      expect(Math.min(...counts), `seed ${seed}`).toBeGreaterThan(256 - 80);
    }
  });

  it("gives the host's randomness on request", () => {
    const source = virtioEntropy({ source: hostEntropy });
    expect(draw([32], {}, source)).not.toEqual(draw([32], {}, source));
  });

  it("fills at most 64 KiB at once", () => {
    expect(draw([200_000])).toHaveLength(65_536);
  });

  it("needs a reset after a buffer without room", () => {
    const { driver } = virtioBench(virtioEntropy());
    driver.start();
    driver.send(0, Uint8Array.of(1));
    expect(driver.status & StatusBit.needsReset).not.toBe(0);
  });
});

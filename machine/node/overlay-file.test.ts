import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MachineError, MemoryDisk } from "../src/index";
import { Random } from "../src/test-support/random";
import { openOverlay } from "./overlay-file";

const folder = mkdtempSync(join(tmpdir(), "rel4-overlay-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Not a whole number of granules. */
const SIZE = 5 * 4096 + 1024;
let files = 0;
const newFile = () => join(folder, `overlay-${files++}`);
const patterned = () => new Uint8Array(SIZE).map((_, index) => index * 7);

describe("an overlay in a file", () => {
  it("does to the disk what a disk does, and never writes its base (seed 5)", async () => {
    const random = new Random(5);
    const model = patterned();
    const base = new MemoryDisk(patterned(), { readOnly: true });
    const path = newFile();
    let overlay = openOverlay(path, base);
    for (let step = 0; step < 300; step++) {
      const start = random.below(SIZE / 512) * 512;
      const length = Math.min(SIZE - start, (1 + random.below(24)) * 512);
      if (random.chance(3)) {
        const bytes = new Uint8Array(length).map(() => random.below(256));
        model.set(bytes, start);
        await overlay.write(start, bytes);
      } else if (random.chance(5)) {
        model.fill(0, start, start + length);
        await overlay.zero(start, length);
      } else {
        const read = new Uint8Array(length).fill(0xee);
        await overlay.read(start, read);
        expect(Buffer.compare(read, model.subarray(start, start + length))).toBe(0);
      }
      if (random.chance(20)) {
        overlay.close();
        overlay = openOverlay(path, base);
      }
    }
    overlay.flush();
    overlay.close();
    expect(Buffer.compare(base.bytes, patterned())).toBe(0);
  });

  it("takes no room for what was not changed", async () => {
    const path = newFile();
    const overlay = openOverlay(path, new MemoryDisk(new Uint8Array(1 << 20)));
    await overlay.write(0, new Uint8Array(512));
    overlay.close();
    expect(readFileSync(path).length).toBeLessThan(3 * 4096);
  });

  it("refuses a file that is something else, of another disk, or incomplete, and leaves it alone", () => {
    const notes = newFile();
    writeFileSync(notes, "shopping list: milk, bread, and much more besides");
    const disk = new MemoryDisk(patterned());
    expect(() => openOverlay(notes, disk)).toThrow(/is no overlay/);
    expect(readFileSync(notes, "utf8")).toContain("milk");
    const path = newFile();
    openOverlay(path, disk).close();
    expect(() => openOverlay(path, new MemoryDisk(new Uint8Array(512)))).toThrow(/a disk of 21504 bytes/);
    truncateSync(path, 34);
    expect(() => openOverlay(path, disk)).toThrow(/incomplete/);
    expect(() => openOverlay(join(folder, "no/such/folder"), disk)).toThrow(MachineError);
  });
});

import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MachineError } from "../src/index";
import { FileDisk, openDisk } from "./file-disk";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-disk-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function imageFile(name: string, size: number): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    Uint8Array.from({ length: size }, (_, index) => index & 255),
  );
  return path;
}

describe("a disk in a file", () => {
  it("is read and written in place", () => {
    const path = imageFile("good", 4096);
    const disk = openDisk(path);
    expect([disk.size, disk.readOnly]).toEqual([4096, false]);
    const bytes = new Uint8Array(600);
    disk.read(700, bytes);
    expect(bytes).toEqual(Uint8Array.from({ length: 600 }, (_, index) => (700 + index) & 255));
    disk.write(512, Uint8Array.of(1, 2, 3));
    disk.zero(1024, 512);
    disk.flush();
    disk.close();
    const file = new Uint8Array(readFileSync(path));
    expect([...file.subarray(511, 516)]).toEqual([255, 1, 2, 3, 3]);
    expect(file.subarray(1024, 1536).every((byte) => byte === 0)).toBe(true);
    expect(file[1536]).toBe(0);
    expect(file[1537]).toBe(1);
  });

  it("is left alone when it is read-only", () => {
    const path = imageFile("constant", 512);
    chmodSync(path, 0o444);
    const disk = openDisk(path, { readOnly: true });
    expect(disk.readOnly).toBe(true);
    disk.close();
  });

  it.each([0, 511, 1000])("cannot have %i bytes", (size) => {
    const path = imageFile("odd", size);
    expect(() => openDisk(path)).toThrow(`the disk image ${path} has ${size} bytes`);
  });

  it("says why it cannot be opened", () => {
    const path = join(folder, "missing");
    expect(() => openDisk(path)).toThrow(MachineError);
    expect(() => openDisk(path)).toThrow(`cannot open the disk image ${path}: there is no such file`);
    expect(() => openDisk(folder)).toThrow("it is a folder");
    expect(() => openDisk(folder, { readOnly: true })).toThrow("is no file");
  });

  it("says so when it became shorter meanwhile", () => {
    const path = imageFile("shrinking", 4096);
    const disk = openDisk(path);
    truncateSync(path, 1024);
    expect(() => disk.read(512, new Uint8Array(1024))).toThrow(
      `cannot read ${path}: it ends before byte 1025`,
    );
    disk.close();
  });

  it("says so when the host's disk is full", () => {
    const disk = new FileDisk(openSync("/dev/full", "r+"), "disk.img", 4096, false);
    expect(() => disk.write(0, new Uint8Array(512))).toThrow(
      "cannot write disk.img: no space left on the host's file system",
    );
    disk.close();
  });
});

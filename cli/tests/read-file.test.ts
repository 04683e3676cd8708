// Reading a file that others change or keep to themselves. The file system is the real one but for what a test says.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readWholeFile, writeWholeFile } from "../src/read-file";
import { UsageError } from "../src/report-error";

const { onRead, onOpen } = vi.hoisted(() => ({ onRead: vi.fn(), onOpen: vi.fn() }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    openSync: (...words: Parameters<typeof fs.openSync>) => {
      onOpen(words[0]);
      return fs.openSync(...words);
    },
    readSync: (...words: unknown[]) => {
      onRead();
      return (fs.readSync as (...words: unknown[]) => number)(...words);
    },
  };
});

const folder = mkdtempSync(join(tmpdir(), "rel4-read-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "image");
beforeEach(() => {
  writeFileSync(path, "x".repeat(1000));
  onRead.mockReset();
  onOpen.mockReset();
});

describe("a file", () => {
  it("is read whole", () => {
    expect(readWholeFile(path)).toEqual(new TextEncoder().encode("x".repeat(1000)));
  });

  it.each([
    ["longer", "x".repeat(2000)],
    ["shorter", "x"],
    ["empty", ""],
  ])("that becomes %s while it is read is refused, with what to do", (_, content) => {
    onRead.mockImplementationOnce(() => writeFileSync(path, content));
    expect(() => readWholeFile(path)).toThrow(`${path}: changed while it was read`);
  });

  it("that vanishes before it is opened is refused", () => {
    onOpen.mockImplementationOnce(() => rmSync(path));
    expect(() => readWholeFile(path)).toThrow(`${path}: no such file`);
  });

  it("that may not be read is refused", () => {
    onOpen.mockImplementationOnce(() => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    });
    expect(() => readWholeFile(path)).toThrow(new UsageError(`${path}: permission denied`));
  });

  it("that is too large is refused before it is read", () => {
    const most = { bytes: 999, because: "there is room for 999" };
    expect(() => readWholeFile(path, { most })).toThrow(`${path}: has 1000 bytes, but there is room for 999`);
    expect(onRead).not.toHaveBeenCalled();
  });

  it("cannot be written into a folder that is not there", () => {
    expect(() => writeWholeFile(join(folder, "no/file"), new Uint8Array(1))).toThrow(/no such file/);
  });
});

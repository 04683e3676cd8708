import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cached, contentHash } from "./cache";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-cache-"));
  file = join(folder, "input.txt");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the cache", () => {
  it("computes a value again exactly when a file that was read changes", async () => {
    let computed = 0;
    const key = contentHash(file);
    const value = () =>
      cached("tests", key, async (readFile) => {
        computed++;
        return `${readFile(file)}, ${readFile(join(folder, "missing"))}`;
      });

    writeFileSync(file, "one");
    expect(await value()).toBe("one, null");
    expect(await value()).toBe("one, null");
    expect(computed).toBe(1);

    writeFileSync(file, "two");
    expect(await value()).toBe("two, null");
    expect(computed).toBe(2);
  });

  it("hashes parts, not their concatenation", () => {
    expect(contentHash("ab", "c")).not.toBe(contentHash("a", "bc"));
  });
});

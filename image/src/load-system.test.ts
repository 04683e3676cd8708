import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSystemDescription, lineOfForgottenImport, loadSystem } from "./load-system";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-system-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file into a folder that knows nothing of this repository; returns its path. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const begin = 'import { defineSystem } from "rel4/system";\n';

describe("loading a system description", () => {
  it("tells it from a program by its import", () => {
    expect(isSystemDescription(begin)).toBe(true);
    expect(isSystemDescription('import { Process } from "rel4";')).toBe(false);
  });

  it("finds the line that describes a system without the import", () => {
    expect(lineOfForgottenImport("// mine\nexport default defineSystem({});")).toBe(2);
    expect(lineOfForgottenImport("export default { programs: {} };")).toBe(1);
    expect(lineOfForgottenImport(`${begin}export default defineSystem({});`)).toBeUndefined();
    expect(
      lineOfForgottenImport("export default function f(): void {}\n// not defineSystem"),
    ).toBeUndefined();
  });

  it("works anywhere on disk, with other files imported", async () => {
    file("names.ts", "export const hart: number = 3;");
    const path = file(
      "good.ts",
      `${begin}import { hart } from "./names";\nexport default defineSystem({ programs: { a: { source: "./a.ts", hart } } });`,
    );
    await expect(loadSystem(path)).resolves.toEqual({
      description: { programs: { a: { source: "./a.ts", hart: 3 } } },
      directory: folder,
    });
  });

  it("says where the syntax is wrong", async () => {
    const path = file("syntax.ts", `${begin}export default defineSystem({ programs: `);
    await expect(loadSystem(path)).rejects.toThrow(/syntax\.ts:2:\d+: Unexpected end of file/);
  });

  it("refuses two programs of one name, which JavaScript would make one", async () => {
    const path = file(
      "twice.ts",
      `${begin}export default defineSystem({ programs: { a: { source: "x" }, a: { source: "y" } } });`,
    );
    await expect(loadSystem(path)).rejects.toThrow(/twice\.ts:2:\d+: Duplicate key "a"/);
  });

  it("says what evaluating it threw", async () => {
    const path = file("throws.ts", `${begin}throw new Error("no such day");`);
    await expect(loadSystem(path)).rejects.toThrow(/throws\.ts: evaluating it failed: no such day/);
  });

  it("needs a default export", async () => {
    await expect(loadSystem(file("empty.ts", begin))).rejects.toThrow(/empty\.ts: exports no description/);
  });

  it("needs a file", async () => {
    await expect(loadSystem(join(folder, "nowhere.ts"))).rejects.toThrow(/nowhere\.ts: no such file/);
  });
});

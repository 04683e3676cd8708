import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { intrinsicsSource } from "./intrinsics-source";
import { SourceMap } from "./source-map";
import { SourceTree } from "./source-tree";

const files: Record<string, string> = {
  "/home/u/app/main.ts":
    'import { f } from "rel4";\nexport { g } from "rel4/sub";\nimport { h } from "./h";\n',
  "/home/u/runtime/src/index.ts": "export const f = 1;\n",
};

const tree = (over: object = {}) =>
  new SourceTree({
    entries: ["/home/u/app/main.ts"],
    readFile: (path) => files[path] ?? null,
    packages: { rel4: "/home/u/runtime/src/index.ts" },
    ...over,
  });

describe("the source tree", () => {
  it("names files relative to what the inputs share", () => {
    expect(tree().entryNames()[0]).toBe("app/main.ts");
    expect(tree().pathOf("runtime/src/index.ts")).toBe("/home/u/runtime/src/index.ts");
  });

  it("makes package imports relative, so that a file is one module however it is imported", async () => {
    expect(await tree().read("app/main.ts")).toBe(
      'import { f } from "../runtime/src/index";\nexport { g } from "../runtime/src/sub";\nimport { h } from "./h";\n',
    );
  });

  it("reads programs that share no directory with the packages", async () => {
    const text = 'import { f } from "rel4";\n';
    const sources = new SourceTree({
      entries: ["/tmp/app/main.ts"],
      packages: { rel4: "/home/u/runtime/src/index.ts" },
      readFile: (path) => (path === "/tmp/app/main.ts" ? text : null),
    });
    expect(sources.entryNames()[0]).toBe("tmp/app/main.ts");
    expect(sources.pathOf("tmp/app/other.ts")).toBe("/tmp/app/other.ts");
    expect(await sources.read("tmp/app/main.ts")).toBe(
      'import { f } from "../../home/u/runtime/src/index";\n',
    );
  });

  it("lets overrides replace files", async () => {
    const overrides = { "/home/u/abi/config.ts": "export const HARTS = 1;\n" };
    expect(await tree({ overrides }).read("abi/config.ts")).toBe("export const HARTS = 1;\n");
  });

  it("knows lines and columns of what it read", async () => {
    const sources = tree();
    await sources.read("app/main.ts");
    expect(sources.positionOf("app/main.ts", 0)).toEqual({ line: 1, column: 1 });
    expect(sources.positionOf("nobody.ts", 5)).toEqual({ line: 0, column: 0 });
  });
});

describe("the built-in intrinsics", () => {
  it("are those of compiler/lib/rv.ts", () => {
    const text = readFileSync(new URL("../../lib/rv.ts", import.meta.url), "utf8");
    const declarations = (source: string) =>
      source
        .split("\n")
        .filter((line) => line.startsWith("export declare"))
        .sort();
    expect(declarations(intrinsicsSource())).toEqual(declarations(text));
  });
});

describe("a source map", () => {
  it("gives the last place at or before an offset in its function", () => {
    const map = new SourceMap(
      JSON.stringify({ sources: ["a.ts"], mappings: "IAAA,IAEC" }),
      (source) => `/root/${source}`,
    );
    expect(map.locate(8, 9, 20)).toBeUndefined();
    expect(map.locate(4)).toEqual({ file: "/root/a.ts", line: 1, column: 1 });
    expect(map.locate(9)).toEqual({ file: "/root/a.ts", line: 3, column: 2 });
  });
});

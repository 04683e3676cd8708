import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompileError } from "@rel4/compiler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, buildSystem, SystemError } from "../src/index";
import { runImage } from "./run-system";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rel4-build-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The error a build ends with. */
async function errorOf(build: Promise<unknown>): Promise<Error & { hint?: string }> {
  return build.then(
    () => {
      throw new Error("the build succeeded");
    },
    (error) => error,
  );
}

describe("a program anywhere on disk", () => {
  it("is compiled, with the files it imports, and runs", async () => {
    file("words.ts", 'export function greeting(): string {\n  return "Guten Tag";\n}\n');
    const path = file(
      "my program.ts",
      'import { Process } from "rel4";\nimport { greeting } from "./words";\nexport function main(): i32 {\n  console.log(greeting() + " " + Process.arguments[0]);\n  return 3;\n}\n',
    );
    const built = await buildProgram(path, { arguments: { program: ["Welt"] } });
    expect(built.description.programs[0]!.name).toBe("my-program");
    expect(await runImage(built.image)).toMatchObject({
      output: 'Guten Tag Welt\nrel4: program "my-program" ended with exit code 3\n',
      end: 3,
    });
  });

  it("with a mistake gets the compiler's message, with the place", async () => {
    const path = file("typo.ts", "export function main(): i32 {\n  return lenght;\n}\n");
    const error = await errorOf(buildProgram(path));
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toMatch(/typo\.ts:2:10: .*'lenght'/);
  });

  it("that needs floating point is refused, with the place, for a kernel that has none", async () => {
    file(
      "float.ts",
      "export function main(): i32 {\n  let x: f64 = 1;\n  for (let i = 0; i < 9; i++) x *= 1.5;\n  return <i32>x;\n}\n",
    );
    const description = { kernel: { fpu: false }, programs: { float: { source: "./float.ts" } } };
    const error = await errorOf(buildSystem({ description, directory: folder }));
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toMatch(/float\.ts:\d+:\d+: .*without floating point/);
  });
});

describe("a system that cannot be built says why", () => {
  it.each([
    ["a missing source", { source: "./nowhere.ts" }, /programs\.a: there is no file .*nowhere\.ts/],
    ["a folder as source", { source: "./folder" }, /programs\.a: .*folder is a directory/],
    [
      "too little memory for its data",
      { source: "./big.ts", memory: "64K" },
      /programs\.a: 64 KiB of memory is too little/,
    ],
  ])("%s", async (_, program, message) => {
    mkdirSync(join(folder, "folder"), { recursive: true });
    file(
      "big.ts",
      "const table = memory.data(100_000);\nexport function main(): i32 {\n  return load<u8>(table);\n}\n",
    );
    const error = await errorOf(
      buildSystem({ description: { programs: { a: program } }, directory: folder }),
    );
    expect(error).toBeInstanceOf(SystemError);
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it("a machine too small for its programs", async () => {
    file("small.ts", "export function main(): void {}\n");
    const programs = { a: { source: "./small.ts", memory: "16M" } };
    const description = { machine: { memory: "16M" }, programs };
    const error = await errorOf(buildSystem({ description, directory: folder }));
    expect(error.message).toMatch(/machine\.memory: 16 MiB is too little: .* need about 22\.3 MiB/);
  });

  it("names the description's file", async () => {
    const path = file(
      "system.ts",
      'import { defineSystem } from "rel4/system";\nexport default defineSystem({ programs: { a: { source: "./gone.ts" } } });\n',
    );
    expect((await errorOf(buildSystem(path))).message).toMatch(/system\.ts: programs\.a: there is no file/);
  });

  it("arguments for a program it does not have", async () => {
    const description = { programs: { a: { source: "./small.ts" } } };
    const error = await errorOf(buildSystem({ description, directory: folder }, { arguments: { b: ["x"] } }));
    expect(error.message).toMatch(/arguments for "b", but there is no such program/);
  });
});

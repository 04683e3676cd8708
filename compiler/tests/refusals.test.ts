/** What the compiler says about programs it cannot compile: file, line and reason. */
import { describe, expect, it } from "vitest";
import { CompileError, compile } from "../src";
import { bareMetalOptions, LOW } from "./bare-metal";

const options = bareMetalOptions(LOW, ["main"], { bitmanip: true, compressed: true });

/** The messages of the CompileError that compiling these files throws. */
async function complaints(files: Record<string, string>): Promise<string> {
  try {
    await compile({
      ...options,
      entries: ["/app/main.ts"],
      readFile: (path) => files[path] ?? null,
      runtime: "stub",
      memoryPages: 100,
    });
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "no complaint";
}

const main = (body: string) => complaints({ "/app/main.ts": body });

describe("refused", () => {
  it("are floating-point numbers where the target has none, at their place", async () => {
    const source =
      "export function main(): i32 {\n  return load<i32>(64);\n}\n\nexport function half(x: f64): f64 {\n  return x / 2;\n}\n";
    expect(await main(source)).toMatch(
      /^\/app\/main\.ts:[56]:\d+: this code is compiled for a target without floating point: a value of type f64/,
    );
  });

  it("are floating-point instructions there whose numbers never have a name", async () => {
    const source =
      "export function main(): i32 {\n  store<f64>(64, load<f64>(72));\n  return <i32>sqrt(load<f32>(80));\n}\n";
    expect(await main(source)).toMatch(
      /^\/app\/main\.ts:[23]:\d+: this code is compiled for a target without floating point: instruction 0x2b/,
    );
  });

  it("are type errors, all of them", async () => {
    const source = "export function main(): i32 {\n  let a: i32 = missing;\n  return nothing();\n}\n";
    const text = await main(source);
    expect(text).toMatch(/^\/app\/main\.ts:2:16: Cannot find name 'missing'/);
    expect(text).toMatch(/^\/app\/main\.ts:3:10: Cannot find name 'nothing'/m);
  });

  it("are features the dialect lacks", async () => {
    expect(
      await main(
        "export function main(): i32 {\n  let n = 1;\n  const f = (): i32 => n;\n  return f();\n}\n",
      ),
    ).toMatch(/^\/app\/main\.ts:3:\d+: .*[Cc]losures/);
  });

  it("are missing files and packages", async () => {
    expect(await complaints({})).toMatch(/file '\/app\/main\.ts' not found/);
    expect(await main('import { f } from "./lost";\nexport function main(): i32 { return f(); }\n')).toMatch(
      /^\/app\/main\.ts:1:\d+: file '\/app\/lost\.ts' not found/,
    );
    expect(await main('import { f } from "leftpad";\nexport function main(): i32 { return f(); }\n')).toMatch(
      /^\/app\/main\.ts:1:\d+: package 'leftpad' not found/,
    );
  });

  it("are imports that nothing provides", async () => {
    const source =
      "declare function outside(): i32;\nexport function main(): i32 {\n  return outside();\n}\n";
    expect(await main(source)).toMatch(/nothing provides the import main\.outside.*needed by main/);
  });

  it("are assembly functions and linker symbols that do not exist", async () => {
    const files = {
      "/app/main.ts": 'import { lost } from "./asm";\nexport function main(): i32 { lost(); return 1; }\n',
      "/app/asm.ts": "export declare function lost(): void;\n",
    };
    expect(await complaints(files)).toMatch(/no assembly fragment defines "lost" \(needed by main\)/);
    const linker = {
      "/app/main.ts":
        'import { __nowhere } from "./link";\nexport function main(): i32 { return <i32>__nowhere(); }\n',
      "/app/link.ts": "export declare function __nowhere(): u64;\n",
    };
    expect(await complaints(linker)).toMatch(
      /^\/app\/main\.ts:2:\d+: the linker defines no symbol "__nowhere" \(needed by main\)/,
    );
  });

  it("are CSR numbers that are not constant", async () => {
    const source =
      'import { csrRead } from "rv";\nexport function main(n: u32): i32 {\n  return <i32>csrRead(n);\n}\n';
    expect(await main(source)).toMatch(/^\/app\/main\.ts:3:\d+: .*constant/);
  });
});

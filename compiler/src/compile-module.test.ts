import { describe, expect, it } from "vitest";
import { i32Const, i64Const, type Signature, WasmBuilder } from "../tests/wasm-builder";
import { compileModule, STAGES } from "./compile-module";
import { CompileError } from "./diagnostics";
import type { BackendOptions } from "./link/module-object";

const OPTIONS: BackendOptions = {
  isa: { bitmanip: false, compressed: true },
  memoryPages: 16,
  optimize: true,
  locate: (offset) => ({ file: "sample.ts", line: offset, column: 1 }),
};

const NOTHING: Signature = { params: [], result: null };
const NUMBER: Signature = { params: [], result: "i32" };

function moduleOf(code: number[], signature = NUMBER): Uint8Array {
  const builder = new WasmBuilder();
  builder.addFunction({ signature, locals: [], code }, "run");
  return builder.build();
}

function diagnosticOf(wasm: Uint8Array): { file: string; line: number; message: string } {
  try {
    compileModule(wasm, OPTIONS);
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics[0]!;
    throw error;
  }
  throw new Error("was not refused");
}

describe("what the compiler refuses", () => {
  it("refuses floating point with position, function and reason", () => {
    // f32.const 1; i32.trunc_f32_s
    const { file, line, message } = diagnosticOf(moduleOf([0x43, 0, 0, 0x80, 0x3f, 0xa8]));
    expect(file).toBe("sample.ts");
    expect(line).toBeGreaterThan(0);
    expect(message).toMatch(/floating point.*function run/);
  });

  it("refuses SIMD", () => {
    expect(
      diagnosticOf(moduleOf([0xfd, 0x0c, ...Array(16).fill(0), 0x1a, ...i32Const(0)])).message,
    ).toContain("SIMD");
  });

  it("ignores floating point in functions that nothing reaches", () => {
    const builder = new WasmBuilder();
    builder.addFunction({ signature: NUMBER, locals: [], code: [0x43, 0, 0, 0x80, 0x3f, 0xa8] });
    builder.addFunction({ signature: NUMBER, locals: [], code: i32Const(1) }, "run");
    const names = compileModule(builder.build(), OPTIONS).fragments.map(({ name }) => name);
    expect(names).toContain("run");
    expect(names).not.toContain("function[0]");
  });

  it("refuses a file that is no wasm, and a truncated one", () => {
    expect(diagnosticOf(new Uint8Array([1, 2, 3])).message).toContain("not a wasm");
    expect(diagnosticOf(moduleOf(i32Const(1)).slice(0, 30)).message).toContain("unexpected end");
  });
});

describe("a compiled module", () => {
  it("runs the start function through __wasm_start, which always exists", () => {
    const names = compileModule(moduleOf([], NOTHING), OPTIONS).fragments.map(({ name }) => name);
    expect(names).toContain("__wasm_start");
  });

  it("keeps mutable globals only, numbered without gaps", () => {
    const builder = new WasmBuilder();
    builder.addGlobal("i32", false, 5n);
    builder.addGlobal("i64", true, -7n);
    builder.addFunction({ signature: NUMBER, locals: [], code: [0x23, 0, 0x23, 1, 0xa7, 0x6a] }, "run");
    const compiled = compileModule(builder.build(), OPTIONS);
    expect(compiled.globals).toEqual([-7n]);
    expect(compiled.dumpIR("run", "ssa")).toContain("globalGet [index=0]");
  });

  it("has one dispatch table for each signature that is called, trapping where the signature differs", () => {
    const builder = new WasmBuilder();
    const wide: Signature = { params: [], result: "i64" };
    const small = builder.addFunction({ signature: NUMBER, locals: [], code: i32Const(3) });
    const other = builder.addFunction({ signature: wide, locals: [], code: i64Const(4n) });
    builder.setTable([small, other]);
    const call = [...i32Const(0), 0x11, builder.typeIndex(NUMBER), 0];
    builder.addFunction({ signature: NUMBER, locals: [], code: call }, "run");
    const { fragments } = compileModule(builder.build(), OPTIONS);
    const table = fragments.find(({ name }) => name === "__functions ->i32")!;
    expect(table.section).toBe("rodata");
    expect(table.items.map((item) => (item.kind === "data" ? item.value : null))).toEqual([
      { symbol: "function[0]" },
      { symbol: "__trap" },
    ]);
    expect(fragments.map(({ name }) => name)).toContain("__trap");
    expect(fragments.map(({ name }) => name)).not.toContain("function[1]");
  });

  it("links in only the helpers that are needed", () => {
    const names = compileModule(moduleOf([...i32Const(7), 0x67]), OPTIONS).fragments.map(({ name }) => name);
    expect(names).not.toContain("__popcnt64");
    const builder = new WasmBuilder();
    builder.addFunction(
      { signature: { params: ["i32"], result: "i32" }, locals: [], code: [0x20, 0, 0x68] },
      "run",
    );
    const needed = compileModule(builder.build(), OPTIONS).fragments.map(({ name }) => name);
    expect(needed).toEqual(expect.arrayContaining(["__ctz32", "__ctz64", "__popcnt64"]));
  });

  it("answers memory.size with the fixed size", () => {
    expect(compileModule(moduleOf([0x3f, 0]), OPTIONS).dumpIR("run", "ssa")).toContain("return 16:i32");
  });

  it("shows every stage of a function", () => {
    const compiled = compileModule(moduleOf([...i32Const(2), ...i32Const(3), 0x6c]), OPTIONS);
    for (const stage of STAGES) expect(compiled.dumpIR("run", stage)).toContain("run");
    expect(compiled.dumpIR("run", "number-values-1")).toContain("return 6:i32");
    expect(() => compiled.dumpIR("run", "nonsense")).toThrow("stages: ssa");
    expect(() => compiled.dumpIR("walk", "ssa")).toThrow("no function named walk");
  });
});

import { describe, expect, it } from "vitest";
import { i32Const, i64Const, type Signature, WasmBuilder } from "../tests/wasm-builder";
import { fragmentText } from "./assembler/disassemble";
import { compileModule, STAGES } from "./compile-module";
import { CompileError } from "./diagnostics";
import type { BackendOptions, ModuleObject } from "./link/module-object";

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
    expect(compiled.globals.map(({ initial }) => initial)).toEqual([-7n]);
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

describe("a module that switches stacks", () => {
  const PAIR: Signature = { params: ["i32", "i32"], result: null };
  const WIDE: Signature = { params: [], result: "i64" };
  const SUSPENDING = /suspends=1|switchStack/;

  /** Functions: leaf (switches), caller of leaf, `pure`; the table is [caller, pure, wide]. */
  function build(more: (builder: WasmBuilder, leaf: number) => void, imports: string[] = []): ModuleObject {
    const builder = new WasmBuilder();
    const intrinsic = builder.addImport("rv", "switchStack", PAIR);
    if (imports.includes("functionAddress"))
      builder.addImport("rv", "functionAddress", { params: ["i32"], result: "i64" });
    const code = [...i32Const(8), ...i32Const(64), 0x10, intrinsic];
    const leaf = builder.addFunction({ signature: NOTHING, locals: [], code });
    const caller = builder.addFunction({ signature: NUMBER, locals: [], code: [0x10, leaf, ...i32Const(1)] });
    const pure = builder.addFunction({ signature: NUMBER, locals: [], code: i32Const(2) });
    const wide = builder.addFunction({ signature: WIDE, locals: [], code: i64Const(3n) });
    builder.setTable([caller, pure, wide]);
    more(builder, leaf);
    return compileModule(builder.build(), OPTIONS);
  }
  const names = ({ fragments }: ModuleObject): string[] => fragments.map(({ name }) => name);

  it("knows that an indirect call suspends if a function of its signature in the table does", () => {
    const compiled = build((builder) => {
      const indirect = (signature: Signature) => [...i32Const(1), 0x11, builder.typeIndex(signature), 0];
      builder.addFunction({ signature: NUMBER, locals: [], code: indirect(NUMBER) }, "runs");
      builder.addFunction({ signature: WIDE, locals: [], code: indirect(WIDE) }, "other");
      const direct = [...i32Const(0), 0x1a, 0x10, 3, 0x10, 3, 0x6a];
      builder.addFunction({ signature: NUMBER, locals: [], code: direct }, "direct");
    });
    expect(compiled.dumpIR("runs", "ssa")).toMatch(SUSPENDING);
    expect(compiled.dumpIR("other", "ssa")).not.toMatch(SUSPENDING);
    expect(compiled.dumpIR("direct", "ssa"), "the function called directly does not").not.toMatch(SUSPENDING);
  });

  it("finds functions that suspend through others, and a cycle of them", () => {
    const compiled = build((builder, leaf) => {
      const first = builder.nextFunction;
      builder.addFunction({ signature: NOTHING, locals: [], code: [0x10, first + 1] });
      builder.addFunction({ signature: NOTHING, locals: [], code: [0x10, first, 0x10, leaf] });
      builder.addFunction({ signature: NOTHING, locals: [], code: [0x10, first] }, "run");
    });
    expect(compiled.dumpIR("run", "ssa")).toMatch(SUSPENDING);
  });

  it("gives exported functions that suspend an entry that preserves registers; code calls the body", () => {
    const compiled = build((builder, leaf) => {
      const inner = builder.addFunction({ signature: NOTHING, locals: [], code: [0x10, leaf] }, "inner");
      builder.addFunction({ signature: NOTHING, locals: [], code: [0x10, inner] }, "outer");
      builder.addFunction({ signature: NUMBER, locals: [], code: i32Const(5) }, "plain");
    });
    expect(names(compiled)).toEqual(
      expect.arrayContaining(["inner", "inner.body", "outer", "outer.body", "plain"]),
    );
    expect(names(compiled)).not.toContain("plain.body");
    expect(compiled.dumpIR("outer", "ssa")).toContain('call [symbol="inner.body" suspends=1]');
    expect(compiled.exports.get("outer")).toBe("outer");
  });

  it("gives functions of the table such an entry only for functionAddress", () => {
    const indirect = (builder: WasmBuilder): void => {
      const code = [...i32Const(0), 0x11, builder.typeIndex(NUMBER), 0];
      builder.addFunction({ signature: NUMBER, locals: [], code }, "run");
    };
    expect(names(build(indirect)).filter((name) => name.endsWith(".body"))).toEqual(["run.body"]);
    const compiled = build(
      (builder) => {
        indirect(builder);
        builder.addFunction({ signature: WIDE, locals: [], code: [...i32Const(0), 0x10, 1] }, "address");
      },
      ["functionAddress"],
    );
    const entries = (table: string) =>
      compiled.fragments
        .find(({ name }) => name === table)!
        .items.map((item) => (item.kind === "data" && typeof item.value === "object" ? item.value : null));
    expect(entries("__functions ->i32").slice(0, 2)).toEqual([
      { symbol: "function[3].body" },
      { symbol: "function[4]" },
    ]);
    expect(entries("__functions").slice(0, 2)).toEqual([
      { symbol: "function[3]" },
      { symbol: "function[4]" },
    ]);
  });
});

describe("a condition that is unlikely", () => {
  const FLAG: Signature = { params: ["i32"], result: "i32" };

  /** Assembly of a function with a parameter; `code` gets the index of the intrinsic and of a function without result. */
  function assembly(code: (unlikely: number, other: number) => number[]): string {
    const builder = new WasmBuilder();
    const unlikely = builder.addImport("rv", "unlikely", FLAG);
    const other = builder.addImport("asm", "other", NOTHING);
    builder.addFunction({ signature: FLAG, locals: [], code: code(unlikely, other) }, "run");
    return fragmentText(compileModule(builder.build(), OPTIONS).fragments[0]!);
  }

  it("has its consequence behind the function's usual end", () => {
    const text = assembly((unlikely, other) => [
      ...[0x20, 0, 0x10, unlikely, 0x04, 0x40, 0x10, other, 0x0b, ...i32Const(1)],
    ]);
    expect(text.indexOf("jalr zero, ra, 0")).toBeLessThan(text.indexOf("call other"));
  });

  it("may be inverted, and may leave a block", () => {
    const inverted = assembly((unlikely, other) => [
      ...[0x20, 0, 0x10, unlikely, 0x45, 0x04, 0x40, ...i32Const(5), 0x0f, 0x0b, 0x10, other, ...i32Const(1)],
    ]);
    expect(inverted.indexOf("jalr zero, ra, 0")).toBeLessThan(inverted.indexOf("call other"));
    const leaving = assembly((unlikely, other) => [
      ...[0x02, 0x40, 0x20, 0, 0x10, unlikely, 0x0d, 0, ...i32Const(5), 0x0f, 0x0b],
      ...[0x10, other, ...i32Const(1)],
    ]);
    expect(leaving.indexOf("jalr zero, ra, 0")).toBeLessThan(leaving.indexOf("call other"));
  });
});

describe("floating point that is nowhere in a program", () => {
  const HANDLER: Signature = { params: ["i64"], result: "i64" };
  const FLOAT_OPTIONS: BackendOptions = { ...OPTIONS, isa: { ...OPTIONS.isa, floatingPoint: true } };
  /** local 0 as a number, its root, as an integer */
  const ROOT = [0x20, 0, 0xb9, 0x9f, 0xfc, 0x06];

  /**
   * A program that switches stacks both ways and installs handlers: `plain` and `calling`, which calls `helper`.
   * @param floats where to use floating point
   */
  function build(floats: "nowhere" | "elsewhere" | "in what a handler calls"): ModuleObject {
    const builder = new WasmBuilder();
    const pair: Signature = { params: ["i32", "i32"], result: null };
    const switchStack = builder.addImport("rv", "switchStack", pair);
    const contextSwitch = builder.addImport("rv", "contextSwitch", pair);
    const address = builder.addImport("rv", "handlerAddress", { params: ["i32"], result: "i64" });
    const helper = builder.addFunction({
      signature: HANDLER,
      locals: [],
      code: floats === "in what a handler calls" ? ROOT : [0x20, 0],
    });
    const plain = builder.addFunction({ signature: HANDLER, locals: [], code: [0x20, 0] });
    const calling = builder.addFunction({ signature: HANDLER, locals: [], code: [0x20, 0, 0x10, helper] });
    const other = builder.addFunction({ signature: NUMBER, locals: [], code: i32Const(1) });
    builder.setTable([plain, calling, other]);
    const both = (intrinsic: number) => [...i32Const(8), ...i32Const(64), 0x10, intrinsic];
    const code = [...both(switchStack), ...both(contextSwitch), ...i32Const(0), 0x10, address];
    builder.addFunction({ signature: { params: [], result: "i64" }, locals: [], code }, "run");
    if (floats === "elsewhere") builder.addFunction({ signature: HANDLER, locals: [], code: ROOT }, "root");
    return compileModule(builder.build(), FLOAT_OPTIONS);
  }
  const textOf = ({ fragments }: ModuleObject, name: string): string =>
    fragmentText(fragments.find((fragment) => fragment.name === name)!);
  const handlers = (compiled: ModuleObject): string[] =>
    textOf(compiled, "__handlers")
      .split("\n")
      .slice(1, -1)
      .map((line) => line.replace(/ *\.word /, ""));

  it("costs nothing", () => {
    const compiled = build("nowhere");
    expect(compiled.usesFloats).toBe(false);
    expect(compiled.fragments.map(fragmentText).join("")).not.toMatch(/\b(fs|fa|ft)\d|csrr/);
    expect(handlers(compiled)).toEqual(["function[4]", "function[5]", "__trap"]);
  });

  it("elsewhere costs switches of stacks fs0–fs11, and handlers nothing", () => {
    const compiled = build("elsewhere");
    expect(compiled.usesFloats).toBe(true);
    expect(textOf(compiled, "run")).toMatch(/fsd fs11/);
    expect(textOf(compiled, "__contextSwitch")).toMatch(/fsd fs11.*fld fs11/s);
    expect(handlers(compiled)).toEqual(["function[4]", "function[5]", "__trap"]);
  });

  it("in what a handler calls makes that handler, and no other, save the registers calls may change, and fcsr", () => {
    const compiled = build("in what a handler calls");
    expect(handlers(compiled)).toEqual(["function[4]", "function[5].handler", "__trap"]);
    const entry = textOf(compiled, "function[5].handler");
    expect(entry.match(/^ *fsd f[ta]\d+, /gm)).toHaveLength(20);
    expect(entry.match(/^ *fld f[ta]\d+, /gm)).toHaveLength(20);
    expect(entry).toMatch(/csrrs t0, 0x3, zero.*call function\[5\].*csrrw zero, 0x3, t0/s);
  });
});

import { describe, expect, it } from "vitest";
import { Assembler } from "../assembler/assembler";
import { type Fragment, fragment, instruction } from "../assembler/instruction";
import { reg } from "../assembler/registers";
import { CompileError } from "../diagnostics";
import { readElf } from "../elf/read";
import { type LinkOptions, link, staticDataBase } from "./link";
import type { ModuleObject } from "./module-object";

const options: LinkOptions = {
  textBase: 0x40_0000n,
  dataBase: 0x1000_0000,
  compressed: true,
  entry: "start",
  imports: {},
  assembly: [],
};

function assembly(name: string, build: (a: Assembler) => void): Fragment {
  const a = new Assembler(name);
  build(a);
  return a.finish();
}

function moduleWith(fragments: Fragment[], fields: Partial<ModuleObject> = {}): ModuleObject {
  return {
    fragments,
    globals: [],
    data: [],
    imports: [],
    usesFloats: false,
    exports: new Map(fragments.map(({ name }) => [name, name])),
    exportedConstants: new Map(),
    dumpIR: () => "",
    ...fields,
  };
}

const start = () => assembly("start", (a) => a.ret());
const diagnosticsOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "no error";
};

describe("the linker", () => {
  it("puts text and data into two segments with symbols and sizes", () => {
    const module = moduleWith([start()], {
      globals: [{ initial: 1n }, { initial: -1n }],
      data: [{ address: 0x1000_1000, bytes: new Uint8Array([1, 2, 3]) }],
    });
    const { elf, sizes } = link(module, { ...options, heapBase: 0x1000_2000 });
    const file = readElf(elf);
    expect(file.entry).toBe(0x40_0000n);
    expect(file.segments.map((s) => [s.address, s.executable, s.writable, s.memorySize])).toEqual([
      [0x40_0000n, true, false, 16],
      [0x1000_0000n, false, true, 0x2000],
    ]);
    expect([...file.segments[1]!.bytes.slice(0, 16)]).toEqual([
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...new Array(8).fill(255),
    ]);
    expect([...file.segments[1]!.bytes.slice(0x1000)]).toEqual([1, 2, 3]);
    expect(sizes).toEqual({ text: 2, readOnly: 14, data: 0x1003, zero: 0xffd });
    const symbols = new Map(file.symbols.map((symbol) => [symbol.name, symbol]));
    expect(symbols.get("start")).toEqual({ name: "start", address: 0x40_0000n, size: 2, kind: "function" });
    expect(symbols.get("__global_pointer")?.address).toBe(0x1000_0800n);
    expect(symbols.get("__heap_base")?.address).toBe(0x1000_2000n);
  });

  it("sign-extends kernel addresses and loads them at the physical address", () => {
    const { elf } = link(moduleWith([start()]), {
      ...options,
      textBase: 0xffff_ffff_8020_0000n,
      dataBase: 0x8040_0000,
    });
    const [text, data] = readElf(elf).segments;
    expect(text!.physicalAddress).toBe(0x8020_0000n);
    expect(data!.address).toBe(0xffff_ffff_8040_0000n);
    expect(data!.physicalAddress).toBe(0x8040_0000n);
  });

  it("writes jump tables and tables of functions as addresses", () => {
    const f = start();
    f.items.unshift({ kind: "label", label: 7 }, instruction("addi", { rd: 10, imm: 1 }));
    f.jumpTables.push({ symbol: "table", targets: [7, 7] });
    const functions = fragment("__function_table", "rodata");
    functions.items.push(
      { kind: "data", size: 4, value: { symbol: "start" } },
      { kind: "data", size: 4, value: 0n },
    );
    const { elf, symbols } = link(moduleWith([f, functions]), options);
    const [text] = readElf(elf).segments;
    const view = new DataView(text!.bytes.buffer);
    const offset = (name: string) => Number(symbols.find((s) => s.name === name)!.address - options.textBase);
    expect(view.getUint32(offset("table"), true)).toBe(0x40_0000);
    expect(view.getUint32(offset("table") + 4, true)).toBe(0x40_0000);
    expect(view.getUint32(offset("__function_table"), true)).toBe(0x40_0000);
  });

  it("gives variables and exported constants symbols, which are for debuggers and define nothing for code", () => {
    const globals = [{ initial: 1n }, { name: "main/count", initial: 2n }, { name: "start", initial: 3n }];
    const exportedConstants = new Map([
      ["offset", 12n],
      ["table", -0x8000_0000n],
    ]);
    const { symbols } = link(moduleWith([start()], { globals, exportedConstants }), options);
    const find = (name: string) => symbols.filter((symbol) => symbol.name === name);
    expect(find("main/count")).toEqual([
      { name: "main/count", address: 0x1000_0008n, size: 8, kind: "object" },
    ]);
    expect(find("offset")).toEqual([{ name: "offset", address: 12n, size: 0, kind: "object" }]);
    expect(find("table")[0]!.address).toBe(0xffff_ffff_8000_0000n);
    expect(find("start").map(({ kind }) => kind)).toEqual(["function"]);
    const lost = assembly("start", (a) => a.la(reg.a0, "offset"));
    expect(diagnosticsOf(() => link(moduleWith([lost], { exportedConstants }), options))).toMatch(
      /"offset" is not defined/,
    );
  });

  it("binds imports to exports", () => {
    const caller = assembly("start", (a) => a.tail("env.abort"));
    const abort = assembly("onAbort", (a) => a.ret());
    const imports = [{ symbol: "env.abort", module: "env", name: "abort" }];
    const { elf } = link(moduleWith([caller, abort], { imports }), {
      ...options,
      imports: { "env.abort": "onAbort" },
    });
    const view = new DataView(readElf(elf).segments[0]!.bytes.buffer);
    // c.j over 4 bytes: the caller's 2 bytes and the alignment.
    expect(view.getUint16(0, true)).toBe(0xa011);
  });

  it("gives every export name of a function that the optimiser merged with another a symbol", () => {
    const exports = new Map([
      ["start", "start"],
      ["again", "start"],
    ]);
    const caller = assembly("caller", (a) => a.tail("again"));
    const { symbols } = link(moduleWith([start(), caller], { exports }), { ...options, entry: "again" });
    const addressOf = (name: string) => symbols.find((symbol) => symbol.name === name)?.address;
    expect(addressOf("again")).toBe(addressOf("start"));
  });

  it("says which import nothing provides, and who needs it", () => {
    const call = instruction("call", {
      rd: reg.ra,
      symbol: { name: "env.abort", use: "call" },
      position: { file: "main.ts", line: 3, column: 5 },
    });
    const f = start();
    f.items.unshift(call);
    const imports = [{ symbol: "env.abort", module: "env", name: "abort" }];
    expect(diagnosticsOf(() => link(moduleWith([f], { imports }), options))).toMatch(
      /^main.ts:3:5: nothing provides the import env.abort; .* \(needed by start\)$/,
    );
    expect(
      diagnosticsOf(() =>
        link(moduleWith([f], { imports }), { ...options, imports: { "env.abort": "nobody" } }),
      ),
    ).toMatch(/env.abort is bound to "nobody", which nothing exports/);
  });

  it("names undefined symbols, double definitions and a missing entry", () => {
    const lost = assembly("start", (a) => a.la(reg.a0, "nowhere"));
    expect(diagnosticsOf(() => link(moduleWith([lost]), options))).toMatch(
      /"nowhere" is not defined \(needed by start\)/,
    );
    expect(diagnosticsOf(() => link(moduleWith([start(), start()]), options))).toMatch(
      /"start" is defined twice/,
    );
    expect(diagnosticsOf(() => link(moduleWith([start()]), { ...options, entry: "main" }))).toMatch(
      /entry symbol "main"/,
    );
  });

  it("refuses overlapping areas", () => {
    const data = [{ address: 0x1000_0008, bytes: new Uint8Array(1) }];
    expect(diagnosticsOf(() => link(moduleWith([start()], { data }), options))).toMatch(
      /overlaps the globals/,
    );
    expect(diagnosticsOf(() => link(moduleWith([start()]), { ...options, dataBase: 0x40_0000 }))).toMatch(
      /text .* overlap the data/,
    );
    expect(diagnosticsOf(() => link(moduleWith([start()]), { ...options, textBase: 0x8000_0000n }))).toMatch(
      /textBase/,
    );
  });

  it("makes room for more globals than gp reaches", () => {
    const globals = Array.from({ length: 1000 }, (_, index) => ({ initial: BigInt(index) }));
    expect(staticDataBase(0x1000_0000, [], globals.length)).toBe(0x1000_0000 + 8000);
    const { elf } = link(moduleWith([start()], { globals }), options);
    const view = new DataView(readElf(elf).segments[1]!.bytes.buffer);
    expect(view.getBigUint64(8 * 999, true)).toBe(999n);
  });

  it("aligns data fragments however many globals there are", () => {
    const globals = Array.from({ length: 700 }, () => ({ initial: 0n }));
    const table = fragment("table", "data");
    table.alignment = 4096;
    table.items.push({ kind: "data", size: 8, value: 1n });
    const { symbols } = link(moduleWith([start()], { globals }), { ...options, assembly: [table] });
    expect(symbols.find((symbol) => symbol.name === "table")?.address).toBe(0x1000_2000n);
    expect(staticDataBase(0x1000_0000, [table], globals.length)).toBe(0x1000_2010);
  });

  it("lengthens calls beyond a mebibyte", () => {
    const padding = fragment("padding");
    padding.items.push({ kind: "symbol", name: "inside" });
    for (let index = 0; index < 140_000; index++) padding.items.push({ kind: "data", size: 8, value: 0n });
    const caller = assembly("start", (a) => a.call("far"));
    const { elf } = link(moduleWith([caller, padding, assembly("far", (a) => a.ret())]), options);
    const view = new DataView(readElf(elf).segments[0]!.bytes.buffer);
    expect(view.getUint32(0, true) & 0xfff).toBe(0x097);
    expect(view.getUint32(4, true) & 0xfffff).toBe(0x080e7);
  });
});

/** AssemblyScript programs, compiled and run on our machine. */
import { describe, expect, it } from "vitest";
import { Assembler, type CompileOptions, compile, type Fragment, fragment, readElf, reg } from "../src";
import { bareMetalOptions, bootable, HIGH, type Layout, LOW, parseReports } from "./bare-metal";
import { runOnMachine } from "./run-image";

const ASSEMBLY_IMPORTS =
  "export declare function putCharacter(code: u32): void;\nexport declare function fail(): void;\n";
const PRELUDE = `import { fail, putCharacter } from "./asm";
export function onAbort(message: usize, file: usize, line: u32, column: u32): void { fail(); }
function print(text: string): void {
  for (let i = 0; i < text.length; i++) putCharacter(text.charCodeAt(i));
  putCharacter(10);
}
`;

interface Variant {
  layout?: Layout;
  runtime?: CompileOptions["runtime"];
  optimize?: boolean;
  bitmanip?: boolean;
}

/** Compiles `source` after the prelude, runs its export `main`, and returns what it printed and returned. */
async function run(source: string, variant: Variant = {}): Promise<{ text: string; result: unknown }> {
  const { layout = LOW, runtime = "incremental", optimize = true, bitmanip = true } = variant;
  const files: Record<string, string> = { "main.ts": PRELUDE + source, "asm.ts": ASSEMBLY_IMPORTS };
  const program = await compile({
    ...bareMetalOptions(layout, ["main"], { bitmanip, compressed: true }),
    entries: ["main.ts"],
    readFile: (path) => files[path] ?? null,
    imports: { "env.abort": "onAbort" },
    runtime,
    optimize,
    memoryPages: ((layout === LOW ? 0 : 0x8000_0000) + (32 << 20)) / 65536,
  });
  const { outcomes, text } = parseReports(await runOnMachine(bootable(program.elf, layout)));
  return { text, result: outcomes[0] };
}

const CLASSES = `
abstract class Shape {
  constructor(public name: string) {}
  abstract area(): i32;
  describe(): string { return this.name + "(" + this.area().toString() + ")"; }
}
class Rectangle extends Shape {
  constructor(public width: i32, public height: i32) { super("rectangle"); }
  area(): i32 { return this.width * this.height; }
}
class Square extends Rectangle {
  constructor(side: i32) { super(side, side); this.name = "square"; }
  describe(): string { return "[" + super.describe() + "]"; }
}
interface Labelled { label(): string; }
class Tag implements Labelled {
  constructor(public number: i32) {}
  label(): string { return "tag " + this.number.toString(); }
}
class Ticket implements Labelled {
  label(): string { return "ticket"; }
}
export function main(): i32 {
  const shapes: Shape[] = [];
  for (let i = 1; i <= 3; i++) { shapes.push(new Rectangle(i, 7 - i)); shapes.push(new Square(i)); }
  shapes.sort((a, b) => a.area() - b.area());
  print(shapes.map<string>((s) => s.describe()).join(", "));
  const totals = new Map<string, i32>();
  for (let i = 0; i < shapes.length; i++) {
    const name = shapes[i].name;
    totals.set(name, (totals.has(name) ? totals.get(name) : 0) + shapes[i].area());
  }
  const names = totals.keys();
  for (let i = 0; i < names.length; i++) print(names[i] + " " + totals.get(names[i]).toString());
  const labelled: Labelled[] = [new Tag(42), new Ticket()];
  for (let i = 0; i < labelled.length; i++) print(labelled[i].label());
  return 7;
}`;
const CLASSES_OUTPUT =
  "[square(1)], [square(4)], rectangle(6), [square(9)], rectangle(10), rectangle(12)\n" +
  "square 14\nrectangle 28\ntag 42\nticket\n";

const GARBAGE = `
export function main(): i32 {
  let hash: u32 = 0;
  let kept: string[] = [];
  for (let i = 0; i < 30000; i++) {
    const text = "item " + i.toString();
    const parts = text.split(" ");
    if (i % 1000 == 0) kept.push(parts[1]);
    hash = hash * 31 + parts[1].length + text.charCodeAt(text.length - 1);
  }
  print(kept.slice(0, 4).join("|") + " " + hash.toString());
  return memory.size();
}`;

const COROUTINES = `
import { contextSwitch, functionAddress } from "rv";
const mainContext = memory.data(112, 8), firstContext = memory.data(112, 8), secondContext = memory.data(112, 8);
const firstStack = memory.data(4096, 16), secondStack = memory.data(4096, 16);
let value: u32 = 0;
let done: u32 = 0;
// Yields from deep inside a recursion.
function walk(depth: u32): void {
  if (depth == 0) return;
  walk(depth - 1);
  value = depth;
  contextSwitch(firstContext, mainContext);
  walk(depth - 1);
}
function first(): void { walk(3); done |= 1; contextSwitch(firstContext, mainContext); }
function second(): void {
  for (let i: u32 = 0; i < 5; i++) { value = 10 + i; contextSwitch(secondContext, mainContext); }
  done |= 2;
  contextSwitch(secondContext, mainContext);
}
function prepare(context: usize, stack: usize, body: () => void): void {
  store<u64>(context, functionAddress(body.index));
  store<u64>(context, <u64>(stack + 4096), 8);
}
export function main(): i32 {
  prepare(firstContext, firstStack, first);
  prepare(secondContext, secondStack, second);
  while (done != 3) {
    if (!(done & 1)) { contextSwitch(mainContext, firstContext); if (!(done & 1)) putCharacter(65 + value); }
    if (!(done & 2)) { contextSwitch(mainContext, secondContext); if (!(done & 2)) putCharacter(65 + value); }
  }
  return 7;
}`;

describe("a program with classes, interfaces, strings, arrays and maps", () => {
  const variants: [string, Variant][] = [
    ["with the collector", {}],
    ["at kernel addresses", { layout: HIGH }],
    ["with the stub runtime", { runtime: "stub" }],
    ["without optimisation", { optimize: false }],
    ["without bit manipulation", { bitmanip: false }],
  ];
  it.each(variants)("runs %s", async (_, variant) => {
    expect(await run(CLASSES, variant)).toEqual({ text: CLASSES_OUTPUT, result: 7n });
  });
});

describe("the collector", () => {
  it("keeps what is used and finds memory for the rest", async () => {
    const { text, result } = await run(GARBAGE);
    let hash = 0;
    for (let i = 0; i < 30000; i++) hash = (Math.imul(hash, 31) + `${i}`.length + 48 + (i % 10)) >>> 0;
    expect(text).toBe(`0|1000|2000|3000 ${hash}\n`);
    expect(result).toBe(BigInt((32 << 20) / 65536));
  });
});

describe("coroutines", () => {
  it.each([
    ["user", LOW],
    ["kernel", HIGH],
  ] as const)("switch stacks at %s addresses", async (_, layout) => {
    expect(await run(COROUTINES, { layout, runtime: "stub" })).toEqual({ text: "BKCLBMDNBOCB", result: 7n });
  });
});

describe("global variables", () => {
  it("may be more than gp reaches", async () => {
    const count = 700;
    const names = Array.from({ length: count }, (_, index) => `g${index}`);
    const declarations = names.map((name, index) => `export let ${name}: i32 = ${index};`).join("\n");
    const changes = names.map((name) => `${name} += by;`).join(" ");
    const source = `${declarations}
let by: i32 = 1;
const words = memory.data<u32>([0xdead, 0xbeef]);
function change(): void { ${changes} }
export function main(): i32 {
  change();
  by = 2;
  change();
  return ${names.join(" + ")} + (load<u32>(words, 4) == 0xbeef ? 0 : 1000000);
}`;
    const { result } = await run(source, { runtime: "stub" });
    expect(result).toBe(BigInt((count * (count - 1)) / 2 + 3 * count));
  });
});

describe("assembly and linker symbols", () => {
  const files: Record<string, string> = {
    "asm.ts":
      "export declare function sum9(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32, h: i32, i: i64): i64;",
    "link.ts": "export declare function table(): u64;\nexport declare function __heap_base(): u64;",
    "main.ts": `import { sum9 } from "./asm";
import { __heap_base, table } from "./link";
export function call(): i64 { return sum9(1, 2, 3, 4, 5, 6, 7, 8, 1 << 40); }
export function words(): i64 { return load<i64>(<usize>table(), 8); }
export function heap(): bool { return __heap_base() == <u64><i64><i32>__heap_base(); }
`,
  };

  function sum9(): Fragment {
    const a = new Assembler("sum9");
    for (let register = reg.a1; register <= reg.a7; register++) a.add(reg.a0, reg.a0, register);
    a.ld(reg.a1, reg.sp, 0);
    a.add(reg.a0, reg.a0, reg.a1);
    a.ret();
    return a.finish();
  }

  it.each([
    ["user", LOW],
    ["kernel", HIGH],
  ] as const)("are reached by name at %s addresses", async (_, layout) => {
    const target = bareMetalOptions(layout, ["call", "words", "heap"], { bitmanip: true, compressed: true });
    const table = fragment("table", "data");
    table.items.push({ kind: "data", size: 8, value: 1n }, { kind: "data", size: 8, value: -2n });
    const program = await compile({
      ...target,
      assembly: [...(target.assembly ?? []), sum9(), table],
      entries: ["main.ts"],
      readFile: (path) => files[path] ?? null,
      runtime: "stub",
      memoryPages: 1,
    });
    const { outcomes } = parseReports(await runOnMachine(bootable(program.elf, layout)));
    expect(outcomes).toEqual([36n + (1n << 40n), -2n, 1n]);
  });
});

describe("a program's bytes", () => {
  it("do not depend on where its sources are", async () => {
    const build = async (root: string) => {
      const files: Record<string, string> = {
        [`${root}/app/main.ts`]:
          'import { f } from "lib";\nexport function main(): i32 { assert(f() > 0); return f(); }\n',
        [`${root}/lib/index.ts`]: "let count = 0;\nexport function f(): i32 { return ++count; }\n",
      };
      const program = await compile({
        ...bareMetalOptions(LOW, ["main"], { bitmanip: true, compressed: true }),
        entries: [`${root}/app/main.ts`],
        packages: { lib: `${root}/lib/index.ts` },
        readFile: (path) => files[path] ?? null,
        runtime: "incremental",
        imports: { "env.abort": "fail" },
        memoryPages: 1000,
      });
      return program.elf;
    };
    expect(await build("/home/a/work")).toEqual(await build("/srv/b"));
  });
});

describe("the symbols of a program", () => {
  it("name its variables, and the constants its entry file exports, but none that nothing changes", async () => {
    const files: Record<string, string> = {
      "main.ts": `import { Counter } from "./counter";
        export { table as counters } from "./counter";
        export const SIZE: u32 = <u32>offsetof<Counter>();
        export function main(): i32 { Counter.count += 1; return Counter.count + Counter.never; }`,
      "counter.ts": `export const table = memory.data(64, 8);
        export class Counter { static count: i32 = 40; static never: i32 = 2; first: u32; second: u32; }`,
    };
    const { elf, symbols } = await compile({
      ...bareMetalOptions(LOW, ["main"], { bitmanip: true, compressed: true }),
      entries: ["main.ts"],
      readFile: (path) => files[path] ?? null,
      runtime: "stub",
      imports: { "env.abort": "fail" },
      memoryPages: 1000,
    });
    const find = (name: string) => symbols.find((symbol) => symbol.name === name);
    expect(find("SIZE")?.address).toBe(8n);
    expect(find("counter/Counter.never")).toBeUndefined();
    const [, data] = readElf(elf).segments;
    const view = new DataView(data!.bytes.buffer);
    expect(view.getInt32(Number(find("counter/Counter.count")!.address - data!.address), true)).toBe(40);
    const table = find("counters")!.address;
    expect(table).toBeGreaterThan(data!.address);
    expect(table).toBeLessThanOrEqual(data!.address + BigInt(data!.memorySize - 64));
  });
});

describe("a trap", () => {
  it.each([
    ["unreachable", "unreachable(); return 0;"],
    ["a division by zero", "return 5 / load<i32>(memory.data(8));"],
    ["an array index out of range", "const a = [1, 2]; return a[load<i32>(memory.data(8)) + 5];"],
  ])("comes from %s", async (_, body) => {
    const { result } = await run(`export function main(): i32 { ${body} }`, { layout: LOW });
    expect(result).toBe("trap");
  });
});

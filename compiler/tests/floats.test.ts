/**
 * Floating point in whole programs: AssemblyScript's Math and its text of numbers, against the same WebAssembly in Node; what
 * callers outside compiled code may rely on.
 */
import { describe, expect, it } from "vitest";
import { Assembler, type CompiledProgram, compile, type Fragment, freg, reg } from "../src";
import { FLOAT_CALLEE_SAVED, FLOAT_REGISTERS } from "../src/backend/registers";
import { bareMetalOptions, bootable, HIGH, type Layout, LOW, type Outcome, parseReports } from "./bare-metal";
import { runOnMachine } from "./run-image";

interface Variant {
  layout?: Layout;
  optimize?: boolean;
  bitmanip?: boolean;
  assembly?: Fragment[];
}

/** Compiles `main.ts` so that these exports are called one after the other. */
async function build(
  files: Record<string, string>,
  calls: string[],
  { layout = LOW, optimize = true, bitmanip = true, assembly = [] }: Variant = {},
): Promise<CompiledProgram> {
  const target = bareMetalOptions(layout, calls, { bitmanip, compressed: true, floatingPoint: true });
  return compile({
    ...target,
    assembly: [...(target.assembly ?? []), ...assembly],
    entries: ["main.ts"],
    readFile: (path) => files[path] ?? null,
    imports: { "env.abort": "fail", "env.seed": "seed" },
    runtime: "incremental",
    optimize,
    memoryPages: ((layout === LOW ? 0 : 0x8000_0000) + (32 << 20)) / 65536,
  });
}

async function run(program: CompiledProgram, layout: Layout): Promise<{ outcomes: Outcome[]; text: string }> {
  return parseReports(await runOnMachine(bootable(program.elf, layout)));
}

const WIDE = 48;
const each = (text: (k: number) => string): string =>
  Array.from({ length: WIDE }, (_, k) => text(k)).join("");
/** More numbers at a time than there are registers, of both types, in a loop and across calls. */
const MANY = `
function wide(x: f64, depth: i32): f64 {
  ${each((k) => (k % 3 === 0 ? `let a${k}: f32 = <f32>x * ${k}.5;` : `let a${k} = x * ${k}.25 + ${k};`))}
  for (let i = 0; i < 3; i++) {
    ${each((k) => `a${k} = a${k} * 0.5 + a${((k * 7 + 5) % WIDE) - (((k * 7 + 5) % WIDE) % 3)};`)}
    if (depth > 0) a3 += <f32>wide(x + i, depth - 1);
  }
  return ${each((k) => `a${WIDE - 1 - k} - `)}x;
}`;

const NUMBERS = `${MANY}
import { putCharacter } from "./asm";
export function seed(): f64 { return 0.25; }
// Lines end so that no line looks like a report of the bare-metal harness.
function print(text: string): void {
  for (let i = 0; i < text.length; i++) putCharacter(text.charCodeAt(i));
  putCharacter(59);
  putCharacter(10);
}
function doubles(x: f64): string {
  return [
    x, Math.sin(x), Math.cos(x), Math.tan(x), Math.atan2(x, 2), Math.asin(x), Math.sinh(x), Math.tanh(x),
    Math.exp(x), Math.expm1(x), Math.log(x), Math.log2(x), Math.log1p(x), Math.pow(x, 1.5), Math.pow(2, x),
    Math.sqrt(x), Math.cbrt(x), Math.hypot(x, 3), Math.round(x), Math.floor(x), Math.ceil(x), Math.trunc(x),
    nearest(x), Math.max(x, 1), Math.min(x, 1), Math.sign(x), Math.abs(x), Math.fround(x), x % 0.7,
  ].join(" ");
}
function singles(x: f32): string {
  return [
    x, Mathf.sin(x), Mathf.cos(x), Mathf.exp(x), Mathf.log(x), Mathf.pow(x, 2.5), Mathf.sqrt(x), Mathf.cbrt(x),
    Mathf.round(x), Mathf.floor(x), nearest(x), Mathf.max(x, 1), Mathf.min(x, 1), Mathf.atan2(x, 2), x % 0.7,
  ].join(" ");
}
function integers(x: f64): string {
  const f = <f32>x;
  return [<i64>x, <i64><u64>x, <i64><i32>x, <i64><u32>x, <i64>f, <i64><u64>f, <i64><i32>f, <i64><u32>f].join(" ");
}
export function main(): i32 {
  const inputs: f64[] = [
    0, -0.0, 1, -1.5, 2.5, 0.1, 1e21, 1e-7, 123456789.125, 5e-324, 1.7976931348623157e308, 3.14159, -0.49999999999999994,
    2147483647.5, -2147483648.5, 4294967295.5, 9223372036854775807, 1.8446744073709552e19, NaN, Infinity, -Infinity,
  ];
  for (let i = 0; i < inputs.length; i++) {
    print(doubles(inputs[i]));
    print(singles(<f32>inputs[i]));
    print(integers(inputs[i]));
  }
  print(\`\${wide(0.75, 2)} \${wide(-3, 0)}\`);
  print(\`\${Math.random()} \${Math.random()} \${parseFloat(" 2.75e3x")} \${1.5} \${<f32>0.1}\`);
  print(\`\${<f64>(<i64>-9007199254740993)} \${<f32>(<u64>0xfffffe8000000001)} \${<f64>1 / 3}\`);
  return <i32>(Math.PI * 1000000.0);
}`;

/** What the program's WebAssembly prints and returns in Node. */
function inNode({ wasm }: CompiledProgram): { outcomes: bigint[]; text: string } {
  let text = "";
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const instance = new WebAssembly.Instance(module, {
    asm: {
      putCharacter: (code: number) => {
        text += String.fromCharCode(code);
      },
    },
    env: {
      abort: () => {
        throw new Error("abort");
      },
      seed: () => 0.25,
    },
  });
  const { main } = instance.exports as { main(): number };
  return { outcomes: [BigInt(main())], text };
}

describe("Math, conversions and the text of numbers", () => {
  const files = {
    "main.ts": NUMBERS,
    "asm.ts": "export declare function putCharacter(code: u32): void;\n",
  };

  it.each([
    ["at user addresses", {}],
    [
      "at kernel addresses, without bit manipulation and optimisation",
      { layout: HIGH, bitmanip: false, optimize: false },
    ],
  ] satisfies [string, Variant][])("are as in Node %s", async (_, variant: Variant) => {
    const program = await build(files, ["main"], variant);
    expect(await run(program, variant.layout ?? LOW)).toEqual(inNode(program));
  });
});

const FCSR = 0x003;
/** Rounding mode and flags that no code would leave by chance. */
const FCSR_MARK = 0x75;

/** Puts a number of its own into each of these registers. */
function mark(a: Assembler, registers: readonly number[]): void {
  for (const register of registers) {
    a.li(reg.t0, 0x1000 + register);
    a.fcvtDL(register, reg.t0);
  }
}

/** Branches to `lost` unless the registers hold their marks. */
function checkMarks(a: Assembler, registers: readonly number[]): void {
  for (const register of registers) {
    a.fcvtLD(reg.t0, register);
    a.li(reg.t1, 0x1000 + register);
    a.bne(reg.t0, reg.t1, "lost");
  }
}

/**
 * interrupted(address, pending): calls a handler as an interrupt entry does that saves integer registers only, with marks in
 * all floating-point registers and fcsr; −1 if one is lost.
 */
function interrupted(): Fragment {
  const a = new Assembler("interrupted");
  const saved = [reg.ra, reg.s0];
  a.addi(reg.sp, reg.sp, -112);
  for (const [k, register] of saved.entries()) a.sd(register, reg.sp, 8 * k);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fsd(register, reg.sp, 16 + 8 * k);
  a.mv(reg.s0, reg.a0);
  a.mv(reg.a0, reg.a1);
  mark(a, FLOAT_REGISTERS);
  a.li(reg.t0, FCSR_MARK);
  a.csrw(FCSR, reg.t0);
  a.jalr(reg.ra, reg.s0, 0);
  a.csrr(reg.t0, FCSR);
  a.li(reg.t1, FCSR_MARK);
  a.bne(reg.t0, reg.t1, "lost");
  checkMarks(a, FLOAT_REGISTERS);
  a.label("leave");
  a.csrw(FCSR, reg.zero);
  for (const [k, register] of saved.entries()) a.ld(register, reg.sp, 8 * k);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fld(register, reg.sp, 16 + 8 * k);
  a.addi(reg.sp, reg.sp, 112);
  a.ret();
  a.label("lost");
  a.li(reg.a0, -1);
  a.j("leave");
  return a.finish();
}

const HANDLERS = `
import { functionAddress, handlerAddress } from "rv";
import { interrupted } from "./asm";
export function seed(): f64 { return 0; }
let sum: f64 = 0.5;
let count: u64 = 0;
function add(x: f64): void { sum += Math.sin(x) / 3; }
function floating(pending: u64): u64 { add(<f64>pending); return <u64>(sum * 1000); }
function integer(pending: u64): u64 { return (count += pending); }
function misfit(): u64 { return 1; }
export function floats(): u64 { return interrupted(handlerAddress(floating.index), 3); }
export function integers(): u64 { return interrupted(handlerAddress(integer.index), 3); }
export function unprotected(): u64 { return interrupted(functionAddress(floating.index), 3); }
export function wrong(): u64 { return interrupted(handlerAddress(misfit.index), 3); }
`;

describe("interrupt handlers", () => {
  const files = {
    "main.ts": HANDLERS,
    "asm.ts": "export declare function interrupted(address: u64, pending: u64): u64;\n",
  };

  it("that use floating point leave its registers and flags as they were; others pay nothing for it", async () => {
    const calls = ["floats", "integers", "unprotected", "wrong"];
    const program = await build(files, calls, { assembly: [interrupted()] });
    const { outcomes } = await run(program, LOW);
    const sum = 0.5 + Math.sin(3) / 3;
    expect(outcomes).toEqual([BigInt(Math.trunc(sum * 1000)), 3n, -1n, "trap"]);
    const entries = program.symbols.filter(({ name }) => name.endsWith(".handler"));
    expect(entries.map(({ name }) => name)).toEqual(["main/floating.handler"]);
  });
});

/** checkedCall(address, x): calls with marks in fs0–fs11; −1 if one is lost. */
function checkedCall(): Fragment {
  const a = new Assembler("checkedCall");
  a.addi(reg.sp, reg.sp, -112);
  a.sd(reg.ra, reg.sp, 0);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fsd(register, reg.sp, 16 + 8 * k);
  a.mv(reg.a1, reg.a0);
  mark(a, FLOAT_CALLEE_SAVED);
  a.jalr(reg.ra, reg.a1, 0);
  checkMarks(a, FLOAT_CALLEE_SAVED);
  a.label("leave");
  a.ld(reg.ra, reg.sp, 0);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fld(register, reg.sp, 16 + 8 * k);
  a.addi(reg.sp, reg.sp, 112);
  a.ret();
  a.label("lost");
  a.li(reg.t0, -1);
  a.fcvtDL(freg.fa0, reg.t0);
  a.j("leave");
  return a.finish();
}

/** Two stacks that destroy each other's floating-point registers: `main`, and one that leaves junk in all of them. */
const SWITCHES = `
import { contextSwitch, functionAddress, switchStack } from "rv";
import { checkedCall, junk, junkAndSwitch } from "./asm";
export function seed(): f64 { return 0; }
const here = memory.data(112, 8), there = memory.data(112, 8), stack = memory.data(4096, 16);
let turns: f64 = 0;
function count(): void { for (;;) { turns += 0.25; junk(); switchStack(there, here); } }
function countByContext(): void { for (;;) { turns += 0.25; junkAndSwitch(there, here); } }
function start(body: () => void): void {
  turns = 0;
  store<u64>(there, functionAddress(body.index));
  store<u64>(there, <u64>(stack + 4096), 8);
}
function walk(x: f64, y: f32): f64 {
  start(count);
  let sum = x;
  for (let i = 0; i < 5; i++) { const z = x * y + i; switchStack(here, there); sum += z * turns; y += 1; }
  return sum + y;
}
function walkByContext(x: f64, y: f32): f64 {
  start(countByContext);
  let sum = x;
  for (let i = 0; i < 5; i++) { const z = x * y + i; contextSwitch(here, there); sum += z * turns; y += 1; }
  return sum + y;
}
export function plain(): f64 {
  let sum: f64 = 3, y: f32 = 2;
  for (let i = 0; i < 5; i++) { sum += (3.0 * y + i) * 0.25 * (i + 1); y += 1; }
  return sum + y;
}
export function suspending(x: f64): f64 { return walk(x, 2); }
export function switching(x: f64): f64 { return walkByContext(x, 2); }
function suspendingHandler(x: f64): f64 { return walk(x, 2); }
function switchingHandler(x: f64): f64 { return walkByContext(x, 2); }
export function model(): u64 { return reinterpret<u64>(plain()); }
export function direct(): u64 { return reinterpret<u64>(suspending(3)); }
export function directByContext(): u64 { return reinterpret<u64>(switching(3)); }
export function outside(): u64 { return reinterpret<u64>(checkedCall(functionAddress(suspendingHandler.index), 3)); }
export function outsideByContext(): u64 { return reinterpret<u64>(checkedCall(functionAddress(switchingHandler.index), 3)); }
`;

/** Puts into all floating-point registers what nobody wants. */
function fillWithJunk(a: Assembler): void {
  a.li(reg.t0, -77);
  for (const register of FLOAT_REGISTERS) a.fcvtDL(register, reg.t0);
}

/** junk(): to be called in front of a switch by switchStack, across which no register lives. */
function junk(): Fragment {
  const a = new Assembler("junk");
  fillWithJunk(a);
  a.ret();
  return a.finish();
}

/** junkAndSwitch(from, to): contextSwitch with junk in all registers, which its own caller does not see. */
function junkAndSwitch(): Fragment {
  const a = new Assembler("junkAndSwitch");
  a.addi(reg.sp, reg.sp, -112);
  a.sd(reg.ra, reg.sp, 0);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fsd(register, reg.sp, 16 + 8 * k);
  fillWithJunk(a);
  a.call("__contextSwitch");
  a.ld(reg.ra, reg.sp, 0);
  for (const [k, register] of FLOAT_CALLEE_SAVED.entries()) a.fld(register, reg.sp, 16 + 8 * k);
  a.addi(reg.sp, reg.sp, 112);
  a.ret();
  return a.finish();
}

describe("switching stacks", () => {
  const files = {
    "main.ts": SWITCHES,
    "asm.ts": `export declare function checkedCall(address: u64, x: f64): f64;
export declare function junk(): void;
export declare function junkAndSwitch(from: u32, to: u32): void;
`,
  };

  it.each([
    ["optimised", LOW, true],
    ["not optimised, at kernel addresses", HIGH, false],
  ] as const)(
    "keeps what is live in floating-point registers, and fs0–fs11 of callers outside (%s)",
    async (_, layout, optimize) => {
      const calls = ["model", "direct", "directByContext", "outside", "outsideByContext"];
      const program = await build(files, calls, {
        layout,
        optimize,
        assembly: [checkedCall(), junk(), junkAndSwitch()],
      });
      const { outcomes } = await run(program, layout);
      expect(outcomes[0]).not.toBe("trap");
      expect(outcomes).toEqual(Array(5).fill(outcomes[0]));
    },
  );
});

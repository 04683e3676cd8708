/**
 * Stacks that switch by `switchStack`, where the compiler keeps what is live, against the same random program with
 * `contextSwitch`, which saves all registers that calls preserve.
 *
 * REL4_FUZZ_RUNS sets how many programs are tried (default 4, and 2 with floating point), REL4_FUZZ_SEED the first seed (default 1).
 */
import { describe, expect, it } from "vitest";
import { Assembler, compile, compileWasm, type Fragment, reg } from "../src";
import { CALLEE_SAVED } from "../src/backend/registers";
import { bareMetalOptions, bootable, HIGH, LOW, type Outcome, parseReports } from "./bare-metal";
import { optimizeWithBinaryen } from "./binaryen-optimize";
import type { SwitchIntrinsic } from "./random-coroutines";
import { randomModule } from "./random-module";
import { runOnMachine } from "./run-image";

const RUNS = Number(process.env.REL4_FUZZ_RUNS ?? 4);
const FLOAT_RUNS = Number(process.env.REL4_FUZZ_RUNS ?? 2);
const FIRST_SEED = Number(process.env.REL4_FUZZ_SEED ?? 1);

async function outcomes(seed: number, floats: boolean, intrinsic: SwitchIntrinsic): Promise<Outcome[]> {
  const layout = seed & 1 ? LOW : HIGH;
  const isa = { bitmanip: (seed & 2) !== 0, compressed: (seed & 4) !== 0, floatingPoint: floats };
  const module = randomModule({
    seed,
    windowBase: layout.windowBase,
    functions: 9,
    runs: 10,
    floats,
    switch: intrinsic,
  });
  const wasm = seed % 3 === 0 ? optimizeWithBinaryen(module.wasm) : module.wasm;
  const program = compileWasm(wasm, {
    ...bareMetalOptions(layout, module.calls, isa),
    memoryPages: module.pages,
    optimize: seed % 5 !== 0,
  });
  return parseReports(await runOnMachine(bootable(program.elf, layout))).outcomes;
}

describe("random coroutines", () => {
  it.each([
    ["with integers", false, RUNS],
    ["with floating point", true, FLOAT_RUNS],
  ])(
    `compute the same whichever way they switch, %s (from seed ${FIRST_SEED})`,
    {
      timeout: 30_000 + 10_000 * RUNS,
    },
    async (_, floats, runs) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + runs; seed++) {
        const expected = await outcomes(seed, floats, "contextSwitch");
        const message = `REL4_FUZZ_SEED=${seed} REL4_FUZZ_RUNS=1`;
        expect(await outcomes(seed, floats, "switchStack"), message).toEqual(expected);
      }
    },
  );
});

/** Two stacks that take turns: `main`, and one that counts turns. */
const TURNS = `
import { functionAddress, stackEntry, stackPointer, switchStack } from "rv";
import { checkedCall } from "./asm";
const here = memory.data(16, 8), there = memory.data(16, 8), stack = memory.data(4096, 16);
let turns: u64 = 0;
function count(): void { for (let step: u64 = 1;; step += 2) { turns += step; switchStack(there, here); } }
function start(): void {
  turns = 0;
  store<u64>(there, functionAddress(count.index));
  store<u64>(there, <u64>(stack + 4096), 8);
}
function startDirectly(): void {
  start();
  store<u64>(there, stackEntry(count.index));
}
function misfit(): u64 { return 1; }
export function wrongEntry(): u64 { start(); store<u64>(there, stackEntry(misfit.index)); switchStack(here, there); return 0; }
// Suspends at every level, with values of both types live across.
function walk(depth: u32, bits: u64, sign: i32): u64 {
  if (depth == 0) return bits;
  switchStack(here, there);
  const left = walk(depth - 1, bits * 3 + turns, sign - 1);
  switchStack(here, there);
  const right = depth & 1 ? walk(depth - 1, bits ^ left, sign >> 1) : 1;
  return left + right * bits + <u64><i64>sign + (stackPointer() & 15);
}
function handler(argument: u64): u64 { return walk(4, argument, -9); }
export function model(): u64 { start(); return walk(4, 5, -9); }
export function throughAddress(): u64 { start(); return checkedCall(functionAddress(handler.index), 5); }
export function many(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: u64, j: i32): u64 {
  start();
  const sum = a + b + c + d + e + f + g + h;
  switchStack(here, there);
  return sum + i * turns + <u64><i64>j;
}
export function one(argument: u64): u64 { startDirectly(); return walk(4, argument, -9); }
`;

/** checkedCall(address, argument): calls with marks in s0–s11; −1 if one is lost. */
function checkedCall(): Fragment {
  const a = new Assembler("checkedCall");
  const saved = [reg.ra, ...CALLEE_SAVED];
  a.addi(reg.sp, reg.sp, -112);
  for (const [k, register] of saved.entries()) a.sd(register, reg.sp, 8 * k);
  for (const register of CALLEE_SAVED) a.li(register, 0x5a0000 + register);
  a.mv(reg.t0, reg.a0);
  a.mv(reg.a0, reg.a1);
  a.jalr(reg.ra, reg.t0, 0);
  for (const register of CALLEE_SAVED) {
    a.li(reg.t0, 0x5a0000 + register);
    a.bne(reg.t0, register, "lost");
  }
  a.label("leave");
  for (const [k, register] of saved.entries()) a.ld(register, reg.sp, 8 * k);
  a.addi(reg.sp, reg.sp, 112);
  a.ret();
  a.label("lost");
  a.li(reg.a0, -1);
  a.j("leave");
  return a.finish();
}

/** Calls the exported function `one` as assembly would. */
function throughExport(): Fragment {
  const a = new Assembler("throughExport");
  a.la(reg.a0, "one");
  a.li(reg.a1, 5);
  a.tail("checkedCall");
  return a.finish();
}

/** Calls `many` with 1 … 8 in registers and 9, −10 on the stack. */
function tenArguments(): Fragment {
  const a = new Assembler("tenArguments");
  a.addi(reg.sp, reg.sp, -32);
  a.sd(reg.ra, reg.sp, 16);
  for (let k = 0; k < 8; k++) a.li(reg.a0 + k, k + 1);
  a.li(reg.t0, 9);
  a.sd(reg.t0, reg.sp, 0);
  a.li(reg.t0, -10);
  a.sd(reg.t0, reg.sp, 8);
  a.call("many");
  a.ld(reg.ra, reg.sp, 16);
  a.addi(reg.sp, reg.sp, 32);
  a.ret();
  return a.finish();
}

/** What `walk` computes, in JavaScript. */
function walkModel(): bigint {
  let turns = 0n;
  let step = 1n;
  const turn = (): void => {
    turns += step;
    step += 2n;
  };
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
  const walk = (depth: number, bits: bigint, sign: bigint): bigint => {
    if (depth === 0) return bits;
    turn();
    const left = walk(depth - 1, wrap(bits * 3n + turns), sign - 1n);
    turn();
    const right = depth & 1 ? walk(depth - 1, bits ^ left, sign >> 1n) : 1n;
    return wrap(left + right * bits + sign);
  };
  return walk(4, 5n, -9n);
}

describe("functions that suspend, called from outside compiled code", () => {
  const files: Record<string, string> = {
    "main.ts": TURNS,
    "asm.ts": "export declare function checkedCall(address: u64, argument: u64): u64;",
  };

  it.each([
    ["user", LOW, true],
    ["kernel", HIGH, true],
    ["user", LOW, false],
  ] as const)("preserve s0–s11 and take all arguments, at %s addresses", async (_, layout, optimize) => {
    const calls = ["model", "throughAddress", "throughExport", "tenArguments", "wrongEntry"];
    const target = bareMetalOptions(layout, calls, { bitmanip: optimize, compressed: true });
    const program = await compile({
      ...target,
      assembly: [...(target.assembly ?? []), checkedCall(), throughExport(), tenArguments()],
      entries: ["main.ts"],
      readFile: (path) => files[path] ?? null,
      runtime: "stub",
      optimize,
      memoryPages: 1,
    });
    const { outcomes } = parseReports(await runOnMachine(bootable(program.elf, layout)));
    const walked = BigInt.asIntN(64, walkModel());
    expect(outcomes).toEqual([walked, walked, walked, 36n + 9n - 10n, "trap"]);
  });
});

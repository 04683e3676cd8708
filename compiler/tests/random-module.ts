/**
 * Random wasm modules for differential tests.
 *
 * Every module imports `rv.unlikely`, which returns its argument, and exports functions `run0`, `run1`, … without parameters that return an i64, and `hash`, which returns a
 * digest of the memory window and all globals. Each run spends fuel and traps when it is used up, so every run ends. Memory
 * accesses stay inside a window, naturally aligned, so that both worlds see the same memory.
 */
import { Random } from "./random";
import { CoroutineGenerator, type SwitchIntrinsic } from "./random-coroutines";
import { isFloat, resultBits } from "./random-floats";
import {
  ALL_TYPES,
  type Callee,
  FunctionGenerator,
  INTEGER_TYPES,
  type Surroundings,
  WINDOW,
} from "./random-function";
import {
  constantCode,
  i32Const,
  i64Const,
  NO_RESULT,
  type Signature,
  unsigned,
  type ValueType,
  WasmBuilder,
} from "./wasm-builder";

const FUEL = 3000;

export interface RandomModuleOptions {
  seed: number;
  /** u32 address of the memory window. */
  windowBase: number;
  functions: number;
  runs: number;
  /** Whether it computes with floating-point numbers, too. */
  floats?: boolean;
  /** Adds coroutines that switch by this intrinsic, at random places. Such a module runs only on RISC-V. */
  switch?: SwitchIntrinsic;
}

export interface RandomModule {
  wasm: Uint8Array<ArrayBuffer>;
  /** Exported functions to call, in order; the last is `hash`. */
  calls: string[];
  pages: number;
}

/** Generates the module around the functions. */
class ModuleGenerator implements Surroundings {
  readonly builder = new WasmBuilder();
  readonly random: Random;
  fuel = 0;
  private readonly globals: { type: ValueType; index: number }[] = [];
  private readonly table: Callee[] = [];
  private readonly coroutines: CoroutineGenerator | null = null;
  readonly unlikely: number;
  readonly suspension?: () => number[];
  readonly depth?: number;

  readonly windowBase: number;
  readonly types: readonly ValueType[];

  constructor(private readonly options: RandomModuleOptions) {
    this.types = options.floats ? ALL_TYPES : INTEGER_TYPES;
    this.random = new Random(options.seed);
    this.windowBase = options.windowBase;
    this.unlikely = this.builder.addImport("rv", "unlikely", { params: ["i32"], result: "i32" });
    if (!options.switch) return;
    const coroutines = new CoroutineGenerator(this.builder, this.random, {
      area: options.windowBase + WINDOW,
      intrinsic: options.switch,
    });
    this.coroutines = coroutines;
    this.suspension = () => coroutines.suspension();
    this.depth = coroutines.depth;
  }

  typeIndex(signature: Signature): number {
    return this.builder.typeIndex(signature);
  }

  globalsOf(type: ValueType): number[] {
    return this.globals.filter((global) => global.type === type).map((global) => global.index);
  }

  /** Table slots whose function has this signature. */
  tableSlots(signature: Signature): number[] {
    const type = this.builder.typeIndex(signature);
    return this.table.flatMap((callee, slot) =>
      this.builder.typeIndex(callee.signature) === type ? [slot] : [],
    );
  }

  private randomSignature(): Signature {
    const { random } = this;
    const count = random.oneIn(5) ? 8 + random.below(5) : random.below(5);
    const params = Array.from({ length: count }, () => random.pick(this.types));
    const results = this.options.floats ? (["f32", "f64"] as const) : (["i64"] as const);
    return { params, result: random.pick(["i32", "i64", ...results, null] as const) };
  }

  generate(): RandomModule {
    const { random, builder } = this;
    const { windowBase, functions, runs } = this.options;
    for (let index = 0; index < 3 * this.types.length; index++) {
      const type = this.types[index % this.types.length]!;
      this.globals.push({ type, index: builder.addGlobal(type, true, random.interesting()) });
    }
    this.fuel = builder.addGlobal("i32", true, BigInt(FUEL));
    const pages = Math.ceil((windowBase + WINDOW) / 65536);
    builder.setMemory(pages);
    builder.addData(
      windowBase,
      Uint8Array.from({ length: WINDOW / 2 }, () => random.below(256)),
    );
    this.coroutines?.addFunctions();
    const callees = this.addFunctions(functions);
    for (const body of this.coroutines?.addBodies(callees, this.table.length) ?? []) this.table.push(body);
    builder.setTable(this.table.map((callee) => callee.index));
    const calls: string[] = [];
    for (let run = 0; run < runs; run++) {
      calls.push(`run${run}`);
      this.addRun(random.pick(callees), `run${run}`);
    }
    this.addHash();
    return { wasm: builder.build(), calls: [...calls, "hash"], pages };
  }

  /** Functions call only earlier ones; the first few are in the table and call nothing. */
  private addFunctions(count: number): Callee[] {
    const callees: Callee[] = [];
    for (let index = 0; index < count; index++) {
      const signature = this.randomSignature();
      const isTableEntry = index < 4;
      const own = this.coroutines ? this.builder.nextFunction : null;
      const reachable = isTableEntry ? [] : [...callees];
      const generator = new FunctionGenerator(this.random, this, signature, reachable, own);
      const code = generator.body();
      const locals = generator.locals.slice(signature.params.length);
      const callee = { index: this.builder.addFunction({ signature, locals, code }), signature };
      callees.push(callee);
      if (isTableEntry) this.table.push(callee);
    }
    return callees;
  }

  /** An export that calls a function with constants and returns its result as an i64. */
  private addRun({ index, signature }: Callee, name: string): void {
    const constant = (type: ValueType) => constantCode(type, this.random.interesting());
    const code = [...i32Const(FUEL), 0x24, ...unsigned(this.fuel)];
    code.push(...(this.coroutines?.start() ?? []));
    code.push(...signature.params.flatMap(constant), 0x10, ...unsigned(index));
    if (signature.result === null) code.push(...i64Const(0n));
    if (signature.result === "i32") code.push(0xac);
    const locals = signature.result && isFloat(signature.result) ? [signature.result] : [];
    for (const type of locals) code.push(...resultBits(type, 0));
    this.builder.addFunction({ signature: { params: [], result: "i64" }, locals, code }, name);
  }

  /** hash = fold over globals and the window's 64-bit words: h = (h ^ word) * prime, rotated. */
  private addHash(): void {
    const { windowBase } = this.options;
    const mix = [0x85, ...i64Const(0x100000001b3n), 0x7e, ...i64Const(29n), 0x89, 0x21, 0];
    const locals: ValueType[] = ["i64", "i32", ...(this.options.floats ? (["f32", "f64"] as const) : [])];
    const code = [...i64Const(0xcbf29ce484222325n), 0x21, 0];
    for (const { type, index } of [...this.globals, ...(this.coroutines?.results ?? [])]) {
      const bits = isFloat(type) ? resultBits(type, type === "f32" ? 2 : 3) : type === "i32" ? [0xad] : [];
      code.push(0x20, 0, 0x23, ...unsigned(index), ...bits, ...mix);
    }
    code.push(...i32Const(windowBase), 0x21, 1, 0x03, NO_RESULT);
    code.push(0x20, 0, 0x20, 1, 0x29, 3, 0, ...mix);
    code.push(0x20, 1, ...i32Const(8), 0x6a, 0x22, 1, ...i32Const(windowBase + WINDOW), 0x47, 0x0d, 0, 0x0b);
    code.push(0x20, 0);
    this.builder.addFunction({ signature: { params: [], result: "i64" }, locals, code }, "hash");
  }
}

/** Generates the module of a seed; the same options give the same bytes. */
export function randomModule(options: RandomModuleOptions): RandomModule {
  return new ModuleGenerator(options).generate();
}

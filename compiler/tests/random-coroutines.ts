/**
 * Coroutines for random modules: a few stacks that run random functions for ever and switch to each other at random.
 * The module's own run is coroutine 0.
 */
import type { Random } from "./random";
import { isFloat, roughResult } from "./random-floats";
import type { Callee } from "./random-function";
import {
  constantCode,
  i32Const,
  i64Const,
  NO_RESULT,
  unsigned,
  type ValueType,
  type WasmBuilder,
} from "./wasm-builder";

/** The intrinsics (from, to) that continue another stack. */
export type SwitchIntrinsic = "switchStack" | "contextSwitch";

/** Number of coroutines, the run included; a power of two. */
const COROUTINES = 4;
/** What `contextSwitch` saves: ra, sp, s0–s11. */
const CONTEXT_SIZE = 14 * 8;
const STACK_SIZE = 64 << 10;
const NOTHING = { params: [], result: null };

export interface CoroutineOptions {
  /** u32 address of memory for contexts and stacks. */
  area: number;
  intrinsic: SwitchIntrinsic;
}

export class CoroutineGenerator {
  /** Global: how deep functions have called themselves. */
  readonly depth: number;
  private readonly current: number;
  private readonly previous: number;
  /** Global: the random number that picks who is next. */
  private readonly dice: number;
  /** Global: digest of what the coroutines' calls returned. */
  private readonly digest: number;
  private readonly switch: number;
  private readonly functionAddress: number;
  private readonly yields: number[] = [];
  private bodySlots: number[] = [];

  constructor(
    private readonly builder: WasmBuilder,
    private readonly random: Random,
    private readonly options: CoroutineOptions,
  ) {
    this.switch = builder.addImport("rv", options.intrinsic, { params: ["i32", "i32"], result: null });
    this.functionAddress = builder.addImport("rv", "functionAddress", { params: ["i32"], result: "i64" });
    const global = (type: ValueType) => builder.addGlobal(type, true, 0n);
    this.current = global("i32");
    this.previous = global("i32");
    this.dice = global("i32");
    this.depth = global("i32");
    this.digest = global("i64");
  }

  /** Functions that only switch: one does nothing afterwards, one does. */
  addFunctions(): void {
    const { builder, digest } = this;
    const count = [0x23, ...unsigned(digest), ...i64Const(3n), 0x7c, 0x24, ...unsigned(digest)];
    for (const after of [[], count])
      this.yields.push(
        builder.addFunction({ signature: NOTHING, locals: [], code: [...this.inline(), ...after] }),
      );
  }

  /** Code that switches to a coroutine picked at random, possibly the running one. */
  suspension(): number[] {
    if (this.random.oneIn(3)) return this.inline();
    return [0x10, ...unsigned(this.random.pick(this.yields))];
  }

  private context(index: number): number[] {
    return [
      ...[0x23, ...unsigned(index), ...i32Const(CONTEXT_SIZE), 0x6c],
      ...[...i32Const(this.options.area), 0x6a],
    ];
  }

  private inline(): number[] {
    const [current, previous, dice] = [this.current, this.previous, this.dice].map(unsigned) as number[][];
    return [
      ...[0x23, ...dice!, ...i32Const(1103515245), 0x6c, ...i32Const(12345), 0x6a, 0x24, ...dice!],
      ...[0x23, ...current!, 0x24, ...previous!],
      ...[0x23, ...dice!, ...i32Const(16), 0x76, ...i32Const(COROUTINES - 1), 0x71, 0x24, ...current!],
      ...[...this.context(this.previous), ...this.context(this.current), 0x10, ...unsigned(this.switch)],
    ];
  }

  /** The coroutines' first functions, to be put into the table from `slot` on. */
  addBodies(callees: Callee[], slot: number): Callee[] {
    const bodies: Callee[] = [];
    for (let index = 1; index < COROUTINES; index++) {
      const calls = Array.from({ length: 3 }, () => this.mixedCall(this.random.pick(callees)));
      const code = [0x03, NO_RESULT, ...calls.flat(), ...this.suspension(), 0x0c, 0, 0x0b];
      bodies.push({
        index: this.builder.addFunction({ signature: NOTHING, locals: [], code }),
        signature: NOTHING,
      });
      this.bodySlots.push(slot + index - 1);
    }
    return bodies;
  }

  /** digest = (digest + result) * 31 */
  private mixedCall({ index, signature }: Callee): number[] {
    const digest = unsigned(this.digest);
    const args = signature.params.flatMap((type) => constantCode(type, this.random.interesting()));
    const call = [...args, 0x10, ...unsigned(index)];
    if (signature.result === null) return call;
    const extension = isFloat(signature.result)
      ? roughResult(signature.result)
      : signature.result === "i32"
        ? [0xac]
        : [];
    const result = [...call, ...extension];
    return [0x23, ...digest, ...result, 0x7c, ...i64Const(31n), 0x7e, 0x24, ...digest];
  }

  /** Code that makes every coroutine begin anew. */
  start(): number[] {
    const { area } = this.options;
    const code: number[] = [];
    for (const [k, slot] of this.bodySlots.entries()) {
      const context = i32Const(area + (k + 1) * CONTEXT_SIZE);
      const stackTop = i64Const(BigInt.asIntN(32, BigInt(area + (k + 2) * STACK_SIZE)));
      code.push(...context, ...i32Const(slot), 0x10, ...unsigned(this.functionAddress), 0x37, 3, 0);
      code.push(...context, ...stackTop, 0x37, 3, 8);
    }
    const zero = (global: number) => [...i32Const(0), 0x24, ...unsigned(global)];
    code.push(...zero(this.current), ...zero(this.depth));
    code.push(...i32Const(this.random.below(1 << 30)), 0x24, ...unsigned(this.dice));
    return code;
  }

  /** Globals whose final values tell what happened. */
  get results(): { type: ValueType; index: number }[] {
    return [
      { type: "i64", index: this.digest },
      { type: "i32", index: this.dice },
    ];
  }
}

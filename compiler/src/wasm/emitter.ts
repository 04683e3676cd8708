/** What the translator's parts share: the function being built, the current block, and errors with positions. */

import { CompileError } from "../diagnostics";
import { type Block, branch, IRFunction, jump, type Type, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import { SsaBuilder } from "../ir/ssa-builder";
import type { BackendOptions, ImportedFunction } from "../link/module-object";
import type { CallGraph } from "./call-graph";
import type { FunctionType, ValueType, WasmFunction, WasmModule } from "./module";
import type { Suspension } from "./suspension";

/** What the translation of all functions of a module shares. */
export interface TranslationContext {
  module: WasmModule;
  options: BackendOptions;
  /** Who calls whom. */
  callGraph(): CallGraph;
  suspension: Suspension;
  /** What code calls the function by. */
  symbolOf(target: WasmFunction): string;
  /** Slot of a mutable global. */
  globalSlot(index: number): number;
  /** Whether a function on a new stack may suspend while the global in this slot differs from its value at the function's entry. */
  isPushedAtSuspension(slot: number): boolean;
  /** Called for every function that is called directly. */
  onCall(target: WasmFunction): void;
  /** Called for every import that becomes a call or an address. */
  onImport(imported: ImportedFunction): void;
  /** Called when code needs the function table: for a signature, or (null) for all functions. */
  onTable(signature: string | null): void;
  /** Called when code needs the table of interrupt handlers. */
  onHandlers(): void;
}

export class FunctionEmitter {
  readonly fn: IRFunction;
  readonly builder: SsaBuilder;
  /** Null after an instruction that does not fall through. */
  current: Block | null;
  /** The last ecall that dominates the current place without a call in between, for `ecallResult`. */
  lastEcall: Value | null = null;
  /** Conditions that are rarely true. */
  readonly unlikely = new Set<Value>();
  private trapBlock: Block | null = null;

  constructor(
    readonly context: TranslationContext,
    readonly source: WasmFunction,
  ) {
    this.fn = new IRFunction(context.symbolOf(source), source.type);
    this.builder = new SsaBuilder(this.fn);
    this.current = this.fn.addBlock();
    this.builder.seal(this.current);
  }

  /** Throws a CompileError at a byte offset of the wasm file. */
  refuse(message: string, position: number): never {
    const place = this.context.options.locate(position);
    const { file, line, column } = place ?? { file: "wasm", line: 0, column: 0 };
    throw new CompileError([{ file, line, column, message: `${message} (in function ${this.source.name})` }]);
  }

  /** The IR type of a wasm type, refusing what cannot be compiled. */
  type(type: ValueType, position: number): Type {
    if (type === "i32" || type === "i64") return type;
    if (type === "f32" || type === "f64") {
      this.requireFloatingPoint(`a value of type ${type}`, position);
      return type;
    }
    return this.refuse(`values of type ${type} are not supported`, position);
  }

  /** Refuses floating point where the target has none. */
  requireFloatingPoint(what: string, position: number): void {
    if (!this.context.options.isa.floatingPoint)
      this.refuse(`this code is compiled for a target without floating point: ${what}`, position);
  }

  /** The result type of a call, or null. */
  resultType(type: FunctionType, position: number): Type | null {
    if (type.results.length > 1) this.refuse("functions with several results are not supported", position);
    return type.results.length === 1 ? this.type(type.results[0]!, position) : null;
  }

  /** Appends an instruction to the current block. */
  emit(op: Operation, type: Type | null, args: Value[], attributes: Partial<Value> = {}): Value {
    const value = Object.assign(this.fn.value(op, type, args), attributes);
    value.block = this.current!;
    this.current!.instructions.push(value);
    return value;
  }

  constant(type: Type, value: bigint | number): Value {
    return this.fn.constant(type, value);
  }

  /** A new block whose only predecessor will be the current one. */
  newSealedBlock(): Block {
    const block = this.fn.addBlock();
    this.builder.seal(block);
    return block;
  }

  /** What a condition's value says about how often it is true. */
  expectation(condition: Value): "rare" | "usual" | null {
    let value = condition;
    let isInverted = false;
    while (value.op === "eqz") {
      isInverted = !isInverted;
      value = value.args[0]!;
    }
    if (!this.unlikely.has(value)) return null;
    return isInverted ? "usual" : "rare";
  }

  /** Ends the current block with a jump; nothing is current afterwards. */
  jumpTo(target: Block): void {
    jump(this.current!, target);
    this.current = null;
  }

  /**
   * `usual`, unless `condition` is non-zero, which is rare: then what `compute` emits. Goes on in a new block.
   */
  rarely(condition: Value, usual: Value, compute: () => Value): Value {
    const from = this.current!;
    const rare = this.fn.addBlock();
    const next = this.fn.addBlock();
    rare.cold = true;
    branch(from, condition, rare, next);
    this.builder.seal(rare);
    this.current = rare;
    const exception = compute();
    this.jumpTo(next);
    this.builder.seal(next);
    this.current = next;
    const phi = this.fn.value("phi", usual.type, [usual, exception]);
    phi.block = next;
    next.phis.push(phi);
    return phi;
  }

  /** Traps if `condition` is non-zero; goes on in a new block. */
  trapIf(condition: Value): void {
    this.trapBlock ??= this.fn.addBlock();
    const from = this.current!;
    const next = this.fn.addBlock();
    branch(from, condition, this.trapBlock, next);
    this.builder.seal(next);
    this.current = next;
  }
}

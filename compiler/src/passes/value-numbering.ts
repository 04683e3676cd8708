/**
 * Simplification and common-subexpression elimination in one walk over the dominator tree: every pure value is simplified,
 * and if a dominating block already computes the same, it is replaced by that.
 */
import { analyseControlFlow, type ControlFlow } from "../ir/control-flow";
import {
  applyReplacements,
  type Block,
  countUses,
  type IRFunction,
  isConstant,
  isFloat,
  resolve,
  type Type,
  type Value,
} from "../ir/ir";
import { isCommutative, isMovable, type Operation } from "../ir/operations";
import { removeTrivialPhis } from "../ir/ssa-builder";
import { foldConstants } from "./constant-folding";
import { foldFloats } from "./fold-floats";
import type { Rewriter, Rule } from "./simplifier";
import { ARITHMETIC_RULES } from "./simplify-arithmetic";
import { COMPARE_RULES } from "./simplify-compare";
import { CONVERSION_RULES } from "./simplify-conversion";
import { FLOAT_RULES } from "./simplify-float";

const RULES: Partial<Record<Operation, Rule>> = {
  ...ARITHMETIC_RULES,
  ...COMPARE_RULES,
  ...CONVERSION_RULES,
  ...FLOAT_RULES,
};

/** Values available in a block and the blocks that dominate it. */
class Scope {
  private readonly values = new Map<string, Value>();

  constructor(private readonly outer: Scope | null) {}

  get(key: string): Value | undefined {
    for (let scope: Scope | null = this; scope; scope = scope.outer) {
      const found = scope.values.get(key);
      if (found) return found;
    }
    return undefined;
  }

  set(key: string, value: Value): void {
    this.values.set(key, value);
  }
}

/** Two values with the same key compute the same. */
function keyOf(value: Value): string {
  let key = `${value.op}:${value.type}`;
  for (const arg of value.args) key += `,${arg.id}`;
  if (value.symbol !== "") key += `@${value.symbol}`;
  return key;
}

class ValueNumbering implements Rewriter {
  private block!: Block;
  private scope!: Scope;
  private output: Value[] = [];
  private readonly uses: Int32Array;

  constructor(
    readonly fn: IRFunction,
    private readonly flow: ControlFlow,
  ) {
    this.uses = countUses(fn);
  }

  run(): void {
    this.visit(this.fn.entry, null);
    applyReplacements(this.fn);
    removeTrivialPhis(this.fn);
  }

  private visit(block: Block, outer: Scope | null): void {
    const scope = new Scope(outer);
    this.enter(block, scope);
    for (const child of this.flow.dominated[block.order]!) this.visit(child, scope);
  }

  private enter(block: Block, scope: Scope): void {
    this.block = block;
    this.scope = scope;
    this.output = [];
    this.foldPhis(block);
    for (const value of block.instructions) this.process(value);
    block.instructions = this.output;
    const { terminator } = block;
    terminator.args = terminator.args.map(resolve);
    if (terminator.kind === "branch") terminator.args[0] = this.condition(terminator.args[0]!);
  }

  /** Phis whose arguments are all the same, and phis that repeat another one. */
  private foldPhis(block: Block): void {
    const seen = new Map<string, Value>();
    block.phis = block.phis.filter((phi) => {
      phi.args = phi.args.map(resolve);
      const others = new Set(phi.args.filter((arg) => arg !== phi));
      const [only] = others;
      const key = keyOf(phi);
      const replacement = others.size === 1 ? only : seen.get(key);
      if (!replacement) {
        seen.set(key, phi);
        return true;
      }
      phi.replacement = replacement;
      phi.block = null;
      return false;
    });
  }

  /** A branch only asks whether its condition is zero. */
  private condition(value: Value): Value {
    let current = value;
    for (;;) {
      const [a, b] = current.args;
      if (current.op !== "ne" || a!.type !== "i32" || !isConstant(b!) || b!.constant !== 0n) return current;
      current = a!;
    }
  }

  private process(value: Value): void {
    value.args = value.args.map(resolve);
    const result = this.number(value);
    if (result === value) return;
    value.replacement = result;
    value.block = null;
  }

  /** Simplifies and shares a value; appends it to the block's output if it is new. */
  private number(value: Value): Value {
    const simplified = this.simplify(value);
    if (simplified !== value) return simplified;
    if (isMovable(value.op)) {
      const key = keyOf(value);
      const known = this.scope.get(key);
      if (known) return known;
      this.scope.set(key, value);
    }
    value.block = this.block;
    this.output.push(value);
    return value;
  }

  private simplify(value: Value): Value {
    for (let round = 0; round < 16; round++) {
      const folded = this.fold(value);
      if (folded) return folded;
      if (value.args.length === 2 && isCommutative(value.op) && isConstant(value.args[0]!))
        value.args.reverse();
      const result = RULES[value.op]?.(value, this) ?? null;
      if (!result) return value;
      if (result !== value) return resolve(result);
    }
    return value;
  }

  private fold(value: Value): Value | null {
    const { args, type } = value;
    if (!type || args.length === 0 || !args.every(isConstant) || !isMovable(value.op)) return null;
    const operands = args.map((arg) => arg.constant);
    const from = args[0]!.type!;
    const result =
      isFloat(type) || isFloat(from)
        ? foldFloats(value.op, from, type, value.symbol, operands)
        : foldConstants(value.op, from, operands);
    return result === undefined ? null : this.fn.constant(type, result);
  }

  make(op: Operation, type: Type, args: Value[]): Value {
    return this.number(this.fn.value(op, type, args.map(resolve)));
  }

  isShared(value: Value): boolean {
    return (this.uses[value.id] ?? 0) > 1;
  }

  constant(type: Type, value: bigint | number): Value {
    return this.fn.constant(type, value);
  }
}

/** Simplifies and shares the pure values of a function. */
export function numberValues(fn: IRFunction): void {
  new ValueNumbering(fn, analyseControlFlow(fn)).run();
}

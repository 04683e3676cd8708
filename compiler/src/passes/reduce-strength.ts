/**
 * Strength reduction: an address that is recomputed from the loop counter (`base + (i << 3)`) becomes a variable of its
 * own that grows with the counter. Addresses that differ by a constant share one variable and use displacements.
 * Done only where it removes more instructions from the loop than it adds.
 */

import { fitsImmediate } from "../ir/bits";
import { analyseControlFlow, type Loop } from "../ir/control-flow";
import { applyReplacements, type Block, type IRFunction, isConstant, type Type, type Value } from "../ir/ir";
import { AffineAnalysis, type AffineForm, countersOf, formKey } from "./affine";
import { foldConstants } from "./constant-folding";
import { removeDeadCode } from "./dead-code";

/** New loop variables per loop at most: each occupies a register. */
const MAX_VARIABLES = 5;

/** An address of the loop and its form. */
interface Root {
  value: Value;
  form: AffineForm;
}

/** Roots that differ by constants only. */
interface Group {
  roots: Root[];
  /** Form of the shared variable; the constant is that of the first root. */
  form: AffineForm;
}

const isAccess = (value: Value): boolean => value.op === "load" || value.op === "store";

class LoopReducer {
  private readonly users = new Map<Value, Value[]>();
  /** Stands for all uses by terminators. */
  private readonly terminators: Value;
  private readonly latch: Block;
  private readonly analysis: AffineAnalysis;

  constructor(
    private readonly fn: IRFunction,
    private readonly loop: Loop,
    private readonly bitmanip: boolean,
  ) {
    this.terminators = fn.value("param", null, []);
    this.latch = loop.header.predecessors.find((block) => loop.body.has(block))!;
    this.analysis = new AffineAnalysis(loop, countersOf(loop, this.latch));
    for (const block of fn.blocks) {
      for (const value of [...block.phis, ...block.instructions])
        for (const arg of value.args) this.addUser(arg, value);
      for (const arg of block.terminator.args) this.addUser(arg, this.terminators);
    }
  }

  private addUser(value: Value, user: Value): void {
    const known = this.users.get(value);
    if (known) known.push(user);
    else this.users.set(value, [user]);
  }

  run(): boolean {
    const groups = this.groups();
    if (groups.length === 0 || groups.length > MAX_VARIABLES) return false;
    if (this.savedInstructions(groups) <= groups.length) return false;
    for (const group of groups) this.reduce(group);
    return true;
  }

  /** Addresses worth a variable: computed in the loop, used by accesses only. */
  private groups(): Group[] {
    const groups = new Map<string, Group>();
    for (const block of this.loop.body)
      for (const value of block.instructions) {
        const users = this.users.get(value) ?? [];
        const isAddress =
          users.length > 0 &&
          users.every((user) => isAccess(user) && user.args[0] === value && user.args[1] !== value);
        const form = isAddress ? this.analysis.form(value) : null;
        if (!form) continue;
        const key = formKey(form, value.type);
        const group = groups.get(key);
        if (!group) groups.set(key, { roots: [{ value, form }], form });
        else if (this.fitsDisplacement(value, form.constant - group.form.constant))
          group.roots.push({ value, form });
      }
    return [...groups.values()];
  }

  private fitsDisplacement(value: Value, difference: bigint): boolean {
    return this.users.get(value)!.every((user) => fitsImmediate(BigInt(user.offset) + difference));
  }

  /** Instructions that disappear from the loop, before counting the new increments. */
  private savedInstructions(groups: Group[]): number {
    const removed = new Set<Value>();
    let saved = 0;
    const remove = (value: Value): void => {
      if (removed.has(value) || value.op === "phi" || !this.analysis.form(value)) return;
      removed.add(value);
      if (!this.isFused(value)) saved++;
      for (const arg of value.args)
        if (
          arg.block &&
          this.loop.body.has(arg.block) &&
          (this.users.get(arg) ?? []).every((user) => removed.has(user))
        )
          remove(arg);
    };
    for (const { roots } of groups) for (const { value } of roots) remove(value);
    return saved;
  }

  /** Zba adds and shifts by 1 to 3 in one instruction. */
  private isFused(value: Value): boolean {
    const amount = value.op === "shl" && isConstant(value.args[1]!) ? value.args[1]!.constant : 0n;
    return (
      this.bitmanip &&
      amount >= 1n &&
      amount <= 3n &&
      (this.users.get(value) ?? []).every((user) => user.op === "add")
    );
  }

  private emit(block: Block, op: "add" | "mul" | "shl", type: Type, a: Value, b: Value): Value {
    const [left, right] = isConstant(a) ? [b, a] : [a, b];
    if (isConstant(left) && isConstant(right))
      return this.fn.constant(type, foldConstants(op, type, [a.constant, b.constant])!);
    if (op === "add" && isConstant(right) && right.constant === 0n) return left;
    if (op === "mul" && isConstant(right) && right.constant === 1n) return left;
    if (op === "mul" && isConstant(right) && right.constant === 0n) return right;
    const value = this.fn.value(op, type, op === "shl" ? [a, b] : [left, right]);
    value.block = block;
    block.instructions.push(value);
    return value;
  }

  private reduce({ roots, form }: Group): void {
    const { fn, loop } = this;
    const type = roots[0]!.value.type!;
    const preheader = loop.preheader!;
    const times = (value: Value, factor: bigint): Value =>
      this.emit(preheader, "mul", type, value, fn.constant(type, factor));
    const scaled = (value: Value): Value => {
      const product = times(value, form.factor);
      return form.scale ? this.emit(preheader, "mul", type, product, form.scale) : product;
    };
    let initial = scaled(form.counter.initial);
    for (const [term, count] of form.terms)
      initial = this.emit(preheader, "add", type, times(term, count), initial);
    initial = this.emit(preheader, "add", type, initial, fn.constant(type, form.constant));
    const step = scaled(form.counter.step);

    const variable = fn.value("phi", type, []);
    const next = fn.value("add", type, [variable, step]);
    variable.args = loop.header.predecessors.map((block) => (block === this.latch ? next : initial));
    variable.block = loop.header;
    next.block = this.latch;
    loop.header.phis.push(variable);
    this.latch.instructions.push(next);
    for (const root of roots) this.replaceRoot(root, variable, Number(root.form.constant - form.constant));
  }

  private replaceRoot({ value }: Root, variable: Value, difference: number): void {
    for (const user of this.users.get(value)!) user.offset += difference;
    value.replacement = variable;
    const { instructions } = value.block!;
    instructions.splice(instructions.indexOf(value), 1);
    value.block = null;
  }
}

/** Reduces address computations in innermost loops. Every loop must have a preheader. */
export function reduceStrength(fn: IRFunction, options: { bitmanip: boolean }): void {
  const { loops } = analyseControlFlow(fn);
  let changed = false;
  for (const loop of loops) {
    const isInnermost = loops.every((other) => other === loop || !loop.body.has(other.header));
    const latches = loop.header.predecessors.filter((block) => loop.body.has(block));
    if (!isInnermost || latches.length !== 1 || !loop.preheader) continue;
    if (!new LoopReducer(fn, loop, options.bitmanip).run()) continue;
    applyReplacements(fn);
    changed = true;
  }
  if (changed) removeDeadCode(fn);
}

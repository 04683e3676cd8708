/**
 * The SSA intermediate representation: functions of basic blocks of values.
 *
 * Invariants (checked by the verifier): every use is dominated by its definition; a block's phis have one argument per
 * predecessor, in the predecessors' order; an edge between two blocks exists at most once; constants are shared per
 * function and live in no block.
 */
import { type FunctionType, signatureText } from "../wasm/module";
import type { Operation } from "./operations";

export type IntegerType = "i32" | "i64";
export type FloatType = "f32" | "f64";
export type Type = IntegerType | FloatType;

/** Whether values of a type live in floating-point registers. */
export const isFloat = (type: Type | null): type is FloatType => type === "f32" || type === "f64";

/** Bytes of a value of a type. */
export const sizeOfType = (type: Type): 4 | 8 => (type === "i32" || type === "f32" ? 4 : 8);

/** The other class's type of the same size. */
export const REINTERPRETED = { i32: "f32", i64: "f64", f32: "i32", f64: "i64" } as const;

/** One SSA value: an operation, its operands and its attributes. */
export class Value {
  /** The block it is in; null for constants and removed values. */
  block: Block | null = null;
  /** Set while a pass replaces this value by another; see `resolve`. */
  replacement: Value | null = null;
  /** `const`: the value, sign-extended; of a floating-point number its bits. */
  constant = 0n;
  index = 0;
  offset = 0;
  size = 0;
  signed = false;
  symbol = "";
  order = 0;
  /** Calls: other stacks may run before it returns. */
  suspends = false;
  signature: FunctionType | null = null;
  /** Byte offset in the wasm file, for diagnostics; 0 if unknown. */
  position = 0;
  /** Scratch of the running pass. */
  mark = 0;

  constructor(
    readonly id: number,
    public op: Operation,
    public type: Type | null,
    public args: Value[],
  ) {}
}

export type TerminatorKind = "jump" | "branch" | "switch" | "table" | "return" | "trap";

/**
 * How a block ends.
 * - `branch`: args[0] non-zero → targets[0], else targets[1].
 * - `switch`: args[0] = i (unsigned) → targets[cases[i]]; the last case is the default for everything larger.
 * - `table`: as `switch`, but args[0] is known to be less than the number of cases; there is no default.
 * - `return`: args[0] is the result, if there is one.
 */
export interface Terminator {
  kind: TerminatorKind;
  args: Value[];
  targets: Block[];
  cases: number[];
}

/** A basic block. */
export class Block {
  predecessors: Block[] = [];
  phis: Value[] = [];
  instructions: Value[] = [];
  terminator: Terminator = { kind: "trap", args: [], targets: [], cases: [] };
  /** Known to run rarely. */
  cold = false;
  /** Position in reverse postorder, valid after `analyseControlFlow`. */
  order = -1;

  constructor(readonly id: number) {}

  get successors(): Block[] {
    return this.terminator.targets;
  }
}

/** A function in SSA form. `blocks[0]` is the entry; it has no predecessors. */
export class IRFunction {
  blocks: Block[] = [];
  private nextValue = 0;
  private nextBlock = 0;
  private readonly constants: Record<Type, Map<bigint, Value>> = {
    i32: new Map(),
    i64: new Map(),
    f32: new Map(),
    f64: new Map(),
  };

  constructor(
    readonly name: string,
    readonly type: FunctionType,
  ) {}

  get entry(): Block {
    return this.blocks[0]!;
  }

  /** Keeps numbers below these free for values and blocks made by someone else (the parser). */
  reserve(values: number, blocks: number): void {
    this.nextValue = Math.max(this.nextValue, values);
    this.nextBlock = Math.max(this.nextBlock, blocks);
  }

  /** Appends an empty block. */
  addBlock(): Block {
    const block = new Block(this.nextBlock++);
    this.blocks.push(block);
    return block;
  }

  /** Makes a value that is in no block yet. */
  value(op: Operation, type: Type | null, args: Value[]): Value {
    return new Value(this.nextValue++, op, type, args);
  }

  /** The shared constant of this type; `value`, of floating-point types the bits, is taken modulo 2^32 or 2^64. */
  constant(type: Type, value: bigint | number): Value {
    const normal = BigInt.asIntN(sizeOfType(type) * 8, BigInt(value));
    const known = this.constants[type];
    let result = known.get(normal);
    if (!result) {
      result = this.value("const", type, []);
      result.constant = normal;
      known.set(normal, result);
    }
    return result;
  }

  /** One past the largest value number in use. */
  get valueCount(): number {
    return this.nextValue;
  }

  /** `i32,i64->i32` */
  get signature(): string {
    return signatureText(this.type);
  }
}

/** Follows replacements to the value that stands for `value` now. */
export function resolve(value: Value): Value {
  let current = value;
  while (current.replacement) current = current.replacement;
  return current;
}

/** Whether a value is a constant. */
export const isConstant = (value: Value): boolean => value.op === "const";

/** Ends a block with a jump and records the edge. Phi arguments are the caller's business. */
export function jump(from: Block, to: Block): void {
  from.terminator = { kind: "jump", args: [], targets: [to], cases: [] };
  to.predecessors.push(from);
}

/** Ends a block with a two-way branch and records both edges; the targets must differ. */
export function branch(from: Block, condition: Value, ifTrue: Block, ifFalse: Block): void {
  from.terminator = { kind: "branch", args: [condition], targets: [ifTrue, ifFalse], cases: [] };
  ifTrue.predecessors.push(from);
  ifFalse.predecessors.push(from);
}

/** Removes the edge `from` → `to` on `to`'s side: the predecessor entry and the phi arguments. */
export function removePredecessor(to: Block, from: Block): void {
  const index = to.predecessors.indexOf(from);
  to.predecessors.splice(index, 1);
  for (const phi of to.phis) phi.args.splice(index, 1);
}

/** Makes `to` see `replacement` where it saw `from` as a predecessor; phi arguments keep their places. */
export function replacePredecessor(to: Block, from: Block, replacement: Block): void {
  to.predecessors[to.predecessors.indexOf(from)] = replacement;
}

/** Every operand array of a function: values' and terminators'. */
export function* operandLists(fn: IRFunction): Generator<Value[]> {
  for (const block of fn.blocks) {
    for (const phi of block.phis) yield phi.args;
    for (const value of block.instructions) yield value.args;
    yield block.terminator.args;
  }
}

/** Rewrites all operands through `resolve`, so that no replaced value is used any more. */
export function applyReplacements(fn: IRFunction): void {
  for (const args of operandLists(fn)) for (let i = 0; i < args.length; i++) args[i] = resolve(args[i]!);
}

/** Whether a function takes, gives, computes or passes on floating-point numbers. */
export function usesFloats(fn: IRFunction): boolean {
  const { params, results } = fn.type;
  if ([...params, ...results].some((type) => type === "f32" || type === "f64")) return true;
  for (const block of fn.blocks)
    for (const { type, args } of [...block.phis, ...block.instructions])
      if (isFloat(type) || args.some((arg) => isFloat(arg.type))) return true;
  return false;
}

/** Number of uses of every value, indexed by value number. */
export function countUses(fn: IRFunction): Int32Array {
  const uses = new Int32Array(fn.valueCount);
  for (const args of operandLists(fn)) for (const arg of args) uses[arg.id]!++;
  return uses;
}

/** Checks the invariants of the IR (see `ir.ts`). Tests run it after every pass. */
import { analyseControlFlow } from "./control-flow";
import { type Block, type IRFunction, isFloat, REINTERPRETED, type Type, type Value } from "./ir";
import { isComparison } from "./operations";
import { printValue } from "./printer";

const SAME_TYPE: ReadonlySet<string> = new Set(
  "add sub mul divs divu rems remu and or xor shl shrs shru rotl rotr".split(" "),
);
const FLOAT_ARITHMETIC: ReadonlySet<string> = new Set(
  "fadd fsub fmul fdiv fsqrt fabs fneg fcopysign fmin fmax".split(" "),
);
const FLOAT_COMPARISONS: ReadonlySet<string> = new Set(["feq", "flt", "fle"]);

class Verifier {
  readonly problems: string[] = [];

  constructor(private readonly fn: IRFunction) {}

  run(): string[] {
    const reachable = new Set(this.fn.blocks);
    for (const block of this.fn.blocks) this.checkEdges(block, reachable);
    if (this.problems.length === 0) this.checkDominance();
    return this.problems;
  }

  private problem(text: string): void {
    this.problems.push(`${this.fn.name}: ${text}`);
  }

  private checkEdges(block: Block, known: Set<Block>): void {
    if (new Set(block.successors).size !== block.successors.length)
      this.problem(`b${block.id} has a double edge`);
    if (new Set(block.predecessors).size !== block.predecessors.length)
      this.problem(`b${block.id} has a double predecessor`);
    for (const successor of block.successors) {
      if (!known.has(successor))
        this.problem(`b${block.id} leads to b${successor.id}, which is not in the function`);
      if (!successor.predecessors.includes(block))
        this.problem(`b${successor.id} does not know its predecessor b${block.id}`);
    }
    for (const predecessor of block.predecessors)
      if (!predecessor.successors.includes(block))
        this.problem(`b${block.id} has false predecessor b${predecessor.id}`);
    for (const phi of block.phis)
      if (phi.args.length !== block.predecessors.length)
        this.problem(`${printValue(phi)}: wrong number of arguments`);
    for (const value of [...block.phis, ...block.instructions]) {
      if (value.block !== block) this.problem(`${printValue(value)}: does not know its block b${block.id}`);
      this.checkTypes(value);
    }
  }

  private expect(value: Value, ...types: (Type | null)[]): void {
    types.forEach((type, index) => {
      if (type && value.args[index]?.type !== type)
        this.problem(`${printValue(value)}: operand ${index} is not ${type}`);
    });
  }

  private checkTypes(value: Value): void {
    const { op, type, args } = value;
    this.checkClasses(value);
    if (SAME_TYPE.has(op) || FLOAT_ARITHMETIC.has(op)) this.expect(value, type, args[1] ? type : null);
    else if (op === "wrap") this.expect(value, "i64");
    else if (op === "exts" || op === "extu") this.expect(value, "i32");
    else if (op === "phi")
      for (const arg of args) if (arg.type !== type) this.problem(`${printValue(value)}: types differ`);
    if (op === "select") this.expect(value, "i32", type, type);
    if (op === "load" || op === "store") this.expect(value, "i32");
    if (op === "switchStack" || op === "waitWhileEqual") this.expect(value, "i32", "i32");
    if (isComparison(op) && (type !== "i32" || (args.length === 2 && args[0]!.type !== args[1]!.type)))
      this.problem(`${printValue(value)}: bad comparison`);
  }

  /** Floating-point operations have floating-point operands, and the others have none. */
  private checkClasses(value: Value): void {
    const { op, type, args } = value;
    const problem = (text: string): void => this.problem(`${printValue(value)}: ${text}`);
    if (FLOAT_ARITHMETIC.has(op) && !isFloat(type)) problem("result is not floating point");
    if (SAME_TYPE.has(op) && isFloat(type)) problem("result is floating point");
    const operand = args[0]?.type;
    if (FLOAT_COMPARISONS.has(op) && !isFloat(operand ?? null)) problem("operands are not floating point");
    if (isComparison(op) && !FLOAT_COMPARISONS.has(op) && isFloat(operand ?? null))
      problem("operands are floating point");
    if (op === "promote") this.expect(value, "f32");
    else if (op === "demote") this.expect(value, "f64");
    else if (op === "reinterpret") this.expect(value, REINTERPRETED[type!]);
    else if ((op === "toSigned" || op === "toUnsigned") && !(isFloat(operand ?? null) && !isFloat(type)))
      problem("is no conversion to an integer");
    else if ((op === "fromSigned" || op === "fromUnsigned") && !(isFloat(type) && !isFloat(operand ?? null)))
      problem("is no conversion from an integer");
    else if (op === "load" && isFloat(type) && value.size !== (type === "f32" ? 4 : 8))
      problem("loads a part of a number");
  }

  private checkDominance(): void {
    const before = this.fn.blocks.length;
    const flow = analyseControlFlow(this.fn);
    if (this.fn.blocks.length !== before) this.problem("has unreachable blocks");
    const position = new Map<Value, number>();
    for (const block of this.fn.blocks)
      for (const [index, value] of block.instructions.entries()) position.set(value, index);
    const available = (value: Value, block: Block, index: number): boolean => {
      if (value.op === "const") return true;
      const home = value.block;
      if (!home || home.order < 0 || this.fn.blocks[home.order] !== home) return false;
      if (home !== block) return flow.dominates(home, block);
      return value.op === "phi" || (position.get(value) ?? Number.POSITIVE_INFINITY) < index;
    };
    const end = Number.POSITIVE_INFINITY;
    for (const block of this.fn.blocks) {
      for (const phi of block.phis)
        for (const [index, arg] of phi.args.entries())
          if (!available(arg, block.predecessors[index]!, end))
            this.problem(`${printValue(phi)}: v${arg.id} not available`);
      for (const [index, value] of block.instructions.entries())
        for (const arg of value.args)
          if (!available(arg, block, index)) this.problem(`${printValue(value)}: v${arg.id} not available`);
      for (const arg of block.terminator.args)
        if (!available(arg, block, end))
          this.problem(`b${block.id}: terminator uses v${arg.id}, not available`);
    }
  }
}

/** All violated invariants, as sentences; empty if the function is well formed. */
export function verify(fn: IRFunction): string[] {
  return new Verifier(fn).run();
}

/** Throws if the function is not well formed. */
export function assertValid(fn: IRFunction): void {
  const problems = verify(fn);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

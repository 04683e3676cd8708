/** Random wasm functions: expressions and statements that always end and stay inside the memory window. */
import type { Random } from "./random";
import { FLOAT_COMPARE, FloatGenerator, isFloat } from "./random-floats";
import {
  ATOMIC_COMPARE_EXCHANGE,
  ATOMIC_FAMILIES,
  ATOMIC_LOADS,
  ATOMIC_STORES,
  ATOMIC_WIDTHS,
  BINARY,
  COMPARE,
  DIVISION,
  EQZ,
  LOADS,
  STORES,
  UNARY,
} from "./random-opcodes";
import {
  type FloatType,
  type IntegerType,
  i32Const,
  i64Const,
  NO_RESULT,
  type Signature,
  TYPE_CODES,
  unsigned,
  type ValueType,
} from "./wasm-builder";

/** Bytes of the memory window that functions touch. */
export const WINDOW = 4096;
export const INTEGER_TYPES: readonly IntegerType[] = ["i32", "i64"];
export const ALL_TYPES: readonly ValueType[] = ["i32", "i64", "f32", "f64"];

/** A function that may be called. */
export interface Callee {
  index: number;
  signature: Signature;
}

/** What a function may use of the module around it. */
export interface Surroundings {
  /** The types of locals, parameters and expressions. */
  types: readonly ValueType[];
  /** u32 address of the memory window. */
  windowBase: number;
  /** Index of the global that counts down to zero, where the run traps. */
  fuel: number;
  globalsOf(type: ValueType): number[];
  /** Table slots whose function has this signature. */
  tableSlots(signature: Signature): number[];
  typeIndex(signature: Signature): number;
  /** Index of the hint that a condition is rarely true. */
  unlikely: number;
  /** Code that lets another coroutine run, if the module has coroutines. */
  suspension?(): number[];
  /** Global that counts how deep functions have called themselves. Only with coroutines. */
  depth?: number;
}

/** Generates one function body. */
export class FunctionGenerator {
  readonly locals: ValueType[];
  /** Enclosing labels, innermost last; the type a branch to it must provide (null: none). */
  private readonly labels: (ValueType | null | "loop")[] = [];
  private readonly suspends: boolean;
  private readonly floats: FloatGenerator;
  private readonly scratchLocals = new Map<FloatType, number>();

  constructor(
    private readonly random: Random,
    private readonly module: Surroundings,
    private readonly signature: Signature,
    private readonly callees: Callee[],
    /** The function's own index, if it may call itself. */
    private readonly own: number | null = null,
  ) {
    this.suspends = module.suspension !== undefined && !random.oneIn(3);
    this.locals = [...signature.params];
    for (let index = 2 + random.below(6); index > 0; index--) this.locals.push(random.pick(module.types));
    this.floats = new FloatGenerator(random, {
      expression: (type, depth) => this.expression(type, depth),
      address: (sizeLog2) => this.address(sizeLog2),
      scratch: (type) => this.scratch(type),
    });
  }

  body(): number[] {
    const code = this.spendFuel();
    const statements = 3 + this.random.below(8);
    for (let index = 0; index < statements; index++) code.push(...this.statement(3));
    if (this.signature.result) code.push(...this.expression(this.signature.result, 4));
    return code;
  }

  /** Traps when the fuel is used up. */
  private spendFuel(): number[] {
    const fuel = unsigned(this.module.fuel);
    return [
      ...[0x23, ...fuel, ...i32Const(1), 0x6b, 0x24, ...fuel],
      ...[0x23, ...fuel, 0x45, 0x04, NO_RESULT, 0x00, 0x0b],
    ];
  }

  /** A local that only canonical NaNs are made in. */
  private scratch(type: FloatType): number {
    const known = this.scratchLocals.get(type);
    if (known !== undefined) return known;
    const local = this.locals.push(type) - 1;
    this.scratchLocals.set(type, local);
    this.counters.add(local);
    return local;
  }

  private constant(type: ValueType): number[] {
    if (isFloat(type)) return this.floats.constant(type);
    const value = this.random.interesting();
    return type === "i32" ? i32Const(value) : i64Const(value);
  }

  private leaf(type: ValueType): number[] {
    const { random } = this;
    const locals = this.locals.flatMap((local, index) => (local === type ? [index] : []));
    const globals = this.module.globalsOf(type);
    const choice = random.below(8);
    if (choice < 5 && locals.length > 0) return [0x20, ...unsigned(random.pick(locals))];
    if (choice < 6) return [0x23, ...unsigned(random.pick(globals))];
    return this.constant(type);
  }

  /** An address inside the window that is a multiple of the access's size, and the instruction's memory argument. */
  private address(sizeLog2: number, reach = 1 << sizeLog2): { code: number[]; argument: number[] } {
    const { random } = this;
    const mask = (WINDOW / 2 - 1) & ~((1 << sizeLog2) - 1);
    const offset = random.below((WINDOW / 2 - reach) >> sizeLog2) << sizeLog2;
    const { windowBase } = this.module;
    const index = [...this.expression("i32", 2), ...i32Const(mask), 0x71];
    if (random.oneIn(3)) {
      const base = [...i32Const(windowBase + offset), 0x6a];
      return { code: [...index, ...base], argument: [sizeLog2, 0] };
    }
    if (random.oneIn(3)) return { code: i32Const(windowBase + offset), argument: [sizeLog2, 0] };
    return { code: [...index, ...i32Const(windowBase), 0x6a], argument: [sizeLog2, ...unsigned(offset)] };
  }

  private load(type: ValueType): number[] {
    if (isFloat(type)) return this.floats.load(type);
    const atomic = this.random.oneIn(6);
    const [opcode, size] = this.random.pick<readonly [number, number]>(
      atomic ? ATOMIC_LOADS[type] : LOADS[type],
    );
    const { code, argument } = this.address(size);
    return [...code, ...(atomic ? [0xfe] : []), opcode, ...argument];
  }

  private store(depth: number): number[] {
    const type = this.random.pick(this.module.types);
    if (isFloat(type)) return this.floats.store(type, depth);
    const atomic = this.random.oneIn(6);
    const [opcode, size] = this.random.pick<readonly [number, number]>(
      atomic ? ATOMIC_STORES[type] : STORES[type],
    );
    const { code, argument } = this.address(size);
    return [...code, ...this.expression(type, depth), ...(atomic ? [0xfe] : []), opcode, ...argument];
  }

  private atomicUpdate(type: IntegerType, depth: number): number[] {
    const { random } = this;
    const [width, size] = random.pick<readonly [number, number]>(ATOMIC_WIDTHS[type]);
    const { code, argument } = this.address(size);
    if (random.oneIn(4)) {
      const operands = [...this.expression(type, depth - 1), ...this.expression(type, depth - 1)];
      return [...code, ...operands, 0xfe, ATOMIC_COMPARE_EXCHANGE + width, ...argument];
    }
    const family = random.pick(ATOMIC_FAMILIES);
    return [...code, ...this.expression(type, depth - 1), 0xfe, family + width, ...argument];
  }

  /** A constant divisor; zero only rarely. */
  private divisorConstant(type: IntegerType): number[] {
    const value = this.random.interesting();
    const divisor =
      BigInt.asIntN(type === "i32" ? 32 : 64, value) === 0n && !this.random.oneIn(20) ? 7n : value;
    return type === "i32" ? i32Const(divisor) : i64Const(divisor);
  }

  private division(type: IntegerType, depth: number): number[] {
    const divisor = this.expression(type, depth - 1);
    // Mostly a divisor that is not zero; sometimes whatever comes, which may trap.
    const guarded = this.random.oneIn(25)
      ? divisor
      : [...divisor, ...(type === "i32" ? i32Const(1) : i64Const(1n)), type === "i32" ? 0x72 : 0x84];
    const code = this.random.oneIn(5) ? this.constant(type) : this.expression(type, depth - 1);
    return [
      ...code,
      ...(this.random.oneIn(4) ? this.divisorConstant(type) : guarded),
      this.random.pick(DIVISION[type]),
    ];
  }

  private call(depth: number, result: ValueType | null): number[] | undefined {
    const { random } = this;
    const fitting = this.callees.filter((callee) => callee.signature.result === result);
    if (fitting.length === 0) return undefined;
    const { index, signature } = random.pick(fitting);
    const args = signature.params.flatMap((param) => this.expression(param, Math.min(depth - 1, 2)));
    const slots = this.module.tableSlots(signature);
    if (slots.length === 0 || random.oneIn(2)) return [...args, 0x10, ...unsigned(index)];
    // Mostly a slot of this signature; sometimes any slot or none, which traps.
    let slot = i32Const(random.pick(slots));
    if (random.oneIn(12)) slot = [...this.expression("i32", 1), ...i32Const(7), 0x71];
    else if (random.oneIn(2))
      slot = [...i32Const(random.pick(slots)), ...slot, ...this.expression("i32", 1), 0x1b];
    return [...args, ...slot, 0x11, ...unsigned(this.module.typeIndex(signature)), 0];
  }

  private conversion(type: IntegerType, depth: number): number[] {
    if (this.usesFloats && this.random.oneIn(2)) return this.floats.toInteger(type, depth);
    if (type === "i32") return [...this.expression("i64", depth - 1), 0xa7];
    return [...this.expression("i32", depth - 1), this.random.pick([0xac, 0xad])];
  }

  private ifExpression(type: ValueType, depth: number): number[] {
    const condition = this.condition(depth - 1);
    this.labels.push(type);
    const then = [...this.maybeStatement(depth - 2), ...this.expression(type, depth - 1)];
    const otherwise = [...this.maybeStatement(depth - 2), ...this.expression(type, depth - 1)];
    this.labels.pop();
    return [...condition, 0x04, TYPE_CODES[type], ...then, 0x05, ...otherwise, 0x0b];
  }

  /** A block whose value may also come from a branch out of its middle. */
  private blockExpression(type: ValueType, depth: number): number[] {
    this.labels.push(type);
    const code = this.maybeStatement(depth - 2);
    code.push(...this.expression(type, depth - 1), ...this.condition(depth - 2), 0x0d, 0, 0x1a);
    code.push(...this.expression(type, depth - 1));
    this.labels.pop();
    return [0x02, TYPE_CODES[type], ...code, 0x0b];
  }

  private maybeStatement(depth: number): number[] {
    return depth > 0 && this.random.oneIn(3) ? this.statement(depth) : [];
  }

  private condition(depth: number): number[] {
    if (this.random.oneIn(8)) return [...this.condition(depth), 0x10, ...unsigned(this.module.unlikely)];
    const type = this.random.pick(this.module.types);
    if (this.random.oneIn(4)) return this.expression("i32", depth);
    return [
      ...this.expression(type, depth),
      ...this.expression(type, depth),
      this.random.pick<number>(isFloat(type) ? FLOAT_COMPARE[type] : COMPARE[type]),
    ];
  }

  expression(type: ValueType, depth: number): number[] {
    const { random } = this;
    if (this.suspends && random.oneIn(25))
      return [...this.module.suspension!(), ...this.expression(type, depth - 1)];
    if (depth <= 0 || random.oneIn(7)) return this.leaf(type);
    if (isFloat(type)) return this.floatExpression(type, depth);
    switch (random.below(18)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return [
          ...this.expression(type, depth - 1),
          ...this.expression(type, depth - 1),
          random.pick(BINARY[type]),
        ];
      case 5:
        return [...this.expression(type, depth - 1), ...this.constant(type), random.pick(BINARY[type])];
      case 6:
        return [...this.expression(type, depth - 1), random.pick(UNARY[type])];
      case 7:
        return this.division(type, depth);
      case 8:
      case 9:
        return this.conversion(type, depth);
      case 10:
        return this.select(type, depth);
      case 11:
        return this.ifExpression(type, depth);
      case 12:
        return this.blockExpression(type, depth);
      case 13:
        return this.atomicUpdate(type, depth);
      case 14:
        return this.call(depth, type) ?? this.leaf(type);
      case 15:
        return this.comparison(type, depth);
      case 16:
        return this.tee(type, depth);
      default:
        return this.load(type);
    }
  }

  private get usesFloats(): boolean {
    return this.module.types.length > INTEGER_TYPES.length;
  }

  private select(type: ValueType, depth: number): number[] {
    const values = [...this.expression(type, depth - 1), ...this.expression(type, depth - 1)];
    return [...values, ...this.condition(depth - 1), 0x1b];
  }

  private floatExpression(type: FloatType, depth: number): number[] {
    switch (this.random.below(12)) {
      case 0:
        return this.select(type, depth);
      case 1:
        return this.ifExpression(type, depth);
      case 2:
        return this.blockExpression(type, depth);
      case 3:
        return this.call(depth, type) ?? this.leaf(type);
      case 4:
        return this.tee(type, depth);
      case 5:
        return this.load(type);
      default:
        return this.floats.expression(type, depth);
    }
  }

  private comparison(type: IntegerType, depth: number): number[] {
    if (type === "i64") return [...this.condition(depth - 1), 0xad];
    if (this.random.oneIn(3)) {
      const operand = this.random.pick(INTEGER_TYPES);
      return [...this.expression(operand, depth - 1), EQZ[operand]];
    }
    return this.condition(depth - 1);
  }

  private tee(type: ValueType, depth: number): number[] {
    const local = this.writableLocal(type);
    return local === undefined
      ? this.leaf(type)
      : [...this.expression(type, depth - 1), 0x22, ...unsigned(local)];
  }

  /** A local that is no loop's counter. */
  private writableLocal(type: ValueType): number | undefined {
    const choices = this.locals.flatMap((local, index) =>
      local === type && !this.counters.has(index) ? [index] : [],
    );
    return choices.length > 0 ? this.random.pick(choices) : undefined;
  }
  private readonly counters = new Set<number>();

  statement(depth: number): number[] {
    const { random } = this;
    if (this.suspends && random.oneIn(5)) return this.suspensionStatement();
    if (depth <= 0) return this.assignment(1);
    switch (random.below(16)) {
      case 0:
      case 1:
        return this.store(depth);
      case 2:
        return this.globalAssignment(depth);
      case 3:
      case 4:
        return this.ifStatement(depth);
      case 5:
      case 6:
        return this.loop(depth);
      case 7:
        return this.switchStatement(depth);
      case 8:
        return this.bulkMemory();
      case 9:
        return this.call(depth, null) ?? this.assignment(depth);
      case 10:
        return this.conditionalBranch(depth);
      case 11:
        return this.rareInstruction(depth);
      default:
        return this.assignment(depth);
    }
  }

  /** An assignment, a switch, and perhaps a way that does not need what lives across it, or does not lead through it. */
  private suspensionStatement(): number[] {
    const { random } = this;
    const suspension = random.oneIn(4) ? this.recursion() : this.module.suspension!();
    const before = this.assignment(1);
    if (random.oneIn(2))
      return [...before, ...suspension, ...(random.oneIn(2) ? this.conditionalBranch(1) : [])];
    const condition = this.condition(1);
    this.labels.push(null);
    const after = this.conditionalBranch(1);
    this.labels.pop();
    return [...before, ...condition, 0x04, NO_RESULT, ...suspension, ...after, 0x0b];
  }

  /** Calls itself, at most a few levels deep. */
  private recursion(): number[] {
    const { own, signature } = this;
    if (own === null) return this.module.suspension!();
    const depth = unsigned(this.module.depth!);
    const change = (by: number) => [0x23, ...depth, ...i32Const(by), 0x6a, 0x24, ...depth];
    const args = signature.params.flatMap((param) => this.expression(param, 1));
    const call = [...args, 0x10, ...unsigned(own)];
    const local = signature.result === null ? undefined : this.writableLocal(signature.result);
    if (local !== undefined) call.push(0x21, ...unsigned(local));
    else if (signature.result !== null) call.push(0x1a);
    const isShallow = [0x23, ...depth, ...i32Const(2), 0x49];
    return [...isShallow, 0x04, NO_RESULT, ...change(1), ...call, ...change(-1), 0x0b];
  }

  private assignment(depth: number): number[] {
    const type = this.random.pick(this.module.types);
    const local = this.writableLocal(type);
    if (local === undefined) return this.globalAssignment(depth);
    return [...this.expression(type, depth + 1), 0x21, ...unsigned(local)];
  }

  private globalAssignment(depth: number): number[] {
    const type = this.random.pick(this.module.types);
    return [
      ...this.expression(type, depth),
      0x24,
      ...unsigned(this.random.pick(this.module.globalsOf(type))),
    ];
  }

  private statements(depth: number): number[] {
    const code: number[] = [];
    for (let index = this.random.below(3); index >= 0; index--) code.push(...this.statement(depth));
    return code;
  }

  private ifStatement(depth: number): number[] {
    const condition = this.condition(2);
    this.labels.push(null);
    const then = this.statements(depth - 1);
    const otherwise = this.random.oneIn(2) ? [0x05, ...this.statements(depth - 1)] : [];
    this.labels.pop();
    return [...condition, 0x04, NO_RESULT, ...then, ...otherwise, 0x0b];
  }

  /** for (counter = n; counter != 0; counter--) { … }, with a way out in the middle. */
  private loop(depth: number): number[] {
    this.locals.push("i32");
    const counter = this.locals.length - 1;
    this.counters.add(counter);
    const local = unsigned(counter);
    this.labels.push(null, "loop");
    const body = [...this.spendFuel(), ...this.statements(depth - 1)];
    if (this.random.oneIn(3)) body.push(...this.condition(1), 0x0d, 1);
    body.push(...this.statements(depth - 1));
    this.labels.pop();
    this.labels.pop();
    const decrement = [0x20, ...local, ...i32Const(1), 0x6b, 0x22, ...local, 0x0d, 0];
    const start = [...i32Const(1 + this.random.below(9)), 0x21, ...local];
    return [...start, 0x02, NO_RESULT, 0x03, NO_RESULT, ...body, ...decrement, 0x0b, 0x0b];
  }

  private switchStatement(depth: number): number[] {
    const cases = 2 + this.random.below(9);
    const selector = [...this.expression("i32", 2), ...i32Const(15), 0x71];
    const targets: number[] = [];
    for (let index = 0; index < cases; index++) targets.push(this.random.below(cases + 1));
    let code = [...selector, 0x0e, ...unsigned(cases), ...targets, this.random.below(cases + 1)];
    for (let index = 0; index < cases; index++) {
      // Inside the case: the blocks of the later cases and the switch itself are still open.
      for (let open = index; open < cases; open++) this.labels.push(null);
      const body = this.statement(Math.min(depth - 1, 1));
      for (let open = index; open < cases; open++) this.labels.pop();
      const leave = this.random.oneIn(4) ? [] : [0x0c, ...unsigned(cases - 1 - index)];
      code = [0x02, NO_RESULT, ...code, 0x0b, ...body, ...leave];
    }
    return [0x02, NO_RESULT, ...code, 0x0b];
  }

  private conditionalBranch(depth: number): number[] {
    const open = this.labels.flatMap((label, index) =>
      label === null ? [this.labels.length - 1 - index] : [],
    );
    if (open.length > 0 && !this.random.oneIn(4)) {
      return [...this.condition(depth - 1), 0x0d, ...unsigned(this.random.pick(open))];
    }
    const value = this.signature.result ? this.expression(this.signature.result, 2) : [];
    return [...this.condition(2), 0x04, NO_RESULT, ...value, 0x0f, 0x0b];
  }

  private bulkMemory(): number[] {
    const { random } = this;
    const length = random.oneIn(3)
      ? i32Const(random.below(100))
      : [...this.expression("i32", 2), ...i32Const(63), 0x71];
    const inWindow = () => {
      const { code, argument } = this.address(0, 128);
      // Bulk operations have no memory argument; add the offset here.
      return [...code, ...i32Const(decodeUnsigned(argument.slice(1))), 0x6a];
    };
    if (random.oneIn(2)) return [...inWindow(), ...inWindow(), ...length, 0xfc, 0x0a, 0, 0];
    return [...inWindow(), ...this.expression("i32", 2), ...length, 0xfc, 0x0b, 0];
  }

  private rareInstruction(depth: number): number[] {
    const { random } = this;
    const local = this.writableLocal("i32");
    switch (random.below(5)) {
      case 0:
        return [0xfe, 0x03, 0x00];
      case 1:
        return local === undefined ? [0x01] : [0x3f, 0, 0x21, ...unsigned(local)];
      case 2:
        return local === undefined
          ? [0x01]
          : [...i32Const(1 + random.below(9)), 0x40, 0, 0x21, ...unsigned(local)];
      case 3:
        // Rarely true: the trap itself, and stores before it that must have happened.
        return [
          ...this.expression("i32", depth),
          ...i32Const(random.below(200)),
          0x46,
          0x04,
          NO_RESULT,
          0x00,
          0x0b,
        ];
      default:
        return [...this.expression(random.pick(this.module.types), depth), 0x1a];
    }
  }
}

function decodeUnsigned(bytes: number[]): number {
  return bytes.reduce((value, byte, index) => value | ((byte & 0x7f) << (7 * index)), 0);
}

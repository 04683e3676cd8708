/**
 * Uses narrower loads and 32-bit arithmetic where the rest of a 64-bit value is thrown away. Runs after memory
 * forwarding, which prefers accesses of one size.
 */
import { applyReplacements, countUses, type IRFunction, isConstant, type Value } from "../ir/ir";
import { removeDeadCode } from "./dead-code";

/** Operations whose low 32 bits depend on the operands' low 32 bits only. */
const LOW_BITS_ONLY: ReadonlySet<string> = new Set(["add", "sub", "mul"]);

/** Bits [start, start + bits) of a 64-bit load. */
interface Field {
  load: Value;
  start: number;
  bits: number;
}

class Narrower {
  private readonly uses: Int32Array;

  constructor(private readonly fn: IRFunction) {
    this.uses = countUses(fn);
  }

  run(): void {
    // Arithmetic first: it still sees every load in its original width.
    for (const value of this.values()) if (value.op === "wrap") this.wrap(value);
    for (const value of this.values())
      if (value.type === "i64" && (value.op === "and" || value.op === "shru" || value.op === "extu"))
        this.extract(value);
    applyReplacements(this.fn);
    removeDeadCode(this.fn);
  }

  private values(): Value[] {
    return this.fn.blocks.flatMap((block) => block.instructions);
  }

  private isOnce(value: Value): boolean {
    return this.uses[value.id] === 1;
  }

  private wrap(value: Value): void {
    const source = value.args[0]!;
    if (!this.isOnce(source)) return;
    if (LOW_BITS_ONLY.has(source.op)) {
      value.op = source.op;
      value.args = source.args.map((arg) => this.wrapped(value, arg));
      return;
    }
    if (source.op === "threadPointer" || source.op === "globalGet") {
      // Both can be read as 32 bits.
      source.type = "i32";
      this.replaceBy(value, source);
      return;
    }
    const field = this.fieldOf(source, 32);
    if (field) this.replaceByLoad(value, field, "i32", true);
  }

  /** The low half of an operand, computed in front of `user` if need be. */
  private wrapped(user: Value, value: Value): Value {
    if (isConstant(value)) return this.fn.constant("i32", value.constant);
    if (value.op === "extu" || value.op === "exts") {
      const source = value.args[0]!;
      this.uses[source.id]!++;
      return source;
    }
    const result = this.fn.value("wrap", "i32", [value]);
    const block = user.block!;
    result.block = block;
    block.instructions.splice(block.instructions.indexOf(user), 0, result);
    return result;
  }

  /** The field that `value` selects of a load used nowhere else: the load itself or shifted right; at most `bits` wide. */
  private fieldOf(value: Value, bits: number): Field | null {
    if (value.op === "load" && value.type === "i64" && value.size * 8 >= bits && this.isOnce(value))
      return { load: value, start: 0, bits };
    if (value.op !== "shru" || !isConstant(value.args[1]!) || !this.isOnce(value)) return null;
    const load = value.args[0]!;
    const start = Number(value.args[1]!.constant);
    const isWhole = load.op === "load" && load.type === "i64" && load.size === 8 && this.isOnce(load);
    return isWhole && start + bits <= 64 ? { load, start, bits } : null;
  }

  private extract(value: Value): void {
    const [source, operand] = value.args as [Value, Value];
    if (value.op === "extu") {
      if (source.op === "load" && source.size === 4 && this.isOnce(source))
        this.replaceByLoad(value, { load: source, start: 0, bits: 32 }, "i64", false);
      return;
    }
    if (!isConstant(operand)) return;
    if (value.op === "shru") {
      const start = Number(operand.constant);
      const isWhole =
        source.op === "load" && source.type === "i64" && source.size === 8 && this.isOnce(source);
      if (isWhole) this.replaceByLoad(value, { load: source, start, bits: 64 - start }, "i64", false);
      return;
    }
    const bits = [8n, 16n, 32n].find((width) => operand.constant === (1n << width) - 1n);
    const field = bits === undefined ? null : this.fieldOf(source, Number(bits));
    if (field) this.replaceByLoad(value, field, "i64", false);
  }

  /** Loads just the field where the whole was loaded. The load must stay in its place: stores may follow it. */
  private replaceByLoad(
    value: Value,
    { load, start, bits }: Field,
    type: "i32" | "i64",
    signed: boolean,
  ): void {
    if (start % 8 !== 0 || (bits !== 8 && bits !== 16 && bits !== 32) || start % bits !== 0) return;
    load.type = type;
    load.size = bits / 8;
    load.offset += start / 8;
    load.signed = signed;
    this.replaceBy(value, load);
  }

  private replaceBy(value: Value, replacement: Value): void {
    value.replacement = replacement;
    const { instructions } = value.block!;
    instructions.splice(instructions.indexOf(value), 1);
    value.block = null;
  }
}

/** Narrows loads and arithmetic of a function. */
export function narrow(fn: IRFunction): void {
  new Narrower(fn).run();
}

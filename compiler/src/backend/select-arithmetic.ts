/** Instruction selection for pure values: arithmetic, conversions and comparisons as values. */

import { fitsImmediate, lowMask, powerOfTwo } from "../ir/bits";
import type { Value } from "../ir/ir";
import { isNonNegative, upperBits } from "../ir/value-range";
import type { MachineOp } from "./machine";
import type { Selector } from "./selector";

const REGISTER_OPS: Record<string, MachineOp> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  and: "and",
  or: "or",
  xor: "xor",
  shl: "sll",
  shrs: "sra",
  shru: "srl",
  divs: "div",
  divu: "divu",
  rems: "rem",
  remu: "remu",
  rotl: "rol",
  rotr: "ror",
};

const SHIFT_IMMEDIATE: Record<string, MachineOp> = { shl: "slli", shrs: "srai", shru: "srli" };

/** The 32-bit form of an operation, which sign-extends its result. */
const word = (op: MachineOp): MachineOp => `${op}w` as MachineOp;

const constantOf = (value: Value | undefined): bigint | null =>
  value?.op === "const" ? value.constant : null;

export class ArithmeticSelector {
  constructor(
    private readonly s: Selector,
    /** Whether all users of a value take it as a memory address. */
    private readonly isAddressOnly: (value: Value) => boolean,
  ) {}

  /** Emits a pure value into its register. */
  select(value: Value): void {
    switch (value.op) {
      case "add":
        this.add(value);
        break;
      case "and":
        this.and(value);
        break;
      case "or":
      case "xor":
        this.orXor(value);
        break;
      case "shl":
      case "shru":
      case "shrs":
        this.shift(value);
        break;
      case "rotl":
      case "rotr":
        this.rotate(value);
        break;
      case "clz":
      case "ctz":
      case "popcnt":
        this.countBits(value);
        break;
      case "eq":
      case "ne":
      case "eqz":
      case "lts":
      case "ltu":
      case "ges":
      case "geu":
        this.comparison(value);
        break;
      case "wrap":
      case "exts":
      case "extu":
      case "sx8":
      case "sx16":
        this.conversion(value);
        break;
      default:
        this.binary(value);
    }
  }

  /** An operand of which the operation's width matters. */
  private operand(value: Value): number {
    return value.type === "i32" ? this.s.lowBits(value) : this.s.register(value);
  }

  private binary(value: Value): void {
    const op = REGISTER_OPS[value.op]!;
    const [a, b] = value.args as [Value, Value];
    const rd = this.s.resultRegister(value);
    if (value.type === "i64") this.s.emit(op, rd, [this.s.register(a), this.s.register(b)]);
    else this.s.emit(word(op), rd, [this.operand(a), this.operand(b)]);
  }

  private add(value: Value): void {
    const { s } = this;
    const [a, b] = value.args as [Value, Value];
    const rd = s.resultRegister(value);
    const constant = constantOf(b);
    const narrow = value.type === "i32";
    if (constant !== null && fitsImmediate(constant)) {
      s.emit(narrow ? "addiw" : "addi", rd, [this.operand(a)], Number(constant));
      return;
    }
    if (narrow && !this.isAddressOnly(value)) {
      s.emit("addw", rd, [s.lowBits(a), s.lowBits(b)]);
      return;
    }
    // Address arithmetic may be done in 64 bits (docs/compiler.md, the address rule).
    if (s.options.bitmanip && this.shiftedAdd(rd, a, b, narrow)) return;
    s.emit("add", rd, [s.register(a), s.register(b)]);
  }

  /** Zba: add with one operand shifted by 1 to 3, or zero-extended. */
  private shiftedAdd(rd: number, a: Value, b: Value, narrow: boolean): boolean {
    const { s } = this;
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const amount = x.op === "shl" ? constantOf(x.args[1]) : null;
      if (amount !== null && amount >= 1n && amount <= 3n) {
        s.emit(`sh${amount}add` as MachineOp, rd, [s.register(x.args[0]!), s.register(y)]);
        return true;
      }
      if (!narrow && x.op === "extu" && !isNonNegative(x.args[0]!) && y.op !== "const") {
        s.emit("add.uw", rd, [s.lowBits(x), s.register(y)]);
        return true;
      }
    }
    return false;
  }

  private and(value: Value): void {
    const { s } = this;
    const [a, b] = value.args as [Value, Value];
    const rd = s.resultRegister(value);
    const constant = constantOf(b);
    if (constant !== null && this.andConstant(rd, a, constant, value.type === "i32")) return;
    if (constant === null && s.options.bitmanip && this.andNot(rd, a, b)) return;
    s.emit("and", rd, [s.register(a), s.register(b)]);
  }

  private andConstant(rd: number, a: Value, constant: bigint, narrow: boolean): boolean {
    const { s } = this;
    if (fitsImmediate(constant)) {
      s.emit("andi", rd, [constant >= 0n ? s.lowBits(a) : s.register(a)], Number(constant));
      return true;
    }
    const ones = lowMask(constant);
    if (ones > 0 && !(narrow && ones > 31)) {
      this.zeroExtend(rd, a, ones);
      return true;
    }
    const cleared = powerOfTwo(~constant);
    if (s.options.bitmanip && cleared >= 0) {
      s.emit("bclri", rd, [s.register(a)], cleared);
      return true;
    }
    const zeros = lowMask(~constant);
    if (zeros <= 0) return false;
    const upper = s.newRegister();
    s.emit(narrow ? "sraiw" : "srli", upper, [narrow ? s.lowBits(a) : s.register(a)], zeros);
    s.emit("slli", rd, [upper], zeros);
    return true;
  }

  /** rd = the low `bits` bits of `a`; takes a right shift along. */
  private zeroExtend(rd: number, a: Value, bits: number): void {
    const { s } = this;
    const amount = a.op === "shru" && a.type === "i64" ? constantOf(a.args[1]) : null;
    if (amount !== null && amount < 64n) {
      const shift = Number(amount);
      const source = s.register(a.args[0]!);
      if (bits + shift >= 64) s.emit("srli", rd, [source], shift);
      else s.emit("srli", rd, [s.emitTo("slli", [source], 64 - bits - shift)], 64 - bits);
      return;
    }
    const source = bits <= 32 ? s.lowBits(a) : s.register(a);
    if (bits === 16 && s.options.bitmanip) s.emit("zext.h", rd, [source]);
    else if (bits === 32 && s.options.bitmanip) s.emit("add.uw", rd, [source, 0]);
    else s.emit("srli", rd, [s.emitTo("slli", [source], 64 - bits)], 64 - bits);
  }

  private andNot(rd: number, a: Value, b: Value): boolean {
    const { s } = this;
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      if (y.op === "xor" && constantOf(y.args[1]) === -1n) {
        s.emit("andn", rd, [s.register(x), s.register(y.args[0]!)]);
        return true;
      }
    }
    return false;
  }

  private orXor(value: Value): void {
    const { s } = this;
    const [a, b] = value.args as [Value, Value];
    const rd = s.resultRegister(value);
    const constant = constantOf(b);
    const op = value.op as "or" | "xor";
    if (constant !== null && fitsImmediate(constant)) {
      s.emit(`${op}i` as MachineOp, rd, [s.register(a)], Number(constant));
      return;
    }
    const bit = constant === null ? -1 : powerOfTwo(constant);
    if (s.options.bitmanip && bit >= 0 && !(value.type === "i32" && bit >= 31)) {
      s.emit(op === "or" ? "bseti" : "binvi", rd, [s.register(a)], bit);
      return;
    }
    s.emit(op, rd, [s.register(a), s.register(b)]);
  }

  private shift(value: Value): void {
    const { s } = this;
    const [a, b] = value.args as [Value, Value];
    const rd = s.resultRegister(value);
    const narrow = value.type === "i32";
    const constant = constantOf(b);
    if (constant !== null) {
      const amount = Number(BigInt.asUintN(narrow ? 5 : 6, constant));
      if (!narrow && this.shiftOfMask(value, rd, a, amount)) return;
      const op = SHIFT_IMMEDIATE[value.op]!;
      s.emit(narrow ? word(op) : op, rd, [this.operand(a)], amount);
      return;
    }
    if (value.op === "shl" && constantOf(a) === 1n && s.options.bitmanip && !narrow) {
      s.emit("bset", rd, [0, s.lowBits(b)]);
      return;
    }
    const op = REGISTER_OPS[value.op]!;
    s.emit(narrow ? word(op) : op, rd, [this.operand(a), s.lowBits(b)]);
  }

  /** Shifts of a masked or zero-extended value: two shifts instead of mask and shift. */
  private shiftOfMask(value: Value, rd: number, a: Value, amount: number): boolean {
    const { s } = this;
    const isExtension = a.op === "extu" && !isNonNegative(a.args[0]!);
    const mask = a.op === "and" ? constantOf(a.args[1]) : null;
    const bits = isExtension ? 32 : mask !== null && !fitsImmediate(mask) ? lowMask(mask) : -1;
    if (bits <= 0 || s.isNeeded(a) || value.op === "shrs") return false;
    const source = bits <= 32 ? s.lowBits(a.args[0]!) : s.register(a.args[0]!);
    if (value.op === "shl" && bits === 32 && s.options.bitmanip) {
      s.emit("slli.uw", rd, [source], amount);
      return true;
    }
    const top = s.emitTo("slli", [source], 64 - bits);
    const right = value.op === "shru" ? 64 - bits + amount : 64 - bits - amount;
    if (right >= 64) s.emit("mv", rd, [0]);
    else if (right >= 0) s.emit("srli", rd, [top], right);
    else s.emit("slli", rd, [top], -right);
    return true;
  }

  private rotate(value: Value): void {
    const { s } = this;
    const [a, b] = value.args as [Value, Value];
    const rd = s.resultRegister(value);
    const narrow = value.type === "i32";
    const width = narrow ? 32 : 64;
    const sized = (op: MachineOp): MachineOp => (narrow ? word(op) : op);
    const source = this.operand(a);
    const constant = constantOf(b);
    if (constant !== null) {
      const amount = Number(BigInt.asUintN(narrow ? 5 : 6, value.op === "rotr" ? constant : -constant));
      if (amount === 0) s.emit(narrow ? "addiw" : "mv", rd, [source]);
      else if (s.options.bitmanip) s.emit(sized("rori"), rd, [source], amount);
      else {
        const low = s.emitTo(sized("srli"), [source], amount);
        s.emit("or", rd, [low, s.emitTo(sized("slli"), [source], width - amount)]);
      }
      return;
    }
    const amount = s.lowBits(b);
    if (s.options.bitmanip) {
      s.emit(sized(REGISTER_OPS[value.op]!), rd, [source, amount]);
      return;
    }
    const opposite = s.emitTo(sized("sub"), [0, amount]);
    const [there, back]: MachineOp[] = value.op === "rotl" ? ["sll", "srl"] : ["srl", "sll"];
    const first = s.emitTo(sized(there!), [source, amount]);
    s.emit("or", rd, [first, s.emitTo(sized(back!), [source, opposite])]);
  }

  /** Zbb only; without it these are calls (`CallSelector.countBits`). */
  private countBits(value: Value): void {
    const op = value.op === "popcnt" ? "cpop" : (value.op as MachineOp);
    const a = value.args[0]!;
    this.s.emit(a.type === "i32" ? word(op as MachineOp) : (op as MachineOp), this.s.resultRegister(value), [
      this.operand(a),
    ]);
  }

  private conversion(value: Value): void {
    const { s } = this;
    const a = value.args[0]!;
    const rd = s.resultRegister(value);
    if (value.op === "wrap") {
      if (upperBits(a) < 32) s.emit("mv", rd, [s.register(a)]);
      else s.emit("addiw", rd, [s.lowBits(a)], 0);
    } else if (value.op === "exts") s.emit("mv", rd, [s.register(a)]);
    else if (value.op === "extu") this.zeroExtend(rd, a, 32);
    else {
      const bits = value.op === "sx8" ? 8 : 16;
      if (s.options.bitmanip) s.emit(bits === 8 ? "sext.b" : "sext.h", rd, [s.lowBits(a)]);
      else s.emit("srai", rd, [s.emitTo("slli", [s.lowBits(a)], 64 - bits)], 64 - bits);
    }
  }

  private comparison(value: Value): void {
    const { s } = this;
    const [a, b] = value.args as [Value, Value];
    const rd = s.resultRegister(value);
    if (value.op === "eqz") s.emit("sltiu", rd, [s.register(a)], 1);
    else if (value.op === "eq" || value.op === "ne") {
      const difference = this.difference(a, b);
      if (value.op === "eq") s.emit("sltiu", rd, [difference], 1);
      else s.emit("sltu", rd, [0, difference]);
    } else if (value.op === "lts" || value.op === "ltu") this.lessThan(rd, value.op === "lts", a, b);
    else {
      const less = s.newRegister();
      this.lessThan(less, value.op === "ges", a, b);
      s.emit("xori", rd, [less], 1);
    }
  }

  /** A register that is zero exactly if the operands are equal. */
  private difference(a: Value, b: Value): number {
    const { s } = this;
    const constant = constantOf(b);
    if (constant === 0n) return s.register(a);
    if (constant !== null && fitsImmediate(-constant)) {
      const rd = s.newRegister();
      return s.emit(a.type === "i32" ? "addiw" : "addi", rd, [this.operand(a)], Number(-constant));
    }
    return s.emit("xor", s.newRegister(), [s.register(a), s.register(b)]);
  }

  private lessThan(rd: number, signed: boolean, a: Value, b: Value): void {
    const { s } = this;
    const constant = constantOf(b);
    if (constant !== null && fitsImmediate(constant))
      s.emit(signed ? "slti" : "sltiu", rd, [s.register(a)], Number(constant));
    else s.emit(signed ? "slt" : "sltu", rd, [s.register(a), s.register(b)]);
  }
}

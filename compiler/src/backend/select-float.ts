/** Instruction selection for floating-point values: arithmetic, comparisons, conversions. */
import { ROUNDING_MODES, type RoundingMode } from "../assembler/opcodes";
import { isFloat, type Type, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import type { MachineOp } from "./machine";
import type { Selector } from "./selector";

/** Suffix of instructions that work on a type. */
const precision = (type: Type | null): "s" | "d" => (type === "f32" ? "s" : "d");
/** Suffix of conversions from and to an integer type. */
const integer = (type: Type | null, signed: boolean): string =>
  (type === "i32" ? "w" : "l") + (signed ? "" : "u");

/**
 * Operations that are one instruction on registers of one type. All of them round to nearest whatever fcsr says: the
 * rounding mode stands in the instruction.
 */
const DIRECT: Partial<Record<Operation, string>> = {
  fadd: "fadd",
  fsub: "fsub",
  fmul: "fmul",
  fdiv: "fdiv",
  fsqrt: "fsqrt",
  fmin: "fmin",
  fmax: "fmax",
  fcopysign: "fsgnj",
  feq: "feq",
  flt: "flt",
  fle: "fle",
};

export class FloatSelector {
  constructor(private readonly s: Selector) {}

  /** Emits a value into its register. */
  select(value: Value): void {
    const { s } = this;
    const { op, args } = value;
    const a = args[0]!;
    const direct = DIRECT[op];
    if (direct)
      s.emit(
        `${direct}.${precision(a.type)}` as MachineOp,
        s.resultRegister(value),
        args.map((arg) => s.register(arg)),
      );
    else if (op === "fneg" || op === "fabs") this.changeSign(value, op === "fneg" ? "fsgnjn" : "fsgnjx");
    else if (op === "promote") s.emit("fcvt.d.s", s.resultRegister(value), [s.register(a)]);
    else if (op === "demote") s.emit("fcvt.s.d", s.resultRegister(value), [s.register(a)]);
    else if (op === "reinterpret") this.reinterpret(value);
    else if (isFloat(value.type)) this.fromInteger(value, op === "fromSigned");
    else this.toInteger(value, op === "toSigned");
  }

  private changeSign(value: Value, op: string): void {
    const { s } = this;
    const source = s.register(value.args[0]!);
    s.emit(`${op}.${precision(value.type)}` as MachineOp, s.resultRegister(value), [source, source]);
  }

  private reinterpret(value: Value): void {
    const { s } = this;
    const a = value.args[0]!;
    const rd = s.resultRegister(value);
    if (value.type === "i32") s.emit("fmv.x.w", rd, [s.register(a)]);
    else if (value.type === "i64") s.emit("fmv.x.d", rd, [s.register(a)]);
    else if (value.type === "f32") s.emit("fmv.w.x", rd, [s.lowBits(a)]);
    else s.emit("fmv.d.x", rd, [s.register(a)]);
  }

  private fromInteger(value: Value, signed: boolean): void {
    const { s } = this;
    const a = value.args[0]!;
    const op = `fcvt.${precision(value.type)}.${integer(a.type, signed)}` as MachineOp;
    s.emit(op, s.resultRegister(value), [a.type === "i32" ? s.lowBits(a) : s.register(a)]);
  }

  private toInteger(value: Value, signed: boolean): void {
    const { s } = this;
    const a = value.args[0]!;
    const op = `fcvt.${integer(value.type, signed)}.${precision(a.type)}` as MachineOp;
    const rounding = ROUNDING_MODES[value.symbol as RoundingMode];
    s.emit(op, s.resultRegister(value), [s.register(a)], rounding);
  }
}

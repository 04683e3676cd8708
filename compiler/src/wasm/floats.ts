/**
 * wasm's floating-point instructions that RISC-V has no single instruction for: minimum and maximum with NaN, rounding to
 * whole numbers, conversions to integers that trap or saturate (core spec section 4.3.3).
 */
import { floatBits } from "../ir/float-bits";
import { type FloatType, type IntegerType, sizeOfType, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import type { FunctionEmitter } from "./emitter";

/** One such instruction, applied to its operands. */
type Translation = (emitter: FunctionEmitter, operands: Value[]) => Value;

/** A floating-point instruction that becomes several operations. */
export interface FloatInstruction {
  operands: 1 | 2;
  translate: Translation;
}

const number = (emitter: FunctionEmitter, type: FloatType, value: number): Value =>
  emitter.constant(type, floatBits(type, value));

const not = (emitter: FunctionEmitter, condition: Value): Value => emitter.emit("eqz", "i32", [condition]);

const isNumber = (emitter: FunctionEmitter, x: Value): Value => emitter.emit("feq", "i32", [x, x]);

const notEqual: Translation = (emitter, operands) => not(emitter, emitter.emit("feq", "i32", operands));

/** The IR's operations prefer numbers to NaNs; in wasm a NaN wins, and a sum with one is one. */
const extremum =
  (op: "fmin" | "fmax", type: FloatType): Translation =>
  (emitter, operands) => {
    const [a, b] = operands as [Value, Value];
    const isOrdinary = emitter.emit("and", "i32", [isNumber(emitter, a), isNumber(emitter, b)]);
    const result = emitter.emit(op, type, [a, b]);
    return emitter.rarely(not(emitter, isOrdinary), result, () => emitter.emit("fadd", type, [a, b]));
  };

/** Numbers at least this large are whole, and smaller ones fit the integer of the same size. */
const WHOLE: Record<FloatType, number> = { f32: 2 ** 23, f64: 2 ** 52 };

/** To an integer and back; zeros keep their sign, large numbers stay what they are, and NaNs become quiet. */
const round =
  (mode: string, type: FloatType): Translation =>
  (emitter, operands) => {
    const [x] = operands as [Value];
    const integer: IntegerType = type === "f32" ? "i32" : "i64";
    const magnitude = emitter.emit("fabs", type, [x]);
    const isSmall = emitter.emit("flt", "i32", [magnitude, number(emitter, type, WHOLE[type])]);
    const whole = emitter.emit("toSigned", integer, [x], { symbol: mode });
    const unsigned = emitter.emit("fromSigned", type, [whole]);
    const result = emitter.emit("fcopysign", type, [unsigned, x]);
    return emitter.rarely(not(emitter, isSmall), result, () => emitter.emit("fmin", type, [x, x]));
  };

const conversion = (signed: boolean): Operation => (signed ? "toSigned" : "toUnsigned");

const truncate = (emitter: FunctionEmitter, result: IntegerType, signed: boolean, x: Value): Value =>
  emitter.emit(conversion(signed), result, [x], { symbol: "rtz" });

/** Traps unless the whole part of x fits: lowest − 1 < x < highest + 1, or lowest ≤ x where lowest − 1 is no float. */
const truncateOrTrap =
  (result: IntegerType, signed: boolean, type: FloatType): Translation =>
  (emitter, operands) => {
    const [x] = operands as [Value];
    const bits = sizeOfType(result) * 8;
    const lowest = signed ? -(2 ** (bits - 1)) : 0;
    const isExact = !signed || (type === "f64" && result === "i32");
    const fitsBelow = isExact
      ? emitter.emit("flt", "i32", [number(emitter, type, lowest - 1), x])
      : emitter.emit("fle", "i32", [number(emitter, type, lowest), x]);
    const limit = number(emitter, type, 2 ** (signed ? bits - 1 : bits));
    const fitsAbove = emitter.emit("flt", "i32", [x, limit]);
    emitter.trapIf(not(emitter, emitter.emit("and", "i32", [fitsBelow, fitsAbove])));
    return truncate(emitter, result, signed, x);
  };

/** RISC-V saturates as wasm does, but for NaN, which is 0 in wasm. */
const truncateSaturating =
  (result: IntegerType, signed: boolean): Translation =>
  (emitter, operands) => {
    const [x] = operands as [Value];
    const whole = truncate(emitter, result, signed, x);
    return emitter.rarely(not(emitter, isNumber(emitter, x)), whole, () => emitter.constant(result, 0));
  };

/** Instructions by opcode. */
export const FLOATS = new Map<number, FloatInstruction>();

function defineRounding(type: FloatType, compareBase: number, unaryBase: number): void {
  FLOATS.set(compareBase + 1, { operands: 2, translate: notEqual });
  for (const [k, mode] of ["rup", "rdn", "rtz", "rne"].entries())
    FLOATS.set(unaryBase + 2 + k, { operands: 1, translate: round(mode, type) });
  FLOATS.set(unaryBase + 11, { operands: 2, translate: extremum("fmin", type) });
  FLOATS.set(unaryBase + 12, { operands: 2, translate: extremum("fmax", type) });
}

function defineTruncation(result: IntegerType, trapping: number, saturating: number): void {
  for (const [k, type] of (["f32", "f64"] as const).entries())
    for (const [j, signed] of [true, false].entries()) {
      FLOATS.set(trapping + 2 * k + j, { operands: 1, translate: truncateOrTrap(result, signed, type) });
      FLOATS.set(saturating + 2 * k + j, { operands: 1, translate: truncateSaturating(result, signed) });
    }
}

defineRounding("f32", 0x5b, 0x8b);
defineRounding("f64", 0x61, 0x99);
defineTruncation("i32", 0xa8, 0xfc00);
defineTruncation("i64", 0xae, 0xfc04);

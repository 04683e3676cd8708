/** Algebraic rules for arithmetic and bit operations. Constants of commutative operations are on the right already. */

import { lowMask, powerOfTwo } from "../ir/bits";
import type { Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import { upperBits } from "../ir/value-range";
import { become, constantOf, type Rewriter, type Rule, widthOf } from "./simplifier";

const add: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const constant = constantOf(b);
  if (constant === 0n) return a;
  const inner = a.op === "add" ? constantOf(a.args[1]) : null;
  if (constant !== null && inner !== null)
    return become(value, "add", [a.args[0]!, r.constant(value.type!, constant + inner)]);
  if (b.op === "sub" && constantOf(b.args[0]) === 0n) return become(value, "sub", [a, b.args[1]!]);
  if (a.op === "sub" && constantOf(a.args[0]) === 0n) return become(value, "sub", [b, a.args[1]!]);
  return null;
};

const sub: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const constant = constantOf(b);
  if (a === b) return r.constant(value.type!, 0);
  if (constant !== null) return become(value, "add", [a, r.constant(value.type!, -constant)]);
  return null;
};

const mul: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const constant = constantOf(b);
  if (constant === null) return null;
  if (constant === 0n) return b;
  if (constant === -1n) return become(value, "sub", [r.constant(value.type!, 0), a]);
  const power = powerOfTwo(BigInt.asUintN(widthOf(value.type), constant));
  return power < 0 ? null : become(value, "shl", [a, r.constant(value.type!, power)]);
};

const divideUnsigned: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const constant = constantOf(b);
  const power = constant === null ? -1 : powerOfTwo(BigInt.asUintN(widthOf(value.type), constant));
  if (power < 0) return null;
  if (value.op === "divu") return become(value, "shru", [a, r.constant(value.type!, power)]);
  return become(value, "and", [a, r.constant(value.type!, (1n << BigInt(power)) - 1n)]);
};

const and: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  if (a === b) return a;
  const constant = constantOf(b);
  if (constant === null) return null;
  if (constant === -1n) return a;
  if (constant === 0n) return b;
  const inner = constantOf(a.args[1]);
  if (inner !== null && a.op === "and")
    return become(value, "and", [a.args[0]!, r.constant(value.type!, constant & inner)]);
  if (inner !== null && (a.op === "or" || a.op === "xor") && (constant & inner) === 0n)
    return become(value, "and", [a.args[0]!, b]);
  const ones = lowMask(BigInt.asUintN(widthOf(value.type), constant));
  if (ones > 0 && upperBits(a) <= ones) return a;
  return null;
};

const orXor: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  if (a === b) return value.op === "or" ? a : r.constant(value.type!, 0);
  const constant = constantOf(b);
  if (constant === null) return null;
  if (constant === 0n) return a;
  if (constant === -1n && value.op === "or") return b;
  const inner = constantOf(a.args[1]);
  if (inner === null || a.op !== value.op) return null;
  const combined = value.op === "or" ? constant | inner : constant ^ inner;
  return become(value, value.op, [a.args[0]!, r.constant(value.type!, combined)]);
};

/** Shift amounts count modulo the width: masks and sums with multiples of it are not needed. */
function plainAmount(amount: Value, width: number, r: Rewriter): Value {
  const low = BigInt(width - 1);
  let current = amount;
  for (;;) {
    const constant = constantOf(current.args[1]);
    if (current.op === "and" && constant !== null && (constant & low) === low) current = current.args[0]!;
    else if (current.op === "add" && constant !== null && (constant & low) === 0n) current = current.args[0]!;
    else break;
  }
  const minuend = current.op === "sub" ? constantOf(current.args[0]) : null;
  if (minuend !== null && minuend !== 0n && (minuend & low) === 0n)
    return r.make("sub", current.type!, [r.constant(current.type!, 0), current.args[1]!]);
  return current;
}

const shift: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const width = widthOf(value.type);
  const amount = constantOf(b);
  if (amount === null) {
    const plain = plainAmount(b, width, r);
    return plain === b ? null : become(value, value.op, [a, plain]);
  }
  const reduced = amount & BigInt(width - 1);
  if (reduced === 0n) return a;
  if (reduced !== amount) return become(value, value.op, [a, r.constant(b.type!, reduced)]);
  return shiftOfShift(value, a, reduced, width, r) ?? shiftOfMask(value, a, reduced, width, r);
};

function shiftOfShift(value: Value, a: Value, amount: bigint, width: number, r: Rewriter): Value | null {
  const inner = a.op === "shl" || a.op === "shru" || a.op === "shrs" ? constantOf(a.args[1]) : null;
  if (inner === null) return null;
  const type = value.type!;
  const source = a.args[0]!;
  if (a.op === value.op) {
    const sum = amount + inner;
    if (sum < BigInt(width)) return become(value, value.op, [source, r.constant(type, sum)]);
    if (value.op === "shrs") return become(value, value.op, [source, r.constant(type, width - 1)]);
    return r.constant(type, 0);
  }
  if (inner !== amount) return null;
  const ones = BigInt.asUintN(width, -1n);
  if (value.op === "shru" && a.op === "shl")
    return become(value, "and", [source, r.constant(type, ones >> amount)]);
  if (value.op === "shl") return become(value, "and", [source, r.constant(type, ones << amount)]);
  return null;
}

/** (x & mask) >> k → (x >> k) & (mask >> k), where the new mask is an immediate. */
function shiftOfMask(value: Value, a: Value, amount: bigint, width: number, r: Rewriter): Value | null {
  const mask = a.op === "and" && value.op === "shru" ? constantOf(a.args[1]) : null;
  if (mask === null) return null;
  const shifted = BigInt.asUintN(width, mask) >> amount;
  if (shifted >= 2048n) return null;
  const source = r.make("shru", value.type!, [a.args[0]!, value.args[1]!]);
  return become(value, "and", [source, r.constant(value.type!, shifted)]);
}

const rotate: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const width = widthOf(value.type);
  const amount = constantOf(b);
  if (amount === null) {
    const plain = plainAmount(b, width, r);
    return plain === b ? null : become(value, value.op, [a, plain]);
  }
  return (amount & BigInt(width - 1)) === 0n ? a : null;
};

/** Rules by operation. */
export const ARITHMETIC_RULES: Partial<Record<Operation, Rule>> = {
  add,
  sub,
  mul,
  divu: divideUnsigned,
  remu: divideUnsigned,
  and,
  or: orXor,
  xor: orXor,
  shl: shift,
  shru: shift,
  shrs: shift,
  rotl: rotate,
  rotr: rotate,
};

/** Rules for comparisons and selects. */
import { isFloat, type Value } from "../ir/ir";
import { isComparison, type Operation } from "../ir/operations";
import { become, constantOf, type Rewriter, type Rule, widthOf } from "./simplifier";

const INVERSE: Partial<Record<Operation, Operation>> = {
  eq: "ne",
  ne: "eq",
  lts: "ges",
  ges: "lts",
  ltu: "geu",
  geu: "ltu",
};

/** A comparison of extended values is one of the values themselves. */
function compareNarrow(value: Value, r: Rewriter): Value | null {
  const [a, b] = value.args as [Value, Value];
  const equality = value.op === "eq" || value.op === "ne";
  const signed = value.op === "lts" || value.op === "ges";
  if (a.op === b.op && (a.op === "extu" || a.op === "exts")) {
    // Zero-extended values are non-negative: their signed order is the unsigned order of the originals.
    const op = signed && a.op === "extu" ? (value.op === "lts" ? "ltu" : "geu") : value.op;
    if (!equality && !signed && a.op === "exts") return become(value, value.op, [a.args[0]!, b.args[0]!]);
    return become(value, op, [a.args[0]!, b.args[0]!]);
  }
  return narrowConstant(value, a, b, false, r) ?? narrowConstant(value, b, a, true, r);
}

function narrowConstant(
  value: Value,
  extended: Value,
  other: Value,
  swapped: boolean,
  r: Rewriter,
): Value | null {
  const constant = constantOf(other);
  if (constant === null || (extended.op !== "extu" && extended.op !== "exts")) return null;
  const fits =
    extended.op === "extu"
      ? constant === BigInt.asUintN(32, constant)
      : constant === BigInt.asIntN(32, constant);
  const signed = value.op === "lts" || value.op === "ges";
  if (!fits) return null;
  let { op } = value;
  if (signed && extended.op === "extu") op = op === "lts" ? "ltu" : "geu";
  const narrow = r.constant("i32", constant);
  const source = extended.args[0]!;
  return become(value, op, swapped ? [narrow, source] : [source, narrow]);
}

const equality: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  if (a === b) return r.constant("i32", value.op === "eq" ? 1 : 0);
  const narrow = compareNarrow(value, r);
  if (narrow) return narrow;
  const constant = constantOf(b);
  if (constant === null) return compareMasked(value, a, b, r);
  if (constant === 0n && value.op === "eq") return become(value, "eqz", [a]);
  if (constant === 0n && isComparison(a.op)) return a;
  if (constant === 0n && (a.op === "sub" || a.op === "xor")) return become(value, value.op, [...a.args]);
  const inner = constantOf(a.args[1]);
  if (inner === null) return null;
  if (a.op === "xor") return become(value, value.op, [a.args[0]!, r.constant(a.type!, constant ^ inner)]);
  return null;
};

/** (x & m) == (y & m) → ((x ^ y) & m) == 0 */
function compareMasked(value: Value, a: Value, b: Value, r: Rewriter): Value | null {
  if (a.op !== "and" || b.op !== "and" || r.isShared(a) || r.isShared(b)) return null;
  const mask = a.args[1]!;
  if (mask !== b.args[1] || mask.op !== "const") return null;
  const difference = r.make("xor", a.type!, [a.args[0]!, b.args[0]!]);
  const masked = r.make("and", a.type!, [difference, mask]);
  return become(value, value.op, [masked, r.constant(a.type!, 0)]);
}

const isZero: Rule = (value, r) => {
  const a = value.args[0]!;
  if (a.op === "extu" || a.op === "exts") return become(value, "eqz", [a.args[0]!]);
  if (a.op === "eqz") {
    const source = a.args[0]!;
    if (isComparison(source.op)) return source;
    return become(value, "ne", [source, r.constant(source.type!, 0)]);
  }
  const inverse = INVERSE[a.op];
  if (inverse) return become(value, inverse, [...a.args]);
  if (a.op === "sub" || a.op === "xor") return become(value, "eq", [...a.args]);
  return null;
};

const order: Rule = (value, r) => {
  const [a, b] = value.args as [Value, Value];
  const less = value.op === "lts" || value.op === "ltu";
  if (a === b) return r.constant("i32", less ? 0 : 1);
  const narrow = compareNarrow(value, r);
  if (narrow) return narrow;
  return value.op === "ltu" || value.op === "geu"
    ? orderUnsigned(value, less, r)
    : orderSigned(value, less, r);
};

function orderUnsigned(value: Value, less: boolean, r: Rewriter): Value | null {
  const [a, b] = value.args as [Value, Value];
  const nonZero = (x: Value): Value => become(value, "ne", [x, r.constant(x.type!, 0)]);
  const zero = (x: Value): Value => become(value, "eqz", [x]);
  const left = constantOf(a);
  const right = constantOf(b);
  if (right === 0n) return r.constant("i32", less ? 0 : 1);
  if (right === 1n) return less ? zero(a) : nonZero(a);
  if (left === 0n) return less ? nonZero(b) : zero(b);
  if (left === -1n) return less ? r.constant("i32", 0) : null;
  return null;
}

/** Comparisons with −1 and 1 become comparisons with 0, which needs no register. */
function orderSigned(value: Value, less: boolean, r: Rewriter): Value | null {
  const [a, b] = value.args as [Value, Value];
  const zero = r.constant(a.type!, 0);
  if (constantOf(a) === -1n) return become(value, less ? "ges" : "lts", [b, zero]);
  if (constantOf(b) === 1n) return become(value, less ? "ges" : "lts", [zero, a]);
  return null;
}

const select: Rule = (value, r) => {
  const [condition, ifTrue, ifFalse] = value.args as [Value, Value, Value];
  const known = constantOf(condition);
  if (known !== null) return known !== 0n ? ifTrue : ifFalse;
  if (ifTrue === ifFalse) return ifTrue;
  if (condition.op === "eqz" && condition.args[0]!.type === "i32")
    return become(value, "select", [condition.args[0]!, ifFalse, ifTrue]);
  if (condition.op === "ne" && constantOf(condition.args[1]) === 0n && condition.args[0]!.type === "i32")
    return become(value, "select", [condition.args[0]!, ifTrue, ifFalse]);
  return selectOfFlags(value, condition, ifTrue, ifFalse, r);
};

/** Choosing between 1 and 0 is the condition, or its opposite. */
function selectOfFlags(
  value: Value,
  condition: Value,
  ifTrue: Value,
  ifFalse: Value,
  r: Rewriter,
): Value | null {
  const one = constantOf(ifTrue);
  const zero = constantOf(ifFalse);
  if (one === null || zero === null || isFloat(value.type) || one + zero !== 1n || one * zero !== 0n)
    return null;
  const truth = isComparison(condition.op)
    ? condition
    : r.make("ne", "i32", [condition, r.constant("i32", 0)]);
  const result = one === 1n ? truth : r.make("eqz", "i32", [truth]);
  return widthOf(value.type) === 32 ? result : r.make("extu", "i64", [result]);
}

/** Rules by operation. */
export const COMPARE_RULES: Partial<Record<Operation, Rule>> = {
  eq: equality,
  ne: equality,
  eqz: isZero,
  lts: order,
  ltu: order,
  ges: order,
  geu: order,
  select,
};

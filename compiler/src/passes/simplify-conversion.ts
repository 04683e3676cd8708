/** Rules for conversions, and for the addresses and values of memory accesses. */

import { fitsImmediate, splitLow12 } from "../ir/bits";
import { isFloat, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";
import { upperBits } from "../ir/value-range";
import { become, constantOf, type Rewriter, type Rule } from "./simplifier";
import { storeBits } from "./simplify-float";

const wrap: Rule = (value, r) => {
  const a = value.args[0]!;
  if (a.op === "extu" || a.op === "exts") return a.args[0]!;
  const constant = constantOf(a.args[1]);
  if (constant === null) return null;
  if (a.op === "and" && BigInt.asIntN(32, constant) === -1n) return become(value, "wrap", [a.args[0]!]);
  // A 64-bit value that is needed anyway is cheaper to narrow than to compute twice.
  if (r.isShared(a)) return null;
  if (a.op === "and" || a.op === "or" || a.op === "xor" || (a.op === "shl" && constant < 32n)) {
    const source = r.make("wrap", "i32", [a.args[0]!]);
    return become(value, a.op, [source, r.constant("i32", constant)]);
  }
  return null;
};

const zeroExtend: Rule = (value, r) => {
  const a = value.args[0]!;
  if (a.op !== "wrap") return null;
  return become(value, "and", [a.args[0]!, r.constant("i64", 0xffffffff)]);
};

const signExtendPart: Rule = (value) => {
  const a = value.args[0]!;
  const bits = value.op === "sx8" ? 8 : 16;
  const mask = a.op === "and" ? constantOf(a.args[1]) : null;
  const low = (1n << BigInt(bits)) - 1n;
  if (mask !== null && (mask & low) === low) return become(value, value.op, [a.args[0]!]);
  if (upperBits(a) < bits) return a;
  return null;
};

/** x + constant as an address goes into the offset, if it stays an immediate (docs/compiler.md, the address rule). */
function foldAddress(value: Value): Value | null {
  const address = value.args[0]!;
  const constant = address.op === "add" ? constantOf(address.args[1]) : null;
  if (constant === null) return null;
  const offset = BigInt(value.offset) + constant;
  if (!fitsImmediate(offset)) return null;
  value.offset = Number(offset);
  value.args = [address.args[0]!, ...value.args.slice(1)];
  return value;
}

/**
 * A displacement beyond 12 bits needs an addition. Where the address is the sum of something computed here and something from an
 * earlier block (often a loop's invariant), the upper part is added to the latter, where it can be shared.
 */
function splitOffset(value: Value, r: Rewriter): Value | null {
  const address = value.args[0]!;
  const offset = BigInt(value.offset);
  if (fitsImmediate(offset) || address.op !== "add" || r.isShared(address)) return null;
  const earlier = address.args.findIndex((arg) => arg.op !== "const" && arg.block !== value.block);
  const local = address.args[1 - earlier];
  if (earlier < 0 || constantOf(local) !== null || local!.block !== value.block) return null;
  const { high, low } = splitLow12(offset);
  const base = r.make("add", "i32", [address.args[earlier]!, r.constant("i32", high)]);
  value.args = [r.make("add", "i32", [local!, base]), ...value.args.slice(1)];
  value.offset = low;
  return value;
}

const load: Rule = (value, r) => foldAddress(value) ?? splitOffset(value, r);

/** A narrow store sees only the low bits: conversions and masks above them do not matter. */
const store: Rule = (value, r) => {
  const source = value.args[1]!;
  if (value.size <= 4 && !isFloat(source.type)) {
    if (source.op === "wrap" || source.op === "extu" || source.op === "exts")
      return become(value, "store", [value.args[0]!, source.args[0]!]);
    const low = (1n << BigInt(value.size * 8)) - 1n;
    const mask = source.op === "and" ? constantOf(source.args[1]) : null;
    if (mask !== null && (mask & low) === low)
      return become(value, "store", [value.args[0]!, source.args[0]!]);
    const constant = constantOf(source);
    if (constant !== null && constant !== BigInt.asIntN(value.size * 8, constant))
      return become(value, "store", [
        value.args[0]!,
        r.constant(source.type!, BigInt.asIntN(value.size * 8, constant)),
      ]);
  }
  return storeBits(value) ?? foldAddress(value) ?? splitOffset(value, r);
};

/** Rules by operation. */
export const CONVERSION_RULES: Partial<Record<Operation, Rule>> = {
  wrap,
  extu: zeroExtend,
  sx8: signExtendPart,
  sx16: signExtendPart,
  load,
  store,
  volatileLoad: foldAddress,
  volatileStore: foldAddress,
  atomicLoad: foldAddress,
  atomicStore: foldAddress,
};

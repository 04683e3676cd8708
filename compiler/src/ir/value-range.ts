/** What is known about a value's bits, from its operation alone (a few levels deep). */
import type { Value } from "./ir";
import { isComparison } from "./operations";

const MAX_DEPTH = 4;

/** Whether an i32 value is certainly not negative, so that zero- and sign-extension agree. */
export function isNonNegative(value: Value, depth = 0): boolean {
  if (value.type !== "i32" || depth > MAX_DEPTH) return false;
  const [a, b] = value.args;
  switch (value.op) {
    case "const":
      return value.constant >= 0n;
    case "load":
    case "volatileLoad":
      return value.size < 4 && !value.signed;
    case "and":
      return isNonNegative(a!, depth + 1) || isNonNegative(b!, depth + 1);
    case "shru":
      return b!.op === "const" && (b!.constant & 31n) !== 0n;
    case "or":
    case "xor":
    case "divu":
      return isNonNegative(a!, depth + 1) && (value.op === "divu" || isNonNegative(b!, depth + 1));
    case "remu":
      return isNonNegative(b!, depth + 1);
    case "clz":
    case "ctz":
    case "popcnt":
      return true;
    case "wrap":
      return upperBits(a!) < 32;
    case "phi":
      return value.args.every((arg) => arg === value || isNonNegative(arg, depth + 2));
    default:
      return isComparison(value.op);
  }
}

/**
 * An upper bound for the number of significant bits of a value seen as unsigned: it is less than 2^result.
 * 64 (or 32) when nothing is known.
 */
export function upperBits(value: Value, depth = 0): number {
  const width = value.type === "i32" ? 32 : 64;
  if (depth > MAX_DEPTH) return width;
  const [a, b] = value.args;
  switch (value.op) {
    case "const":
      return value.constant < 0n ? width : value.constant.toString(2).length;
    case "load":
    case "volatileLoad":
      return value.signed ? width : value.size * 8;
    case "and":
      return Math.min(upperBits(a!, depth + 1), upperBits(b!, depth + 1));
    case "or":
    case "xor":
      return Math.max(upperBits(a!, depth + 1), upperBits(b!, depth + 1));
    case "shru":
      if (b!.op !== "const") return upperBits(a!, depth + 1);
      return Math.max(
        0,
        upperBits(a!, depth + 1) - Number(BigInt.asUintN(width === 32 ? 5 : 6, b!.constant)),
      );
    case "extu":
      return upperBits(a!, depth + 1);
    case "wrap":
      return Math.min(32, upperBits(a!, depth + 1));
    case "clz":
    case "ctz":
    case "popcnt":
      return 7;
    default:
      return isComparison(value.op) ? 1 : width;
  }
}

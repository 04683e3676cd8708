/** What the simplification rules work with. The rules themselves are in `simplify-*.ts`, the driver in `value-numbering.ts`. */
import { type IRFunction, isConstant, sizeOfType, type Type, type Value } from "../ir/ir";
import type { Operation } from "../ir/operations";

/**
 * One rule: looks at a value and returns another value that replaces it, the value itself if it was changed in place
 * (it is then looked at again), or null if there is nothing to do.
 */
export type Rule = (value: Value, rewriter: Rewriter) => Value | null;

/** Makes new values in front of the one being simplified. */
export interface Rewriter {
  readonly fn: IRFunction;
  /** The (simplified, shared) value of an operation. */
  make(op: Operation, type: Type, args: Value[]): Value;
  constant(type: Type, value: bigint | number): Value;
  /** Whether more than one operand refers to a value (as of the start of the pass). */
  isShared(value: Value): boolean;
}

/** Width of a type in bits. */
export const widthOf = (type: Type | null): number => (type ? sizeOfType(type) * 8 : 64);

/** A value's constant (of a floating-point number the bits), or null. */
export const constantOf = (value: Value | undefined): bigint | null =>
  value && isConstant(value) ? value.constant : null;

/** Changes a value's operation and operands in place. */
export function become(value: Value, op: Operation, args: Value[]): Value {
  value.op = op;
  value.args = args;
  return value;
}

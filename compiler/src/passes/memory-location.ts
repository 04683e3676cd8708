/** Which bytes a plain memory access touches, and when two accesses certainly touch different ones. */
import { isConstant, type Value } from "../ir/ir";

/** `size` bytes at the address `base` + `offset`; `base` is null for a constant address. */
export interface Location {
  base: Value | null;
  offset: number;
  size: number;
}

/** The location of a `load` or `store`. Constant terms of the address are part of the offset. */
export function locationOf(access: Value): Location {
  let base = access.args[0]!;
  let { offset } = access;
  while (base.op === "add" && isConstant(base.args[1]!)) {
    offset = (offset + Number(base.args[1]!.constant)) | 0;
    base = base.args[0]!;
  }
  if (isConstant(base))
    return { base: null, offset: (offset + Number(base.constant)) | 0, size: access.size };
  return { base, offset, size: access.size };
}

/** Whether two accesses cannot overlap: the same base with disjoint offsets. */
export function isDisjoint(a: Location, b: Location): boolean {
  if (a.base !== b.base) return false;
  return a.offset + a.size <= b.offset || b.offset + b.size <= a.offset;
}

/** Whether `outer` contains every byte of `inner`. */
export function contains(outer: Location, inner: Location): boolean {
  return (
    outer.base === inner.base &&
    outer.offset <= inner.offset &&
    inner.offset + inner.size <= outer.offset + outer.size
  );
}

/** Whether two locations are the same bytes. */
export function isSameLocation(a: Location, b: Location): boolean {
  return a.base === b.base && a.offset === b.offset && a.size === b.size;
}

/**
 * Moves values computed from one variable (`i + 1`) down to their first use in the block, or to its end if only a phi
 * behind it uses them. Then `i` is no longer needed when `i + 1` exists, and both can share a register: loop counters
 * and walking pointers need no copies.
 */
import { type Block, type IRFunction, isConstant, type Value } from "../ir/ir";
import { isMovable } from "../ir/operations";

function dependsOnOneVariable(value: Value): boolean {
  return isMovable(value.op) && value.args.filter((arg) => !isConstant(arg)).length === 1;
}

function delayInBlock(block: Block): void {
  const output: Value[] = [];
  for (const value of [...block.instructions].reverse()) {
    if (!dependsOnOneVariable(value)) {
      output.unshift(value);
      continue;
    }
    const firstUse = output.findIndex((user) => user.args.includes(value));
    output.splice(firstUse < 0 ? output.length : firstUse, 0, value);
  }
  block.instructions = output;
}

/** Delays updates in every block. */
export function delayUpdates(fn: IRFunction): void {
  for (const block of fn.blocks) delayInBlock(block);
}

/** Removes values that nothing needs: those without effects that no effect, branch or return depends on. */
import type { IRFunction, Value } from "../ir/ir";
import { isRemovable } from "../ir/operations";

/** Removes dead values. Parameters stay. */
export function removeDeadCode(fn: IRFunction): void {
  const live = new Uint8Array(fn.valueCount);
  const pending: Value[] = [];
  const need = (value: Value): void => {
    if (live[value.id]) return;
    live[value.id] = 1;
    pending.push(value);
  };
  for (const block of fn.blocks) {
    for (const value of block.instructions) if (!isRemovable(value.op) || value.op === "param") need(value);
    for (const arg of block.terminator.args) need(arg);
  }
  for (let value = pending.pop(); value; value = pending.pop()) value.args.forEach(need);
  for (const block of fn.blocks) {
    block.instructions = block.instructions.filter((value) => live[value.id]);
    block.phis = block.phis.filter((value) => live[value.id]);
  }
}

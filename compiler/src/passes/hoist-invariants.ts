/** Loop-invariant code motion: pure values that do not change in a loop are computed in front of it. */
import { analyseControlFlow, type Loop } from "../ir/control-flow";
import { type Block, type IRFunction, isConstant, isFloat, type Value } from "../ir/ir";
import { isBranchComparison, isMovable } from "../ir/operations";

/** Every hoisted value occupies a register of its class during the whole loop. */
const MAX_HOISTED = 8;

/** Values that usually cost nothing where they are used, or only there. */
function isCheap(value: Value): boolean {
  return isBranchComparison(value.op) || value.op === "wrap" || value.op === "exts" || value.op === "select";
}

function hoistFrom(loop: Loop, order: Block[]): void {
  const { preheader, body } = loop;
  if (!preheader) return;
  const hoisted = { integer: 0, float: 0 };
  const isInvariant = (value: Value): boolean =>
    isMovable(value.op) &&
    !isCheap(value) &&
    value.args.every((arg) => isConstant(arg) || !arg.block || !body.has(arg.block));
  for (const block of order) {
    if (!body.has(block)) continue;
    block.instructions = block.instructions.filter((value) => {
      const kind = isFloat(value.type) ? "float" : "integer";
      if (hoisted[kind] >= MAX_HOISTED || !isInvariant(value)) return true;
      value.block = preheader;
      preheader.instructions.push(value);
      hoisted[kind]++;
      return false;
    });
  }
}

/** Hoists invariant values out of loops, inner loops first. */
export function hoistInvariants(fn: IRFunction): void {
  const { loops, order } = analyseControlFlow(fn);
  for (const loop of [...loops].reverse()) hoistFrom(loop, order);
}

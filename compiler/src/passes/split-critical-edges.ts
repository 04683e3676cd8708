/** Puts an empty block on every edge from a block with several successors to a block with phis and several predecessors. */
import { type Block, type IRFunction, replacePredecessor } from "../ir/ir";

/** Splits critical edges, so that phi copies have a place of their own. */
export function splitCriticalEdges(fn: IRFunction): void {
  for (const block of [...fn.blocks]) {
    if (block.successors.length < 2) continue;
    for (const [index, target] of block.successors.entries()) {
      if (target.predecessors.length < 2 || target.phis.length === 0) continue;
      block.terminator.targets[index] = edgeBlock(fn, block, target);
    }
  }
}

function edgeBlock(fn: IRFunction, from: Block, to: Block): Block {
  const middle = fn.addBlock();
  middle.predecessors = [from];
  middle.terminator = { kind: "jump", args: [], targets: [to], cases: [] };
  replacePredecessor(to, from, middle);
  return middle;
}

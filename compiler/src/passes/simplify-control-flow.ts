/** Removes control flow that is decided at compile time, and joins blocks that always follow each other. */
import { removeUnreachable } from "../ir/control-flow";
import {
  applyReplacements,
  type Block,
  type IRFunction,
  isConstant,
  removePredecessor,
  replacePredecessor,
} from "../ir/ir";

/** Makes a block jump to one of its targets only. */
function decide(block: Block, target: Block): void {
  for (const other of block.successors) if (other !== target) removePredecessor(other, block);
  block.terminator = { kind: "jump", args: [], targets: [target], cases: [] };
}

function foldTerminator(block: Block): void {
  const { kind, args, targets, cases } = block.terminator;
  const condition = args[0];
  if ((kind === "switch" || kind === "table" || kind === "branch") && targets.length === 1)
    decide(block, targets[0]!);
  else if (!condition || !isConstant(condition)) return;
  else if (kind === "branch") decide(block, targets[condition.constant !== 0n ? 0 : 1]!);
  else if (kind === "switch") {
    const index = Number(BigInt.asUintN(32, condition.constant));
    decide(block, targets[cases[Math.min(index, cases.length - 1)]!]!);
  }
}

/** Appends a block's only successor to it if that has no other predecessor. */
function absorbSuccessor(block: Block): Block | null {
  if (block.terminator.kind !== "jump") return null;
  const next = block.successors[0]!;
  if (next === block || next.predecessors.length !== 1) return null;
  for (const phi of next.phis) {
    phi.replacement = phi.args[0]!;
    phi.block = null;
  }
  for (const value of next.instructions) value.block = block;
  block.instructions.push(...next.instructions);
  block.cold ||= next.cold;
  block.terminator = next.terminator;
  for (const successor of next.successors) replacePredecessor(successor, next, block);
  return next;
}

/** Folds constant branches, removes unreachable blocks, joins straight lines. */
export function simplifyControlFlow(fn: IRFunction): void {
  for (const block of fn.blocks) foldTerminator(block);
  removeUnreachable(fn);
  const absorbed = new Set<Block>();
  for (const block of fn.blocks) {
    if (absorbed.has(block)) continue;
    for (let next = absorbSuccessor(block); next; next = absorbSuccessor(block)) absorbed.add(next);
  }
  fn.blocks = fn.blocks.filter((block) => !absorbed.has(block));
  applyReplacements(fn);
  removeUnreachable(fn);
}

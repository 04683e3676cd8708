/** Turns `select` into a branch around an empty block and a phi: RISC-V has no conditional move. */
import { type Block, branch, type IRFunction, jump, replacePredecessor, type Value } from "../ir/ir";

/** Selects that follow each other and share their condition share the branch. */
function selectsFrom(instructions: Value[], start: number): Value[] {
  const condition = instructions[start]!.args[0];
  const group: Value[] = [];
  for (let i = start; i < instructions.length; i++) {
    const value = instructions[i]!;
    if (value.op !== "select" || value.args[0] !== condition) break;
    if (group.includes(value.args[1]!) || group.includes(value.args[2]!)) break;
    group.push(value);
  }
  return group;
}

function lowerFirstSelect(fn: IRFunction, block: Block): void {
  const start = block.instructions.findIndex((value) => value.op === "select");
  if (start < 0) return;
  const selects = selectsFrom(block.instructions, start);
  const condition = selects[0]!.args[0]!;
  const ifTrue = fn.addBlock();
  const join = fn.addBlock();
  join.instructions = block.instructions.splice(start + selects.length);
  block.instructions.length = start;
  for (const value of join.instructions) value.block = join;
  join.terminator = block.terminator;
  for (const successor of join.successors) replacePredecessor(successor, block, join);
  branch(block, condition, ifTrue, join);
  jump(ifTrue, join);
  // The branch was recorded first, so join's predecessors are [block, ifTrue].
  for (const select of selects) {
    select.op = "phi";
    select.args = [select.args[2]!, select.args[1]!];
    select.block = join;
    join.phis.push(select);
  }
}

/** Lowers every `select` of a function. */
export function lowerSelects(fn: IRFunction): void {
  // Blocks that are appended hold the rest of the instructions and are visited in turn.
  for (let i = 0; i < fn.blocks.length; i++) lowerFirstSelect(fn, fn.blocks[i]!);
}

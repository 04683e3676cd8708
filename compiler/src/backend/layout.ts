/** The order of blocks in memory: jumps to jumps disappear, short ends are duplicated, cold blocks go last. */
import { type Edge, forwardEdges } from "./block-frequency";
import { isTerminator, type MachineBlock, type MachineFunction, type MachineInstruction } from "./machine";

/** Returns up to this long are duplicated instead of jumped to, by how many registers the epilogue restores. */
const returnLimit = (restored: number): number => (restored > 2 ? 2 : 4);

/** Loop tests up to this many instructions are copied to the end of the loop. */
const LOOP_TEST_LIMIT = 6;

const lastOf = (block: MachineBlock): MachineInstruction | undefined =>
  block.instructions[block.instructions.length - 1];

/** Whether control goes on to the only successor. */
function continues(block: MachineBlock): boolean {
  const last = lastOf(block);
  return !last || !isTerminator(last.op);
}

/** The block that control reaches from `block` without executing anything. */
function destination(block: MachineBlock, frameStart: MachineBlock | undefined): MachineBlock {
  const seen = new Set<MachineBlock>();
  let current = block;
  while (current.instructions.length === 0 && current.successors.length === 1 && !seen.has(current)) {
    if (current === frameStart) break;
    seen.add(current);
    current = current.successors[0]!;
  }
  return current;
}

function threadJumps(fn: MachineFunction): void {
  const follow = (block: MachineBlock): MachineBlock => destination(block, fn.frameStart);
  for (const block of fn.blocks) {
    block.successors = block.successors.map(follow);
    const last = lastOf(block);
    if (last?.targets) last.targets = last.targets.map(follow);
    if (last?.op === "branch" && last.targets![0] === last.targets![1]) {
      block.instructions.pop();
      block.successors = [last.targets![0]!];
    }
  }
}

const copyOf = (instruction: MachineInstruction): MachineInstruction => ({
  ...instruction,
  uses: [...instruction.uses],
});

/** Appends short returning blocks to the blocks that jump to them. */
function duplicateReturns(fn: MachineFunction): void {
  const limit = returnLimit(fn.savedRegisters.length + (fn.hasCall ? 1 : 0));
  for (const block of fn.blocks) {
    if (!continues(block)) continue;
    const target = block.successors[0]!;
    const end = lastOf(target);
    if (
      target === block ||
      target === fn.frameStart ||
      target.frameless !== block.frameless ||
      !end ||
      (end.op !== "return" && end.op !== "unimp")
    )
      continue;
    if (target.instructions.length > limit) continue;
    block.instructions.push(...target.instructions.map(copyOf));
    block.successors = [];
  }
}

/** Depth-first postorder, reversed, with the most promising successor first. */
function reversePostorder(fn: MachineFunction): MachineBlock[] {
  const visited = new Set<MachineBlock>();
  const postorder: MachineBlock[] = [];
  const ends = (block: MachineBlock): number => (lastOf(block)?.op === "return" ? 1 : 0);
  const visit = (block: MachineBlock): void => {
    visited.add(block);
    const successors = [...block.successors].sort(
      (a, b) => Number(b.cold) - Number(a.cold) || a.depth - b.depth || ends(b) - ends(a),
    );
    for (const successor of successors) if (!visited.has(successor)) visit(successor);
    postorder.push(block);
  };
  visit(fn.blocks[0]!);
  return postorder.reverse();
}

/**
 * Forward edges, those first whose blocks should stand behind each other: the most frequent, and of equals the only ways to
 * a block and the only ways from one.
 */
function edgesByImportance(fn: MachineFunction): Edge[] {
  const edges = forwardEdges(fn);
  const ways = new Map<MachineBlock, number>();
  for (const { successors } of fn.blocks)
    for (const successor of successors) ways.set(successor, (ways.get(successor) ?? 0) + 1);
  const rank = ({ from, to }: Edge): number =>
    (ways.get(to) === 1 ? 2 : 0) + (from.successors.length === 1 ? 1 : 0);
  return edges.sort((a, b) => b.weight - a.weight || rank(b) - rank(a));
}

/**
 * Joins blocks into chains along the most important edges (Pettis and Hansen, PLDI 1990), then puts the chains one behind the
 * other, cold blocks last.
 */
function order(fn: MachineFunction): MachineBlock[] {
  fn.blocks = reversePostorder(fn);
  const chains = new Map<MachineBlock, MachineBlock[]>(fn.blocks.map((block) => [block, [block]]));
  for (const { from, to } of edgesByImportance(fn)) {
    const first = chains.get(from)!;
    const second = chains.get(to)!;
    const fits = first !== second && first[first.length - 1] === from && second[0] === to;
    if (!fits || from.cold !== to.cold) continue;
    first.push(...second);
    for (const block of second) chains.set(block, first);
  }
  const blocks = [...new Set(fn.blocks.map((block) => chains.get(block)!))].flat();
  return [...blocks.filter((block) => !block.cold), ...blocks.filter((block) => block.cold)];
}

/**
 * Loops are entered at the test; a copy of it replaces the jump back, so that an iteration has one branch.
 */
function duplicateLoopTests(fn: MachineFunction): void {
  const place = new Map(fn.blocks.map((block, index) => [block, index]));
  for (const block of fn.blocks) {
    if (!continues(block)) continue;
    const target = block.successors[0]!;
    if (target === fn.frameStart || target.frameless !== block.frameless) continue;
    if (place.get(target)! > place.get(block)! || lastOf(target)?.op !== "branch") continue;
    if (target === block || target.instructions.length > LOOP_TEST_LIMIT) continue;
    block.instructions.push(...target.instructions.map(copyOf));
    block.successors = [...target.successors];
  }
}

/** Lays out a function's blocks, in place. */
export function layoutBlocks(fn: MachineFunction): void {
  threadJumps(fn);
  duplicateReturns(fn);
  fn.blocks = order(fn);
  duplicateLoopTests(fn);
}

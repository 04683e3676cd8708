/**
 * What passes ask about the shape of a function: reverse postorder, dominators (Cooper, Harvey and Kennedy's algorithm) and
 * natural loops. The result describes the moment it was made; a pass that changes edges makes a new one.
 */
import { type Block, type IRFunction, removePredecessor } from "./ir";

/** A natural loop: all back edges to one header. */
export interface Loop {
  header: Block;
  body: Set<Block>;
  /** The only predecessor of the header outside the loop, if there is exactly one and it has no other successor. */
  preheader: Block | null;
}

/** Control-flow facts about a function. */
export interface ControlFlow {
  /** Reachable blocks in reverse postorder; the entry is first. */
  order: Block[];
  /** Immediate dominator by `Block.order`; the entry's is itself. */
  immediateDominator: Block[];
  /** Children in the dominator tree by `Block.order`. */
  dominated: Block[][];
  /** Loops, outer ones before the loops inside them. */
  loops: Loop[];
  /** Number of loops around a block, by `Block.order`. */
  depth: Int32Array;
  dominates(a: Block, b: Block): boolean;
}

/** Orders blocks in reverse postorder and removes unreachable ones, together with their edges. */
export function removeUnreachable(fn: IRFunction): void {
  const seen = new Set<Block>([fn.entry]);
  const postorder: Block[] = [];
  const stack: { block: Block; next: number }[] = [{ block: fn.entry, next: fn.entry.successors.length - 1 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.next < 0) {
      postorder.push(top.block);
      stack.pop();
      continue;
    }
    const successor = top.block.successors[top.next--]!;
    if (seen.has(successor)) continue;
    seen.add(successor);
    stack.push({ block: successor, next: successor.successors.length - 1 });
  }
  fn.blocks = postorder.reverse();
  for (const [order, block] of fn.blocks.entries()) {
    block.order = order;
    for (const dead of block.predecessors.filter((p) => !seen.has(p))) removePredecessor(block, dead);
  }
}

function immediateDominators(order: Block[]): Block[] {
  const result: (Block | undefined)[] = new Array(order.length).fill(undefined);
  result[0] = order[0]!;
  const intersect = (a: Block, b: Block): Block => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (x.order > y.order) x = result[x.order]!;
      while (y.order > x.order) y = result[y.order]!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      let dominator: Block | undefined;
      for (const predecessor of order[i]!.predecessors) {
        if (!result[predecessor.order]) continue;
        dominator = dominator ? intersect(predecessor, dominator) : predecessor;
      }
      if (dominator !== result[i]) {
        result[i] = dominator;
        changed = true;
      }
    }
  }
  return result as Block[];
}

function loopBody(header: Block, latches: Block[]): Set<Block> {
  const body = new Set([header]);
  const pending = [...latches];
  while (pending.length > 0) {
    const block = pending.pop()!;
    if (body.has(block)) continue;
    body.add(block);
    pending.push(...block.predecessors);
  }
  return body;
}

function findLoops(order: Block[], dominates: (a: Block, b: Block) => boolean): Loop[] {
  const loops: Loop[] = [];
  for (const header of order) {
    const latches = header.predecessors.filter((p) => dominates(header, p));
    if (latches.length === 0) continue;
    const body = loopBody(header, latches);
    const outside = header.predecessors.filter((p) => !body.has(p));
    const preheader = outside.length === 1 && outside[0]!.successors.length === 1 ? outside[0]! : null;
    loops.push({ header, body, preheader });
  }
  return loops.sort((a, b) => b.body.size - a.body.size);
}

/** Removes unreachable blocks, then computes order, dominators and loops. */
export function analyseControlFlow(fn: IRFunction): ControlFlow {
  removeUnreachable(fn);
  const order = fn.blocks;
  const immediateDominator = immediateDominators(order);
  const dominated: Block[][] = order.map(() => []);
  for (const block of order.slice(1)) dominated[immediateDominator[block.order]!.order]!.push(block);
  const dominates = (a: Block, b: Block): boolean => {
    let current = b;
    while (current.order > a.order) current = immediateDominator[current.order]!;
    return current === a;
  };
  const loops = findLoops(order, dominates);
  const depth = new Int32Array(order.length);
  for (const loop of loops) for (const block of loop.body) depth[block.order]!++;
  return { order, immediateDominator, dominated, loops, depth, dominates };
}

/** Blocks that run rarely: those that trap or are marked, that lead only to such blocks, or are reached only from them. */
export function coldBlocks(fn: IRFunction): Set<Block> {
  const isCold = ({ cold, terminator }: Block): boolean => cold || terminator.kind === "trap";
  const cold = new Set(fn.blocks.filter(isCold));
  for (let size = -1; size !== cold.size; ) {
    size = cold.size;
    for (const block of [...fn.blocks].reverse())
      if (block.successors.length > 0 && block.successors.every((successor) => cold.has(successor)))
        cold.add(block);
  }
  const warm = new Set<Block>();
  const pending = [fn.entry];
  for (let block = pending.pop(); block; block = pending.pop()) {
    if (cold.has(block) || warm.has(block)) continue;
    warm.add(block);
    pending.push(...block.successors);
  }
  return new Set(fn.blocks.filter((block) => !warm.has(block)));
}

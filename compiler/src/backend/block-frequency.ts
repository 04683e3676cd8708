/** How often the steps between a function's blocks are taken, estimated: loops repeat, cold blocks do not run. */
import type { MachineBlock, MachineFunction } from "./machine";

/** A possible step from one block to the next. */
export interface Edge {
  from: MachineBlock;
  to: MachineBlock;
  weight: number;
}

const REPETITIONS = 8;
const RARELY = 0.01;

/** The share of each successor in the executions of a block. */
function shares({ successors }: MachineBlock): number[] {
  const deepest = Math.max(...successors.map(({ depth }) => depth));
  const parts = successors.map(({ cold, depth }) => (cold ? RARELY : depth < deepest ? 1 / REPETITIONS : 1));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

/**
 * The edges that lead forward, with their weights.
 * @param fn its blocks must be in reverse postorder
 */
export function forwardEdges(fn: MachineFunction): Edge[] {
  const { blocks } = fn;
  const place = new Map(blocks.map((block, index) => [block, index]));
  const frequency = new Map<MachineBlock, number>([[blocks[0]!, 1]]);
  const headers = new Set<MachineBlock>();
  for (const [index, block] of blocks.entries())
    for (const successor of block.successors) if (place.get(successor)! <= index) headers.add(successor);
  const edges: Edge[] = [];
  for (const [index, block] of blocks.entries()) {
    const runs = (frequency.get(block) ?? 0) * (headers.has(block) ? REPETITIONS : 1);
    const parts = shares(block);
    for (const [k, to] of block.successors.entries()) {
      if (place.get(to)! <= index) continue;
      const weight = runs * parts[k]!;
      frequency.set(to, (frequency.get(to) ?? 0) + weight);
      edges.push({ from: block, to, weight });
    }
  }
  return edges;
}

/**
 * Exhaustive search: every state that can be reached, breadth first, so that the first bad one has a shortest history.
 *
 * Bad is a state in which something is wrong (an item that is not the one due), one in which nothing can happen any more
 * though calls are unanswered, and one from which no way leads to the end, whatever happens: somebody sleeps and
 * nobody will wake him, even if others go on for ever.
 */
import type { Machine } from "./machine";

export interface Outcome {
  /** States looked at. */
  states: number;
  /** What was found, and how it comes to that, a line a step; undefined when all is well. */
  counterExample?: { problem: string; history: string[] };
}

/**
 * @param limit states after which the search is given up
 * @throws Error when there are more states than that
 */
export function explore(machine: Machine, limit = 2_000_000): Outcome {
  const states = new StateTable(machine.size);
  const parents: number[] = [];
  const edges: number[] = [];
  const firstEdge: number[] = [];
  let bad: { state: number; problem: string } | undefined;
  states.add(machine.initial());
  parents.push(-1);
  for (let at = 0; at < states.count && !bad; at++) {
    if (states.count > limit) throw new Error(`more than ${limit} states`);
    firstEdge.push(edges.length);
    const state = states.get(at);
    if (machine.isDone(state)) continue;
    machine.successors(state, (next) => {
      const { index, isNew } = states.add(next);
      if (isNew) parents.push(at);
      edges.push(index);
      if (machine.violation && !bad) bad = { state: index, problem: machine.violation };
    });
    if (!bad && edges.length === firstEdge[at]) {
      bad = { state: at, problem: "nothing can happen any more, and calls are unanswered" };
    }
  }
  if (!bad) {
    firstEdge.push(edges.length);
    const stuck = firstWithoutWayOut(machine, states, edges, firstEdge);
    if (stuck >= 0) bad = { state: stuck, problem: "from here no call will be answered any more" };
  }
  if (!bad) return { states: states.count };
  const { problem } = bad;
  return {
    states: states.count,
    counterExample: { problem, history: historyOf(machine, states, parents, bad.state) },
  };
}

/** The first state from which the end cannot be reached, or −1. */
function firstWithoutWayOut(
  machine: Machine,
  states: StateTable,
  edges: readonly number[],
  firstEdge: readonly number[],
): number {
  const count = states.count;
  const into = new Int32Array(count + 1);
  for (const to of edges) into[to + 1]! += 1;
  for (let i = 0; i < count; i++) into[i + 1]! += into[i]!;
  const fill = into.slice();
  const sources = new Int32Array(edges.length);
  for (let from = 0; from < count; from++) {
    for (let e = firstEdge[from]!; e < firstEdge[from + 1]!; e++) sources[fill[edges[e]!]!++] = from;
  }
  const reaches = new Uint8Array(count);
  const queue: number[] = [];
  for (let i = 0; i < count; i++) {
    if (!machine.isDone(states.get(i))) continue;
    reaches[i] = 1;
    queue.push(i);
  }
  while (queue.length > 0) {
    const to = queue.pop()!;
    for (let e = into[to]!; e < into[to + 1]!; e++) {
      const from = sources[e]!;
      if (reaches[from]) continue;
      reaches[from] = 1;
      queue.push(from);
    }
  }
  return reaches.indexOf(0);
}

function historyOf(machine: Machine, states: StateTable, parents: readonly number[], last: number): string[] {
  const history: string[] = [];
  machine.describes = true;
  for (let at = last; parents[at]! >= 0; at = parents[at]!) {
    const target = states.get(at);
    let text = "";
    machine.successors(states.get(parents[at]!), (next) => {
      if (!text && Buffer.compare(next, target) === 0) text = machine.text;
    });
    history.push(text);
  }
  machine.describes = false;
  return history.reverse();
}

/** All states found, each once: bytes one after the other, found again by hashing. */
class StateTable {
  count = 0;
  private bytes: Uint8Array;
  private slots = new Int32Array(1 << 16).fill(-1);

  constructor(private readonly size: number) {
    this.bytes = new Uint8Array(size << 14);
  }

  get(index: number): Uint8Array {
    return this.bytes.subarray(index * this.size, (index + 1) * this.size);
  }

  add(state: Uint8Array): { index: number; isNew: boolean } {
    const mask = this.slots.length - 1;
    let slot = hash(state) & mask;
    for (let index = this.slots[slot]!; index >= 0; index = this.slots[slot]!) {
      if (this.equals(index, state)) return { index, isNew: false };
      slot = (slot + 1) & mask;
    }
    const index = this.count++;
    if (this.count * this.size > this.bytes.length) {
      const larger = new Uint8Array(2 * this.bytes.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(state, index * this.size);
    this.slots[slot] = index;
    if (2 * this.count > this.slots.length) this.rehash();
    return { index, isNew: true };
  }

  private equals(index: number, state: Uint8Array): boolean {
    const at = index * this.size;
    for (let i = 0; i < this.size; i++) if (this.bytes[at + i] !== state[i]) return false;
    return true;
  }

  private rehash(): void {
    this.slots = new Int32Array(2 * this.slots.length).fill(-1);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.count; index++) {
      let slot = hash(this.get(index)) & mask;
      while (this.slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.slots[slot] = index;
    }
  }
}

/** FNV-1a. */
function hash(state: Uint8Array): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < state.length; i++) h = Math.imul(h ^ state[i]!, 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}

/**
 * Iterated register coalescing (George and Appel, TOPLAS 1996): graph colouring that removes copies on the way.
 * Names of work lists and steps are the paper's.
 */
import type { InterferenceGraph, Move } from "./interference";
import { FIRST_VIRTUAL, isMachineFloat } from "./registers";

/** Where a register stands. */
const ACTIVE = 0;
const STACKED = 1;
const COALESCED = 2;

/** What colouring found: a machine register for every virtual one, or the registers to spill. */
export interface ColoringResult {
  /** Machine register by register number; −1 where none was found. */
  color: Int32Array;
  /** Registers that found no colour; representatives of what was coalesced. */
  spilled: number[];
  /** The representative a register was coalesced into. */
  alias(register: number): number;
}

export class Coloring {
  private readonly aliasOf: Int32Array;
  private readonly state: Uint8Array;
  private readonly stack: number[] = [];
  private readonly simplifyWorklist = new Set<number>();
  private readonly freezeWorklist = new Set<number>();
  private readonly spillWorklist = new Set<number>();
  private readonly moveWorklist: Set<Move>;
  /** The colours of integer and of floating-point registers. */
  private readonly colors: readonly [readonly number[], readonly number[]];
  private readonly callee: ReadonlySet<number>;
  private readonly isColor = new Uint8Array(FIRST_VIRTUAL);

  constructor(
    private readonly graph: InterferenceGraph,
    colors: readonly number[],
    /** Registers made by spilling, which must not be spilled again. */
    private readonly unspillable: ReadonlySet<number>,
    /** Registers the function must save before it uses them. */
    calleeSaved: readonly number[],
  ) {
    this.callee = new Set(calleeSaved);
    this.colors = [
      colors.filter((color) => !isMachineFloat(color)),
      colors.filter((color) => isMachineFloat(color)),
    ];
    for (const color of colors) this.isColor[color] = 1;
    this.aliasOf = Int32Array.from({ length: graph.size }, (_, register) => register);
    this.state = new Uint8Array(graph.size);
    // Copies that run often are removed first.
    this.moveWorklist = new Set([...graph.moves].sort((a, b) => b.weight - a.weight));
  }

  /** The colours a register may get. */
  private colorsOf(register: number): readonly number[] {
    return this.colors[this.graph.isFloat[register] as 0 | 1];
  }

  /** The degree from which on a register is hard to colour. */
  private limit(register: number): number {
    return this.colorsOf(register).length;
  }

  run(): ColoringResult {
    const { graph } = this;
    for (let register = FIRST_VIRTUAL; register < graph.size; register++)
      if (graph.isUsed[register]) this.classify(register);
    while (this.step()) {
      // Each step shrinks the graph or a work list.
    }
    return this.assign();
  }

  private step(): boolean {
    for (const register of this.simplifyWorklist) return this.simplify(register);
    for (const move of this.moveWorklist) return this.coalesce(move);
    for (const register of this.freezeWorklist) return this.freeze(register);
    if (this.spillWorklist.size > 0) return this.selectSpill();
    return false;
  }

  private classify(register: number): void {
    if (this.graph.degree[register]! >= this.limit(register)) this.spillWorklist.add(register);
    else if (this.isMoveRelated(register)) this.freezeWorklist.add(register);
    else this.simplifyWorklist.add(register);
  }

  private isMoveRelated(register: number): boolean {
    return this.graph.movesOf[register]!.some((move) => move.state !== "done");
  }

  alias(register: number): number {
    let current = register;
    while (this.aliasOf[current] !== current) current = this.aliasOf[current]!;
    return current;
  }

  private forAdjacent(register: number, visit: (neighbour: number) => void): void {
    const list = this.graph.neighbours[register]!;
    for (let i = 0, length = list.length; i < length; i++)
      if (this.state[list[i]!] === ACTIVE) visit(list[i]!);
  }

  private simplify(register: number): true {
    this.simplifyWorklist.delete(register);
    this.state[register] = STACKED;
    this.stack.push(register);
    this.forAdjacent(register, (neighbour) => this.decrementDegree(neighbour));
    return true;
  }

  private decrementDegree(register: number): void {
    if (register < FIRST_VIRTUAL) return;
    const degree = this.graph.degree[register]!--;
    if (degree !== this.limit(register)) return;
    this.enableMoves(register);
    this.forAdjacent(register, (neighbour) => this.enableMoves(neighbour));
    this.spillWorklist.delete(register);
    if (this.isMoveRelated(register)) this.freezeWorklist.add(register);
    else this.simplifyWorklist.add(register);
  }

  private enableMoves(register: number): void {
    for (const move of this.graph.movesOf[register]!) {
      if (move.state !== "active") continue;
      move.state = "worklist";
      this.moveWorklist.add(move);
    }
  }

  private addToSimplify(register: number): void {
    if (register < FIRST_VIRTUAL || this.isMoveRelated(register)) return;
    if (this.graph.degree[register]! >= this.limit(register)) return;
    this.freezeWorklist.delete(register);
    this.simplifyWorklist.add(register);
  }

  private coalesce(move: Move): true {
    this.moveWorklist.delete(move);
    const x = this.alias(move.to);
    const y = this.alias(move.from);
    const [u, v] = y < FIRST_VIRTUAL ? [y, x] : [x, y];
    if (u === v) {
      move.state = "done";
      this.addToSimplify(u);
    } else if (v < FIRST_VIRTUAL || this.graph.interferes(u, v)) {
      move.state = "done";
      this.addToSimplify(u);
      this.addToSimplify(v);
    } else if (u < FIRST_VIRTUAL ? this.isSafeWithMachineRegister(u, v) : this.isConservative(u, v)) {
      move.state = "done";
      this.combine(u, v);
      this.addToSimplify(u);
    } else move.state = "active";
    return true;
  }

  /** George's test. */
  private isSafeWithMachineRegister(u: number, v: number): boolean {
    let safe = true;
    this.forAdjacent(v, (t) => {
      safe &&= t < FIRST_VIRTUAL || this.graph.degree[t]! < this.limit(t) || this.graph.interferes(t, u);
    });
    return safe;
  }

  /** Briggs's test. */
  private isConservative(u: number, v: number): boolean {
    const seen = new Set<number>();
    let significant = 0;
    const count = (t: number): void => {
      if (seen.has(t)) return;
      seen.add(t);
      if (this.graph.degree[t]! >= this.limit(t)) significant++;
    };
    this.forAdjacent(u, count);
    this.forAdjacent(v, count);
    return significant < this.limit(u);
  }

  private combine(u: number, v: number): void {
    const { graph } = this;
    this.freezeWorklist.delete(v);
    this.spillWorklist.delete(v);
    this.state[v] = COALESCED;
    this.aliasOf[v] = u;
    graph.movesOf[u]!.push(...graph.movesOf[v]!);
    graph.cost[u]! += graph.cost[v]!;
    graph.definitionCount[u]! += graph.definitionCount[v]!;
    this.enableMoves(v);
    this.forAdjacent(v, (t) => {
      graph.addEdge(t, u);
      this.decrementDegree(t);
    });
    if (u >= FIRST_VIRTUAL && graph.degree[u]! >= this.limit(u) && this.freezeWorklist.delete(u))
      this.spillWorklist.add(u);
  }

  private freeze(register: number): true {
    this.freezeWorklist.delete(register);
    this.simplifyWorklist.add(register);
    this.freezeMoves(register);
    return true;
  }

  private freezeMoves(register: number): void {
    for (const move of this.graph.movesOf[register]!) {
      if (move.state === "done") continue;
      move.state = "done";
      this.moveWorklist.delete(move);
      const other = this.alias(move.to) === register ? this.alias(move.from) : this.alias(move.to);
      if (other >= FIRST_VIRTUAL && this.state[other] === ACTIVE) this.addToSimplify(other);
    }
  }

  private selectSpill(): true {
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const register of this.spillWorklist) {
      const cost = this.unspillable.has(register)
        ? 1e30
        : this.graph.cost[register]! / this.graph.degree[register]!;
      if (cost >= bestCost) continue;
      bestCost = cost;
      best = register;
    }
    this.spillWorklist.delete(best);
    this.simplifyWorklist.add(best);
    this.freezeMoves(best);
    return true;
  }

  private assign(): ColoringResult {
    const { graph } = this;
    const color = new Int32Array(graph.size).fill(-1);
    for (let i = 0; i < FIRST_VIRTUAL; i++) color[i] = i;
    const spilled: number[] = [];
    const usedCallee = new Set<number>();
    while (this.stack.length > 0) {
      const register = this.stack.pop()!;
      const taken = new Uint8Array(FIRST_VIRTUAL);
      for (const neighbour of graph.neighbours[register]!) {
        const its = color[this.alias(neighbour)]!;
        if (its >= 0) taken[its] = 1;
      }
      const chosen = this.choose(register, color, taken, usedCallee);
      if (chosen < 0) spilled.push(register);
      else {
        color[register] = chosen;
        if (this.callee.has(chosen)) usedCallee.add(chosen);
      }
    }
    for (let register = FIRST_VIRTUAL; register < graph.size; register++)
      color[register] = color[this.alias(register)]!;
    return { color, spilled, alias: (register) => this.alias(register) };
  }

  /** Prefers the colour of a copy's other side, then registers that cost nothing, then a new callee-saved one. */
  private choose(
    register: number,
    color: Int32Array,
    taken: Uint8Array,
    usedCallee: ReadonlySet<number>,
  ): number {
    const isFree = (candidate: number): boolean =>
      !taken[candidate] && (!this.callee.has(candidate) || usedCallee.has(candidate));
    for (const move of this.graph.movesOf[register]!) {
      const other = this.alias(this.alias(move.to) === register ? move.from : move.to);
      const candidate = color[other]!;
      if (candidate >= 0 && this.isColor[candidate] && isFree(candidate)) return candidate;
    }
    for (const candidate of this.colorsOf(register)) if (isFree(candidate)) return candidate;
    for (const candidate of this.colorsOf(register)) if (!taken[candidate]) return candidate;
    return -1;
  }
}

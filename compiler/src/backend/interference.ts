/** The interference graph: which registers are live at the same time, which copies would like to disappear, what spilling costs. */
import { FIRST_FLOAT } from "../assembler/registers";
import { liveOut, type RegisterSet, stepBackward } from "./liveness";
import { definitions, type MachineFunction, type MachineInstruction } from "./machine";
import { FIRST_VIRTUAL } from "./registers";

/** Where a copy stands in coalescing. */
export type MoveState = "worklist" | "active" | "done";

/** A register-to-register copy. */
export interface Move {
  to: number;
  from: number;
  /** Estimated executions. */
  weight: number;
  state: MoveState;
}

const SCRATCH_COST = 1e20;
/** Degree of machine registers: they are never removed from the graph. */
const INFINITE_DEGREE = 1 << 30;
const MAX_DEPTH_WEIGHT = 5;
/** Registers up to which edges are a bit matrix; beyond, a hash set. */
const MATRIX_LIMIT = 12_000;
/** A constant is cheaper to recompute than to reload. */
const REMATERIALIZATION_DISCOUNT = 0.4;

export class InterferenceGraph {
  readonly size: number;
  readonly neighbours: number[][] = [];
  readonly degree: Int32Array;
  readonly moves: Move[] = [];
  readonly movesOf: Move[][] = [];
  /** Estimated executions of reads and writes. */
  readonly cost: Float64Array;
  readonly definitionCount: Int32Array;
  /** Constant or symbol loads that define a register. */
  readonly constantDefinition = new Map<number, MachineInstruction>();
  readonly isUsed: Uint8Array;
  /** Registers of different classes never interfere. */
  readonly isFloat: Uint8Array;
  private readonly matrix: Uint32Array | null;
  private readonly edges = new Set<number>();

  constructor(
    fn: MachineFunction,
    /** Machine registers the allocator may hand out, by number. */
    private readonly allocatable: ReadonlySet<number>,
  ) {
    this.size = fn.registerCount;
    for (let i = 0; i < this.size; i++) {
      this.neighbours.push([]);
      this.movesOf.push([]);
    }
    this.degree = new Int32Array(this.size);
    this.degree.fill(INFINITE_DEGREE, 0, FIRST_VIRTUAL);
    this.cost = new Float64Array(this.size);
    this.definitionCount = new Int32Array(this.size);
    this.isUsed = new Uint8Array(this.size);
    this.isFloat = new Uint8Array(this.size);
    this.isFloat.fill(1, FIRST_FLOAT, FIRST_VIRTUAL);
    for (const register of fn.floatRegisters) this.isFloat[register] = 1;
    this.matrix = this.size <= MATRIX_LIMIT ? new Uint32Array((this.size * this.size + 31) >> 5) : null;
    this.build(fn);
  }

  interferes(a: number, b: number): boolean {
    const key = a * this.size + b;
    if (!this.matrix) return this.edges.has(key);
    return (this.matrix[key >> 5]! & (1 << (key & 31))) !== 0;
  }

  private record(a: number, b: number): void {
    const key = a * this.size + b;
    if (this.matrix) this.matrix[key >> 5]! |= 1 << (key & 31);
    else this.edges.add(key);
  }

  /** Whether colouring has to care about this register. */
  private takesPart(register: number): boolean {
    return register >= FIRST_VIRTUAL || this.allocatable.has(register);
  }

  addEdge(a: number, b: number): void {
    if (a === b || this.isFloat[a] !== this.isFloat[b]) return;
    if (!this.takesPart(a) || !this.takesPart(b) || this.interferes(a, b)) return;
    this.record(a, b);
    this.record(b, a);
    if (a >= FIRST_VIRTUAL) {
      this.neighbours[a]!.push(b);
      this.degree[a]!++;
    }
    if (b >= FIRST_VIRTUAL) {
      this.neighbours[b]!.push(a);
      this.degree[b]!++;
    }
  }

  private build(fn: MachineFunction): void {
    const live = liveOut(fn);
    for (const block of fn.blocks) {
      const set = live.get(block)!;
      const weight = 10 ** Math.min(block.depth, MAX_DEPTH_WEIGHT) * (block.cold ? 0.01 : 1);
      for (let i = block.instructions.length - 1; i >= 0; i--)
        this.visit(block.instructions[i]!, set, weight);
    }
    for (const register of this.constantDefinition.keys())
      if (this.definitionCount[register] === 1) this.cost[register]! *= REMATERIALIZATION_DISCOUNT;
  }

  private visit(instruction: MachineInstruction, live: RegisterSet, weight: number): void {
    const { op, rd, uses } = instruction;
    const source = uses[0]!;
    if (op === "mv" && source !== 0 && this.takesPart(rd) && this.takesPart(source)) {
      live.delete(source);
      const move: Move = { to: rd, from: source, weight, state: "worklist" };
      this.moves.push(move);
      this.movesOf[rd]!.push(move);
      this.movesOf[source]!.push(move);
    }
    if (instruction.earlyClobber) for (const use of uses) live.add(use);
    const written = [...definitions(instruction)];
    for (const register of written) live.add(register);
    for (const register of written) {
      live.forEach((other) => {
        this.addEdge(other, register);
      });
    }
    stepBackward(live, instruction);
    this.account(instruction, weight);
  }

  private account(instruction: MachineInstruction, weight: number): void {
    const { op, rd, uses, defs } = instruction;
    for (const register of defs ?? []) {
      if (register < FIRST_VIRTUAL) continue;
      // A scratch register: spilling it would free nothing.
      this.isUsed[register] = 1;
      this.cost[register] = SCRATCH_COST;
    }
    if (rd >= FIRST_VIRTUAL) this.accountDefinition(rd, weight);
    for (const use of uses) {
      if (use < FIRST_VIRTUAL) continue;
      this.cost[use]! += weight;
      this.isUsed[use] = 1;
    }
    if (rd < FIRST_VIRTUAL || (op !== "li" && op !== "lf" && op !== "lui" && op !== "la")) return;
    this.constantDefinition.set(rd, instruction);
  }

  private accountDefinition(register: number, weight: number): void {
    this.cost[register]! += weight;
    this.definitionCount[register]!++;
    this.isUsed[register] = 1;
  }
}

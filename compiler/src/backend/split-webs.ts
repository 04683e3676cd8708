/**
 * Gives the separate parts of a register's live range registers of their own. A part (a web) is a set of definitions and
 * the uses they reach; registers that were cut by loads from slots have several, and each can then be coloured by itself.
 */
import { liveOut, stepBackward } from "./liveness";
import {
  addRegisterLike,
  definitions,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
} from "./machine";

/** Disjoint sets of numbers. */
class UnionFind {
  private readonly parent: number[] = [];

  add(): number {
    this.parent.push(this.parent.length);
    return this.parent.length - 1;
  }

  find(node: number): number {
    let root = node;
    while (this.parent[root] !== root) root = this.parent[root]!;
    for (let at = node; at !== root; ) {
      const next = this.parent[at]!;
      this.parent[at] = root;
      at = next;
    }
    return root;
  }

  union(a: number, b: number): void {
    this.parent[this.find(a)] = this.find(b);
  }
}

/** A place where a register is named, and the node of the definition that it writes or reads. */
interface Mention {
  instruction: MachineInstruction;
  /** Index in `uses`, or −1 for `rd`. */
  operand: number;
  register: number;
  node: number;
}

class WebSplitter {
  private readonly nodes = new UnionFind();
  private readonly mentions: Mention[] = [];
  /** By block: what a live register holds at its start. */
  private readonly entries: Map<MachineBlock, Map<number, number>>;

  constructor(
    private readonly fn: MachineFunction,
    private readonly registers: ReadonlySet<number>,
  ) {
    this.entries = this.entryNodes();
  }

  run(): void {
    for (const block of this.fn.blocks) this.visit(block);
    const names = new Map<number, number>();
    const known = new Set<number>();
    for (const { instruction, operand, register, node } of this.mentions) {
      const web = this.nodes.find(node);
      let name = names.get(web);
      if (name === undefined) {
        name = known.has(register) ? addRegisterLike(this.fn, register) : register;
        known.add(register);
        names.set(web, name);
      }
      if (operand < 0) instruction.rd = name;
      else instruction.uses[operand] = name;
    }
  }

  private entryNodes(): Map<MachineBlock, Map<number, number>> {
    const live = liveOut(this.fn);
    const entries = new Map<MachineBlock, Map<number, number>>();
    for (const block of this.fn.blocks) {
      const set = live.get(block)!;
      for (let i = block.instructions.length - 1; i >= 0; i--) stepBackward(set, block.instructions[i]!);
      const nodes = new Map<number, number>();
      for (const register of this.registers) if (set.has(register)) nodes.set(register, this.nodes.add());
      entries.set(block, nodes);
    }
    return entries;
  }

  private visit(block: MachineBlock): void {
    const current = new Map(this.entries.get(block)!);
    for (const instruction of block.instructions) {
      for (const [operand, register] of instruction.uses.entries())
        if (this.registers.has(register))
          this.mentions.push({ instruction, operand, register, node: current.get(register)! });
      for (const register of definitions(instruction)) {
        if (!this.registers.has(register)) continue;
        const node = this.nodes.add();
        current.set(register, node);
        this.mentions.push({ instruction, operand: -1, register, node });
      }
    }
    for (const successor of block.successors)
      for (const [register, node] of this.entries.get(successor)!)
        this.nodes.union(current.get(register)!, node);
  }
}

/** Splits these virtual registers of a function, in place. They must be written as `rd` only. */
export function splitWebs(fn: MachineFunction, registers: ReadonlySet<number>): void {
  new WebSplitter(fn, registers).run();
}

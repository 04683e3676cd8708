/** Live registers at block boundaries: the usual backward data-flow problem over bit sets. */
import { definitions, type MachineBlock, type MachineFunction, type MachineInstruction } from "./machine";

/** A set of register numbers. */
export class RegisterSet {
  readonly words: Uint32Array;

  constructor(words: number | Uint32Array) {
    this.words = typeof words === "number" ? new Uint32Array((words + 31) >> 5) : words.slice();
  }

  add(register: number): void {
    this.words[register >> 5]! |= 1 << (register & 31);
  }

  delete(register: number): void {
    this.words[register >> 5]! &= ~(1 << (register & 31));
  }

  has(register: number): boolean {
    return (this.words[register >> 5]! & (1 << (register & 31))) !== 0;
  }

  copy(): RegisterSet {
    return new RegisterSet(this.words);
  }

  /** Removes what is not in `other`. */
  intersect(other: RegisterSet): void {
    for (let index = 0; index < this.words.length; index++) this.words[index]! &= other.words[index]!;
  }

  equals(other: RegisterSet): boolean {
    return this.words.every((word, index) => word === other.words[index]);
  }

  forEach(visit: (register: number) => void): void {
    for (let index = 0; index < this.words.length; index++) {
      let word = this.words[index]!;
      while (word !== 0) {
        const lowest = word & -word;
        visit((index << 5) + 31 - Math.clz32(lowest));
        word ^= lowest;
      }
    }
  }
}

interface BlockSets {
  /** Read before written in the block. */
  used: RegisterSet;
  defined: RegisterSet;
  liveIn: RegisterSet;
  liveOut: RegisterSet;
}

/** Applies one instruction backwards to a live set. */
export function stepBackward(live: RegisterSet, instruction: MachineInstruction): void {
  for (const register of definitions(instruction)) live.delete(register);
  for (const register of instruction.uses) if (register > 0) live.add(register);
}

function localSets(block: MachineBlock, registers: number): BlockSets {
  const used = new RegisterSet(registers);
  const defined = new RegisterSet(registers);
  for (let i = block.instructions.length - 1; i >= 0; i--) {
    const instruction = block.instructions[i]!;
    for (const register of definitions(instruction)) defined.add(register);
    stepBackward(used, instruction);
  }
  return { used, defined, liveIn: used.copy(), liveOut: new RegisterSet(registers) };
}

/** Updates a block's sets from its successors; returns whether liveIn grew. */
function flow(sets: BlockSets, successors: BlockSets[]): boolean {
  const out = sets.liveOut.words;
  for (const successor of successors) {
    const words = successor.liveIn.words;
    for (let i = 0; i < out.length; i++) out[i]! |= words[i]!;
  }
  let changed = false;
  const { used, defined, liveIn } = sets;
  for (let i = 0; i < out.length; i++) {
    const next = (used.words[i]! | (out[i]! & ~defined.words[i]!)) >>> 0;
    if (next === liveIn.words[i]) continue;
    liveIn.words[i] = next;
    changed = true;
  }
  return changed;
}

/** Registers live at the end of every block. */
export function liveOut(fn: MachineFunction): Map<MachineBlock, RegisterSet> {
  const sets = new Map(fn.blocks.map((block) => [block, localSets(block, fn.registerCount)]));
  const order = [...fn.blocks].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order) {
      const successors = block.successors.map((successor) => sets.get(successor)!);
      if (flow(sets.get(block)!, successors)) changed = true;
    }
  }
  return new Map([...sets].map(([block, { liveOut }]) => [block, liveOut]));
}

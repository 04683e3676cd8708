/**
 * Register allocation: colour the interference graph; while something finds no colour, give it a stack slot (or, for
 * constants, load them again before each use) and start over.
 */

import { reg } from "../assembler/registers";
import { Coloring, type ColoringResult } from "./coloring";
import { InterferenceGraph } from "./interference";
import { addRegisterLike, type MachineFunction, type MachineInstruction, repeat } from "./machine";
import { ALLOCATION_ORDER, FIRST_VIRTUAL, NONE, PRESERVED } from "./registers";

const MAX_ROUNDS = 40;

/** How a spilled register is kept: reloaded from a slot, or its constant computed again. */
type Home = { slot: number } | { constant: MachineInstruction };

/** Gives spilled registers their homes and rewrites the code; the new short-lived registers go to `unspillable`. */
class Spiller {
  private readonly homes = new Map<number, Home>();

  constructor(
    private readonly fn: MachineFunction,
    private readonly graph: InterferenceGraph,
    private readonly result: ColoringResult,
    private readonly unspillable: Set<number>,
  ) {}

  run(): void {
    const { fn, graph, result } = this;
    const spilled = new Set(result.spilled);
    const members = new Map<number, number[]>();
    for (let register = FIRST_VIRTUAL; register < graph.size; register++) {
      const representative = result.alias(register);
      if (!spilled.has(representative) || !graph.isUsed[register]) continue;
      members.set(representative, [...(members.get(representative) ?? []), register]);
    }
    for (const [representative, registers] of members) {
      const home = this.homeOf(representative, registers);
      for (const register of registers) this.homes.set(register, home);
    }
    for (const block of fn.blocks) block.instructions = block.instructions.flatMap((i) => this.rewrite(i));
  }

  private homeOf(representative: number, registers: number[]): Home {
    const constant = this.graph.constantDefinition.get(representative);
    if (constant && registers.length === 1 && this.graph.definitionCount[representative] === 1)
      return { constant };
    return { slot: this.fn.slots++ };
  }

  private temporary(spilled: number): number {
    const register = addRegisterLike(this.fn, spilled);
    this.unspillable.add(register);
    return register;
  }

  private rewrite(instruction: MachineInstruction): MachineInstruction[] {
    const before: MachineInstruction[] = [];
    const after: MachineInstruction[] = [];
    const target = this.homes.get(instruction.rd);
    if (target && "constant" in target) return [];
    const loaded = new Map<number, number>();
    instruction.uses = instruction.uses.map((use) => {
      const home = this.homes.get(use);
      if (!home) return use;
      const known = loaded.get(use);
      if (known !== undefined) return known;
      const register = this.temporary(use);
      loaded.set(use, register);
      before.push(
        "constant" in home ? { ...repeat(this.fn, home.constant), rd: register } : load(register, home.slot),
      );
      return register;
    });
    if (target && "slot" in target) {
      instruction.rd = this.temporary(instruction.rd);
      after.push({ op: "storeSlot", rd: NONE, uses: [instruction.rd, reg.sp], imm: target.slot });
    }
    return [...before, instruction, ...after];
  }
}

const load = (rd: number, slot: number): MachineInstruction => ({
  op: "loadSlot",
  rd,
  uses: [reg.sp],
  imm: slot,
});

/** Replaces virtual registers by their colours and drops copies that became empty. */
function applyColors(fn: MachineFunction, color: Int32Array): void {
  const paint = (register: number): number => (register >= FIRST_VIRTUAL ? color[register]! : register);
  const used = new Set<number>();
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      instruction.rd = paint(instruction.rd);
      instruction.uses = instruction.uses.map(paint);
      used.add(instruction.rd);
      if (!instruction.defs?.some((register) => register >= FIRST_VIRTUAL)) continue;
      instruction.defs = instruction.defs.map(paint);
      for (const register of instruction.defs) used.add(register);
    }
    block.instructions = block.instructions.filter(({ op, rd, uses }) => op !== "mv" || rd !== uses[0]);
  }
  fn.savedRegisters = fn.suspends ? [] : PRESERVED.filter((register) => used.has(register));
}

/**
 * Allocates machine registers for a function, in place.
 * @param registers machine registers that may be used, preferred ones first
 */
export function allocateRegisters(
  fn: MachineFunction,
  registers: readonly number[] = ALLOCATION_ORDER,
): void {
  const unspillable = new Set<number>();
  const allocatable = new Set(registers);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const graph = new InterferenceGraph(fn, allocatable);
    const result = new Coloring(graph, registers, unspillable, fn.suspends ? [] : PRESERVED).run();
    if (result.spilled.length === 0) {
      applyColors(fn, result.color);
      return;
    }
    new Spiller(fn, graph, result, unspillable).run();
  }
  throw new Error(`register allocation of ${fn.name} did not finish in ${MAX_ROUNDS} rounds`);
}

/**
 * Keeps values that live across suspending calls in stack slots.
 *
 * Such calls lose every register, so a register that is live across one would interfere with all colours and be spilled
 * everywhere. Instead its live range is cut at the calls: stored in front of the call (or where it is defined, if that runs
 * less often), loaded again behind it. Stores of what the slot already holds and loads of what nobody reads disappear, and
 * loads move to the branch that reads them. Constants, and what takes one instruction to compute from other registers that
 * live across the call, are computed again instead.
 */
import { reg } from "../assembler/registers";
import { liveOut, RegisterSet, stepBackward } from "./liveness";
import {
  definitions,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
  repeat,
} from "./machine";
import { FIRST_VIRTUAL, NONE } from "./registers";
import { splitWebs } from "./split-webs";

/** A register that lives across at least one suspending call. */
interface Crossing {
  register: number;
  /** Its definition, if there is only one. */
  definition: MachineInstruction | null;
  /** The instruction that computes it again; null if it has a slot. */
  recipe: MachineInstruction | null;
  slot: number;
  /** The suspending calls it lives across. */
  calls: MachineInstruction[];
  /** Estimated executions of its most frequent definition and of the most frequent call it lives across. */
  definitionWeight: number;
  callWeight: number;
}

/** Whether computing a value again costs no more than loading it, about. */
const isCheapConstant = ({ op, constant }: MachineInstruction): boolean =>
  op === "lui" || op === "la" || op === "lf" || (op === "li" && BigInt.asIntN(32, constant!) === constant);

/** Instructions that compute their result from registers and immediates at the cost of a load or less. */
const CHEAP: ReadonlySet<string> = new Set(
  (
    "addi addiw slli srli srai slliw srliw sraiw andi ori xori slti sltiu add sub addw subw and or xor slt sltu " +
    "sh1add sh2add sh3add add.uw sh1add.uw sh2add.uw sh3add.uw slli.uw andn orn xnor sext.b sext.h zext.h"
  ).split(" "),
);

const weightOf = (block: MachineBlock): number => 10 ** Math.min(block.depth, 6) * (block.cold ? 0.01 : 1);

class SuspensionSlots {
  private readonly crossings = new Map<number, Crossing>();
  /** Registers live across each suspending call. */
  private readonly across = new Map<MachineInstruction, number[]>();
  /** The loads and computations this pass inserted behind calls. */
  private readonly restores = new Set<MachineInstruction>();
  private readonly saves = new Set<MachineInstruction>();

  constructor(private readonly fn: MachineFunction) {}

  run(): void {
    this.findCrossings();
    if (this.crossings.size === 0) return;
    this.findDefinitions();
    this.findRecipes();
    for (const crossing of this.crossings.values()) if (!crossing.recipe) crossing.slot = this.fn.slots++;
    for (const block of this.fn.blocks)
      block.instructions = block.instructions.flatMap((instruction) => this.cut(instruction));
    this.dropRedundantSaves();
    this.dropDeadRestores();
    this.sinkRestores();
    splitWebs(this.fn, new Set(this.crossings.keys()));
  }

  private findCrossings(): void {
    const live = liveOut(this.fn);
    for (const block of this.fn.blocks) {
      const set = live.get(block)!;
      for (let i = block.instructions.length - 1; i >= 0; i--) {
        const instruction = block.instructions[i]!;
        if (instruction.suspends) this.recordCall(instruction, set, weightOf(block));
        stepBackward(set, instruction);
      }
    }
  }

  private recordCall(call: MachineInstruction, live: RegisterSet, weight: number): void {
    const registers: number[] = [];
    live.forEach((register) => {
      if (register < FIRST_VIRTUAL) return;
      registers.push(register);
      const crossing = this.crossings.get(register) ?? {
        register,
        definition: null,
        recipe: null,
        slot: NONE,
        calls: [],
        definitionWeight: 0,
        callWeight: 0,
      };
      crossing.callWeight = Math.max(crossing.callWeight, weight);
      crossing.calls.push(call);
      this.crossings.set(register, crossing);
    });
    this.across.set(call, registers);
  }

  private findDefinitions(): void {
    const known = new Set<number>();
    for (const block of this.fn.blocks) {
      for (const instruction of block.instructions) {
        for (const register of definitions(instruction)) {
          const crossing = this.crossings.get(register);
          if (!crossing) continue;
          crossing.definitionWeight = Math.max(crossing.definitionWeight, weightOf(block));
          crossing.definition = known.has(register) ? null : instruction;
          known.add(register);
        }
      }
    }
  }

  /** Finds out which registers can be computed again behind all calls they live across. */
  private findRecipes(): void {
    const candidates = new Map<number, MachineInstruction>();
    const dependants = new Map<number, number[]>();
    for (const crossing of this.crossings.values()) {
      const recipe = this.recipeOf(crossing);
      if (!recipe) continue;
      candidates.set(crossing.register, recipe);
      for (const use of recipe.uses) dependants.set(use, [...(dependants.get(use) ?? []), crossing.register]);
    }
    // A recipe holds until an operand changes.
    const update = (state: RegisterSet, instruction: MachineInstruction): void => {
      for (const register of definitions(instruction)) {
        for (const dependant of dependants.get(register) ?? []) state.delete(dependant);
        if (candidates.has(register)) state.add(register);
      }
    };
    const starts = this.alwaysTrue(update);
    for (const block of this.fn.blocks) {
      const state = starts.get(block)!;
      for (const instruction of block.instructions) {
        for (const register of this.across.get(instruction) ?? [])
          if (!state.has(register)) candidates.delete(register);
        update(state, instruction);
      }
    }
    for (const [register, recipe] of candidates) this.crossings.get(register)!.recipe = recipe;
  }

  /** A constant's definition, or one that needs only registers which are restored behind the same calls. */
  private recipeOf({ definition, definitionWeight, callWeight, calls }: Crossing): MachineInstruction | null {
    if (!definition) return null;
    if (isCheapConstant(definition)) return definition;
    const isCheap = CHEAP.has(definition.op) && !definition.symbol && callWeight <= definitionWeight;
    const isRestored = (register: number): boolean => {
      const operand = this.crossings.get(register);
      return operand !== undefined && calls.every((call) => operand.calls.includes(call));
    };
    return isCheap && definition.uses.every((use) => use === 0 || isRestored(use)) ? definition : null;
  }

  /** The instruction with what has to happen before and after it. */
  private cut(instruction: MachineInstruction): MachineInstruction[] {
    const after: MachineInstruction[] = [];
    const before: MachineInstruction[] = [];
    for (const register of definitions(instruction)) {
      const crossing = this.crossings.get(register);
      if (crossing && this.isSavedAtDefinition(crossing)) after.push(this.save(crossing));
    }
    const restored = new Set<number>();
    const restore = (register: number): void => {
      const crossing = this.crossings.get(register);
      if (!crossing || restored.has(register)) return;
      restored.add(register);
      crossing.recipe?.uses.forEach(restore);
      after.push(this.restore(crossing));
    };
    for (const register of this.across.get(instruction) ?? []) {
      const crossing = this.crossings.get(register)!;
      if (!crossing.recipe && !this.isSavedAtDefinition(crossing)) before.push(this.save(crossing));
      restore(register);
    }
    return [...before, instruction, ...after];
  }

  private isSavedAtDefinition({ recipe, definitionWeight, callWeight }: Crossing): boolean {
    return !recipe && definitionWeight < callWeight;
  }

  private save({ register, slot }: Crossing): MachineInstruction {
    const save: MachineInstruction = { op: "storeSlot", rd: NONE, uses: [register, reg.sp], imm: slot };
    this.saves.add(save);
    return save;
  }

  private restore({ register, slot, recipe }: Crossing): MachineInstruction {
    const restore: MachineInstruction = recipe
      ? repeat(this.fn, recipe)
      : { op: "loadSlot", rd: register, uses: [reg.sp], imm: slot };
    this.restores.add(restore);
    return restore;
  }

  /** Removes saves of registers that have not changed since they were saved, on every path. */
  private dropRedundantSaves(): void {
    const valid = this.alwaysTrue((state, instruction) => this.updateValid(state, instruction));
    for (const block of this.fn.blocks) {
      const state = valid.get(block)!;
      block.instructions = block.instructions.filter((instruction) => {
        const isRedundant = this.saves.has(instruction) && state.has(instruction.uses[0]!);
        this.updateValid(state, instruction);
        return !isRedundant;
      });
    }
  }

  /** At the start of each block: the registers for which something holds, whatever path led there. */
  private alwaysTrue(
    update: (state: RegisterSet, instruction: MachineInstruction) => void,
  ): Map<MachineBlock, RegisterSet> {
    const { blocks, registerCount } = this.fn;
    const predecessors = new Map<MachineBlock, MachineBlock[]>(blocks.map((block) => [block, []]));
    for (const block of blocks)
      for (const successor of block.successors) predecessors.get(successor)!.push(block);
    const ends = new Map<MachineBlock, RegisterSet>();
    const start = (block: MachineBlock): RegisterSet => {
      const known = predecessors.get(block)!.flatMap((predecessor) => ends.get(predecessor) ?? []);
      const state = known[0]?.copy() ?? new RegisterSet(registerCount);
      for (const other of known.slice(1)) state.intersect(other);
      return state;
    };
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of blocks) {
        const state = start(block);
        for (const instruction of block.instructions) update(state, instruction);
        const known = ends.get(block);
        if (known?.equals(state)) continue;
        ends.set(block, state);
        changed = true;
      }
    }
    return new Map(blocks.map((block) => [block, start(block)]));
  }

  private updateValid(state: RegisterSet, instruction: MachineInstruction): void {
    if (this.saves.has(instruction)) state.add(instruction.uses[0]!);
    else if (!this.restores.has(instruction))
      for (const register of definitions(instruction))
        if (this.crossings.has(register)) state.delete(register);
  }

  private dropDeadRestores(): void {
    const live = liveOut(this.fn);
    for (const block of this.fn.blocks) {
      const set = live.get(block)!;
      const kept: MachineInstruction[] = [];
      for (const instruction of [...block.instructions].reverse()) {
        if (this.restores.has(instruction) && !set.has(instruction.rd)) continue;
        stepBackward(set, instruction);
        kept.push(instruction);
      }
      block.instructions = kept.reverse();
    }
  }

  /**
   * Moves restores whose block does not read them to the successors that do, if there are others. Only to successors
   * without another predecessor: on a path that does not come through the call, nothing was saved.
   */
  private sinkRestores(): void {
    const live = liveOut(this.fn);
    const liveIn = new Map<MachineBlock, RegisterSet>();
    for (const block of this.fn.blocks) {
      const set = live.get(block)!;
      for (let i = block.instructions.length - 1; i >= 0; i--) stepBackward(set, block.instructions[i]!);
      liveIn.set(block, set);
    }
    const predecessors = new Map<MachineBlock, number>();
    for (const { successors } of this.fn.blocks)
      for (const successor of successors) predecessors.set(successor, (predecessors.get(successor) ?? 0) + 1);
    for (const block of this.fn.blocks) {
      const { instructions, successors } = block;
      const kept: MachineInstruction[] = [];
      for (const instruction of [...instructions].reverse()) {
        const readers = successors.filter((successor) => liveIn.get(successor)!.has(instruction.rd));
        const canMove =
          this.restores.has(instruction) &&
          !kept.some((later) => touches(later, instruction.rd)) &&
          readers.length < successors.length &&
          readers.every((reader) => reader.depth <= block.depth && predecessors.get(reader) === 1);
        if (canMove) for (const reader of readers) this.moveTo(reader, instruction, liveIn.get(reader)!);
        else kept.push(instruction);
      }
      block.instructions = kept.reverse();
    }
  }

  private moveTo(block: MachineBlock, restore: MachineInstruction, liveIn: RegisterSet): void {
    const moved = repeat(this.fn, restore);
    this.restores.add(moved);
    block.instructions = [moved, ...block.instructions];
    liveIn.delete(restore.rd);
    for (const use of restore.uses) if (use > 0) liveIn.add(use);
  }
}

const touches = (instruction: MachineInstruction, register: number): boolean =>
  instruction.uses.includes(register) || [...definitions(instruction)].includes(register);

/** Takes values that live across suspending calls out of registers there, in place. */
export function saveAcrossSuspensions(fn: MachineFunction): void {
  if (fn.suspends && fn.hasCall) new SuspensionSlots(fn).run();
}

/**
 * Keeps values that live across suspending calls in stack slots.
 *
 * Such calls lose every register, so a register that is live across one would interfere with all colours and be spilled
 * everywhere. Instead its live range is cut at the calls: stored in front of the call (or where it is defined, if that runs
 * less often), loaded again behind it. Stores of what the slot already holds and loads of what nobody reads disappear, and
 * loads move to the branch that reads them. Constants are computed again instead.
 */
import { reg } from "../assembler/registers";
import { liveOut, RegisterSet, stepBackward } from "./liveness";
import { definitions, type MachineBlock, type MachineFunction, type MachineInstruction } from "./machine";
import { FIRST_VIRTUAL, NONE } from "./registers";
import { splitWebs } from "./split-webs";

/** A register that lives across at least one suspending call. */
interface Crossing {
  register: number;
  /** The instruction that computes it again, if it is a constant. */
  constant: MachineInstruction | null;
  slot: number;
  /** Estimated executions of its definitions and of the calls it lives across. */
  definitionWeight: number;
  callWeight: number;
}

/** Whether computing a value again costs no more than loading it, about. */
const isCheapConstant = ({ op, constant }: MachineInstruction): boolean =>
  op === "lui" || op === "la" || (op === "li" && BigInt.asIntN(32, constant!) === constant);

const weightOf = (block: MachineBlock): number => 10 ** Math.min(block.depth, 6) * (block.cold ? 0.01 : 1);

class SuspensionSlots {
  private readonly crossings = new Map<number, Crossing>();
  /** Registers live across each suspending call. */
  private readonly across = new Map<MachineInstruction, number[]>();
  /** The loads and recomputed constants this pass inserted, and the registers they restore. */
  private readonly restores = new Set<MachineInstruction>();
  private readonly saves = new Set<MachineInstruction>();

  constructor(private readonly fn: MachineFunction) {}

  run(): void {
    this.findCrossings();
    if (this.crossings.size === 0) return;
    this.weighDefinitions();
    for (const crossing of this.crossings.values()) if (!crossing.constant) crossing.slot = this.fn.slots++;
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
        constant: null,
        slot: NONE,
        definitionWeight: 0,
        callWeight: 0,
      };
      crossing.callWeight += weight;
      this.crossings.set(register, crossing);
    });
    this.across.set(call, registers);
  }

  private weighDefinitions(): void {
    const definitionCount = new Map<number, number>();
    for (const block of this.fn.blocks) {
      for (const instruction of block.instructions) {
        for (const register of definitions(instruction)) {
          const crossing = this.crossings.get(register);
          if (!crossing) continue;
          crossing.definitionWeight += weightOf(block);
          const count = (definitionCount.get(register) ?? 0) + 1;
          definitionCount.set(register, count);
          crossing.constant = count === 1 && isCheapConstant(instruction) ? instruction : null;
        }
      }
    }
  }

  /** The instruction with what has to happen before and after it. */
  private cut(instruction: MachineInstruction): MachineInstruction[] {
    const after: MachineInstruction[] = [];
    const before: MachineInstruction[] = [];
    for (const register of definitions(instruction)) {
      const crossing = this.crossings.get(register);
      if (crossing && this.isSavedAtDefinition(crossing)) after.push(this.save(crossing));
    }
    for (const register of this.across.get(instruction) ?? []) {
      const crossing = this.crossings.get(register)!;
      if (!crossing.constant && !this.isSavedAtDefinition(crossing)) before.push(this.save(crossing));
      after.push(this.restore(crossing));
    }
    return [...before, instruction, ...after];
  }

  private isSavedAtDefinition({ constant, definitionWeight, callWeight }: Crossing): boolean {
    return !constant && definitionWeight < callWeight / 2;
  }

  private save({ register, slot }: Crossing): MachineInstruction {
    const save: MachineInstruction = { op: "storeSlot", rd: NONE, uses: [register, reg.sp], imm: slot };
    this.saves.add(save);
    return save;
  }

  private restore({ register, slot, constant }: Crossing): MachineInstruction {
    const restore: MachineInstruction = constant
      ? { ...constant, uses: [...constant.uses] }
      : { op: "loadSlot", rd: register, uses: [reg.sp], imm: slot };
    this.restores.add(restore);
    return restore;
  }

  /** Removes saves of registers that have not changed since they were saved, on every path. */
  private dropRedundantSaves(): void {
    const valid = this.validSlots();
    for (const block of this.fn.blocks) {
      const state = valid.get(block)!;
      block.instructions = block.instructions.filter((instruction) => {
        const isRedundant = this.saves.has(instruction) && state.has(instruction.uses[0]!);
        this.updateValid(state, instruction);
        return !isRedundant;
      });
    }
  }

  /** At the start of each block: the registers whose slots hold their values, whatever path led there. */
  private validSlots(): Map<MachineBlock, RegisterSet> {
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
        for (const instruction of block.instructions) this.updateValid(state, instruction);
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
   * Moves restores whose block does not read them to the successors that do, if there are others. Critical edges are
   * split, so these successors have no other predecessor.
   */
  private sinkRestores(): void {
    const live = liveOut(this.fn);
    const liveIn = new Map<MachineBlock, RegisterSet>();
    for (const block of this.fn.blocks) {
      const set = live.get(block)!;
      for (let i = block.instructions.length - 1; i >= 0; i--) stepBackward(set, block.instructions[i]!);
      liveIn.set(block, set);
    }
    for (const block of this.fn.blocks) {
      const { instructions, successors } = block;
      block.instructions = instructions.filter((instruction, index) => {
        if (!this.restores.has(instruction) || isTouchedAfter(instructions, index)) return true;
        const readers = successors.filter((successor) => liveIn.get(successor)!.has(instruction.rd));
        if (readers.length === successors.length || readers.some(({ depth }) => depth > block.depth))
          return true;
        for (const reader of readers) {
          const moved = { ...instruction, uses: [...instruction.uses] };
          this.restores.add(moved);
          reader.instructions = [moved, ...reader.instructions];
        }
        return false;
      });
    }
  }
}

/** Whether an instruction behind the one at `index` reads or writes what that one writes. */
function isTouchedAfter(instructions: MachineInstruction[], index: number): boolean {
  const { rd } = instructions[index]!;
  return instructions
    .slice(index + 1)
    .some((later) => later.uses.includes(rd) || [...definitions(later)].includes(rd));
}

/** Takes values that live across suspending calls out of registers there, in place. */
export function saveAcrossSuspensions(fn: MachineFunction): void {
  if (fn.suspends && fn.hasCall) new SuspensionSlots(fn).run();
}

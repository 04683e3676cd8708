/**
 * Shrink wrapping: the frame is set up where it is first needed instead of at the function's start, so that early exits
 * (errors, empty queues, refused fast paths) neither save nor restore anything.
 *
 * A block P may set up the frame if every block that needs it is dominated by P, nothing dominated by P leads back to
 * a block without frame, and P is in no loop. Copies of arguments into saved registers, which allocation puts at the
 * function's start, move to P; until then the argument registers themselves are used.
 */
import { reg } from "../assembler/registers";
import { definitions, type MachineBlock, type MachineFunction, type MachineInstruction } from "./machine";
import { ARGUMENT_REGISTERS, FLOAT_ARGUMENT_REGISTERS } from "./registers";

const ALL_ARGUMENTS: readonly number[] = [...ARGUMENT_REGISTERS, ...FLOAT_ARGUMENT_REGISTERS];

/** Functions with more blocks are left alone: the search is quadratic. */
const MAX_BLOCKS = 400;

/** `saved = mv argument` at the start of a function. */
interface ArgumentCopy {
  instruction: MachineInstruction;
  saved: number;
  argument: number;
}

function reachable(start: MachineBlock, avoid: MachineBlock | null): Set<MachineBlock> {
  const found = new Set<MachineBlock>();
  const pending = start === avoid ? [] : [start];
  for (let block = pending.pop(); block; block = pending.pop()) {
    if (found.has(block)) continue;
    found.add(block);
    for (const successor of block.successors) if (successor !== avoid) pending.push(successor);
  }
  return found;
}

class ShrinkWrapper {
  private readonly saved: ReadonlySet<number>;
  private readonly entry: MachineBlock;
  private readonly copies: ArgumentCopy[];

  constructor(private readonly fn: MachineFunction) {
    this.saved = new Set(fn.savedRegisters);
    this.entry = fn.blocks[0]!;
    this.copies = this.argumentCopies();
  }

  run(): void {
    const { fn, entry } = this;
    let best: MachineBlock | null = null;
    let frameless: Set<MachineBlock> = new Set();
    for (const candidate of fn.blocks) {
      if (candidate === entry || candidate.depth > 0) continue;
      const outside = reachable(entry, candidate);
      if (outside.size <= frameless.size || !this.isPossible(candidate, outside)) continue;
      best = candidate;
      frameless = outside;
    }
    const isWorthwhile = [...frameless].some((block) => block.successors.length === 0 && !block.cold);
    if (best && isWorthwhile) this.apply(best, frameless);
  }

  /** Argument copies of the entry block that nothing in it can disturb. */
  private argumentCopies(): ArgumentCopy[] {
    const copies: ArgumentCopy[] = [];
    for (const instruction of this.entry.instructions) {
      const argument = instruction.uses[0];
      const isCopy = instruction.op === "mv" && this.saved.has(instruction.rd);
      if (!isCopy || !ALL_ARGUMENTS.includes(argument!)) continue;
      const definitionsOfSaved = this.fn.blocks
        .flatMap((block) => block.instructions)
        .filter((other) => [...definitions(other)].includes(instruction.rd));
      if (definitionsOfSaved.length === 1)
        copies.push({ instruction, saved: instruction.rd, argument: argument! });
    }
    return copies;
  }

  private needsFrame(instruction: MachineInstruction): boolean {
    const { op, rd, uses } = instruction;
    if (
      op === "call" ||
      op === "callRegister" ||
      op === "callSwitch" ||
      op === "loadSlot" ||
      op === "storeSlot" ||
      op === "loadArgument" ||
      op === "loadSingleArgument"
    )
      return true;
    if (uses.includes(reg.sp)) return true;
    if (this.saved.has(rd) && !this.copies.some((copy) => copy.instruction === instruction)) return true;
    if (instruction.defs?.some((register) => this.saved.has(register))) return true;
    return uses.some((use) => this.saved.has(use) && !this.copies.some((copy) => copy.saved === use));
  }

  private isPossible(candidate: MachineBlock, outside: Set<MachineBlock>): boolean {
    for (const block of this.fn.blocks) {
      if (outside.has(block)) {
        if (block.instructions.some((instruction) => this.needsFrame(instruction))) return false;
      } else if (block.successors.some((successor) => outside.has(successor) || successor === candidate))
        return false;
    }
    return this.copies.every((copy) => this.survives(copy, candidate, outside));
  }

  /** Whether the argument register still holds the argument wherever the frameless blocks use it, and in `candidate`. */
  private survives(
    { argument, saved, instruction }: ArgumentCopy,
    candidate: MachineBlock,
    outside: Set<MachineBlock>,
  ): boolean {
    for (const block of outside) {
      const change = block.instructions.findIndex((other) => [...definitions(other)].includes(argument));
      if (change < 0) continue;
      const after = reachable(block, null);
      if (after.has(candidate)) return false;
      const usesLater = (from: MachineBlock, start: number): boolean =>
        from.instructions.slice(start).some((other) => other !== instruction && other.uses.includes(saved));
      if (usesLater(block, change + 1)) return false;
      if ([...after].some((later) => later !== block && usesLater(later, 0))) return false;
    }
    return true;
  }

  private apply(frameStart: MachineBlock, frameless: Set<MachineBlock>): void {
    this.fn.frameStart = frameStart;
    for (const block of frameless) {
      block.frameless = true;
      block.instructions = block.instructions.filter(
        (instruction) => !this.copies.some((copy) => copy.instruction === instruction),
      );
      for (const instruction of block.instructions)
        instruction.uses = instruction.uses.map(
          (use) => this.copies.find((copy) => copy.saved === use)?.argument ?? use,
        );
    }
    frameStart.instructions.unshift(...this.copies.map((copy) => copy.instruction));
  }
}

/** Moves the set-up of a function's frame to where it is needed. Registers must have been allocated. */
export function shrinkWrap(fn: MachineFunction): void {
  const usesFrame = fn.hasCall || fn.savedRegisters.length > 0 || fn.slots > 0;
  if (!usesFrame || fn.blocks.length > MAX_BLOCKS) return;
  new ShrinkWrapper(fn).run();
}

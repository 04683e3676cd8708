/**
 * Whether functions are suspended while they have something on a stack that a global points to, such as AssemblyScript's shadow
 * stack of managed values. A function that is not suspended in between puts such a global back, so only what a function
 * itself does to it before a suspending call counts. What runs on the original stack alone, called from exports but from
 * nothing in the function table, where new stacks begin, may push: as long as nobody else does, the others work on top of it.
 */
import { CompileError } from "../diagnostics";
import { type Block, type IRFunction, isConstant, type Value } from "../ir/ir";
import type { TranslationContext } from "./emitter";
import { translateFunction } from "./translator";

/** What is known of the global at some place: by how much it differs from its value at the function's entry. */
type Distance = number | "unknown";

class PushSearch {
  private readonly atEntry = new Map<Block, Distance>();
  private readonly distances = new Map<Value, Distance>();

  constructor(
    private readonly fn: IRFunction,
    private readonly slot: number,
  ) {}

  /** Whether the global may differ from its value at the entry when a call suspends. */
  run(): boolean {
    this.atEntry.set(this.fn.entry, 0);
    const pending = [this.fn.entry];
    for (let block = pending.pop(); block; block = pending.pop()) {
      const atEnd = this.throughBlock(block);
      if (atEnd === "pushed") return true;
      for (const successor of block.successors) if (this.reach(successor, atEnd)) pending.push(successor);
    }
    return false;
  }

  /** Joins what is known at a block's entry with another way there; whether that changed it. */
  private reach(block: Block, distance: Distance): boolean {
    const known = this.atEntry.get(block);
    const joined = known === undefined || known === distance ? distance : "unknown";
    this.atEntry.set(block, joined);
    return joined !== known;
  }

  private throughBlock(block: Block): Distance | "pushed" {
    let distance = this.atEntry.get(block)!;
    for (const value of block.instructions) {
      if ((value.suspends || value.op === "switchStack") && distance !== 0) return "pushed";
      if (value.op === "globalGet" && value.index === this.slot) this.distances.set(value, distance);
      else if (value.op === "globalSet" && value.index === this.slot)
        distance = this.distances.get(value.args[0]!) ?? "unknown";
      else if (value.op === "add" || value.op === "sub") this.distances.set(value, this.sum(value));
    }
    return distance;
  }

  private sum({ op, args }: Value): Distance {
    const [left, right] = args as [Value, Value];
    const distance = this.distances.get(left) ?? "unknown";
    if (distance === "unknown" || !isConstant(right)) return "unknown";
    return distance + (op === "add" ? 1 : -1) * Number(right.constant);
  }
}

/**
 * Whether some function that may run on a new stack may suspend while the mutable global in `slot` differs from its value at the
 * function's entry.
 */
export function isPushedAtSuspension(context: TranslationContext, slot: number): boolean {
  const silent: TranslationContext = {
    ...context,
    isPushedAtSuspension: () => true,
    onCall: () => {},
    onImport: () => {},
    onTable: () => {},
  };
  const candidates = context.callGraph().onNewStacks();
  return [...context.suspension.functions].some((source) => {
    if (!candidates.has(source)) return false;
    try {
      return new PushSearch(translateFunction(silent, source), slot).run();
    } catch (error) {
      // a function that cannot be compiled is reported where something calls it
      if (error instanceof CompileError) return true;
      throw error;
    }
  });
}

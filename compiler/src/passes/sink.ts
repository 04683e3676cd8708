/**
 * Sinking: a value that is needed only behind one of a branch's targets is computed there, so that the other path does not
 * pay for it. Loads move too if nothing between may change the memory.
 */
import { analyseControlFlow, type ControlFlow } from "../ir/control-flow";
import type { Block, IRFunction, Value } from "../ir/ir";
import { effectOf, isMovable } from "../ir/operations";
import { isDisjoint, locationOf } from "./memory-location";

class Sinker {
  private readonly users = new Map<Value, Set<Block>>();

  constructor(
    fn: IRFunction,
    private readonly flow: ControlFlow,
  ) {
    for (const block of fn.blocks) {
      for (const phi of block.phis)
        for (const [index, arg] of phi.args.entries()) this.addUser(arg, block.predecessors[index]!);
      for (const value of block.instructions) for (const arg of value.args) this.addUser(arg, block);
      for (const arg of block.terminator.args) this.addUser(arg, block);
    }
  }

  private addUser(value: Value, block: Block): void {
    const known = this.users.get(value);
    if (known) known.add(block);
    else this.users.set(value, new Set([block]));
  }

  run(): void {
    for (const block of this.flow.order) if (block.successors.length > 1) this.sinkFrom(block);
  }

  /** Bottom-up, so that a chain of values moves together. */
  private sinkFrom(block: Block): void {
    const targets = block.successors.filter(
      (target) =>
        target.predecessors.length === 1 && this.flow.depth[target.order]! <= this.flow.depth[block.order]!,
    );
    if (targets.length === 0) return;
    const passed: Value[] = [];
    const kept: Value[] = [];
    for (const value of [...block.instructions].reverse()) {
      const target = this.canPass(value, passed) ? this.destination(value, block, targets) : null;
      if (!target) {
        kept.push(value);
        if (effectOf(value.op) !== "pure") passed.push(value);
        continue;
      }
      value.block = target;
      target.instructions.unshift(value);
      for (const arg of value.args) this.move(arg, block, target);
    }
    block.instructions = kept.reverse();
  }

  /** Whether a value may move down past the effects in `passed`. */
  private canPass(value: Value, passed: Value[]): boolean {
    if (isMovable(value.op)) return true;
    if (value.op === "load") {
      const location = locationOf(value);
      return passed.every((other) => {
        const effect = effectOf(other.op);
        return effect === "write" ? isDisjoint(locationOf(other), location) : effect !== "barrier";
      });
    }
    if (value.op !== "globalGet") return false;
    return passed.every((other) => {
      const effect = effectOf(other.op);
      return effect === "globalWrite" ? other.index !== value.index : effect !== "barrier";
    });
  }

  private destination(value: Value, block: Block, targets: Block[]): Block | null {
    const users = this.users.get(value);
    if (!users || users.has(block)) return null;
    return targets.find((target) => [...users].every((user) => this.flow.dominates(target, user))) ?? null;
  }

  private move(arg: Value, from: Block, to: Block): void {
    const users = this.users.get(arg);
    if (!users) return;
    users.add(to);
    // `from` may still use it through another value; recompute rather than guess.
    const stillUsed =
      from.terminator.args.includes(arg) ||
      from.instructions.some((value) => value.block === from && value.args.includes(arg)) ||
      from.successors.some((successor) =>
        successor.phis.some((phi) => phi.args[successor.predecessors.indexOf(from)] === arg),
      );
    if (!stillUsed) users.delete(from);
  }
}

/** Sinks values of a function towards their uses. */
export function sinkValues(fn: IRFunction): void {
  new Sinker(fn, analyseControlFlow(fn)).run();
}

/**
 * Jump threading: where a block only decides on a phi, predecessors whose argument is known jump straight to the right
 * target. Short-circuit conditions come out of wasm as `if` expressions with results 0 and 1; this gives them back
 * their branches.
 */
import { removeUnreachable } from "../ir/control-flow";
import {
  type Block,
  branch,
  countUses,
  type IRFunction,
  isConstant,
  removePredecessor,
  type Value,
} from "../ir/ir";
import { isComparison } from "../ir/operations";

/** A block of the form: one phi, branch on it (or on its negation). */
interface Decision {
  block: Block;
  phi: Value;
  ifNonZero: Block;
  ifZero: Block;
}

function decisionOf(block: Block, uses: Int32Array): Decision | null {
  const { kind, args, targets } = block.terminator;
  if (kind !== "branch" || block.phis.length !== 1) return null;
  let [ifNonZero, ifZero] = targets as [Block, Block];
  let condition = args[0]!;
  let instructions = block.instructions.length;
  while (condition.op === "eqz" && condition.block === block && uses[condition.id] === 1) {
    [ifNonZero, ifZero] = [ifZero, ifNonZero];
    condition = condition.args[0]!;
    instructions--;
  }
  const isPlain = condition === block.phis[0] && uses[condition.id] === 1 && instructions === 0;
  if (!isPlain || targets.includes(block)) return null;
  if (!condition.args.some((arg) => isConstant(arg) || isComparison(arg.op))) return null;
  return { block, phi: condition, ifNonZero, ifZero };
}

/** Makes `target` know the new predecessor `from`, which takes over arguments from `decision.block`. */
function copyPhiArguments(target: Block, decision: Decision, argument: Value): void {
  const index = target.predecessors.indexOf(decision.block);
  for (const phi of target.phis) {
    const value = phi.args[index]!;
    phi.args.push(value === decision.phi ? argument : value);
  }
}

/** Redirects one predecessor past the decision. Returns whether it could. */
function threadPredecessor(decision: Decision, from: Block, argument: Value): boolean {
  const { block, ifNonZero, ifZero } = decision;
  if (from === block) return false;
  if (isConstant(argument)) {
    const target = argument.constant !== 0n ? ifNonZero : ifZero;
    if (from.successors.includes(target)) return false;
    copyPhiArguments(target, decision, argument);
    target.predecessors.push(from);
    from.terminator.targets[from.successors.indexOf(block)] = target;
    return true;
  }
  if (from.terminator.kind !== "jump") return false;
  copyPhiArguments(ifNonZero, decision, argument);
  copyPhiArguments(ifZero, decision, argument);
  branch(from, argument, ifNonZero, ifZero);
  return true;
}

function threadThrough(decision: Decision): boolean {
  const { block, phi } = decision;
  let changed = false;
  for (const from of [...block.predecessors]) {
    const argument = phi.args[block.predecessors.indexOf(from)]!;
    if (!threadPredecessor(decision, from, argument)) continue;
    removePredecessor(block, from);
    changed = true;
  }
  return changed;
}

/** Threads branches until nothing changes. */
export function threadBranches(fn: IRFunction): void {
  for (let changed = true; changed; ) {
    changed = false;
    removeUnreachable(fn);
    const uses = countUses(fn);
    for (const block of fn.blocks) {
      const decision = block.predecessors.length > 0 ? decisionOf(block, uses) : null;
      if (!decision || !threadThrough(decision)) continue;
      changed = true;
      break;
    }
  }
}

/** Gives blocks that jump to a block with nothing but a return their own return. */
export function duplicateReturns(fn: IRFunction): void {
  for (const block of fn.blocks) {
    if (block.terminator.kind !== "return" || block.instructions.length > 0 || block === fn.entry) continue;
    const result = block.terminator.args[0];
    for (const from of [...block.predecessors]) {
      if (from.terminator.kind !== "jump") continue;
      const index = block.predecessors.indexOf(from);
      const value = result?.op === "phi" && result.block === block ? result.args[index]! : result;
      from.terminator = { kind: "return", args: value ? [value] : [], targets: [], cases: [] };
      removePredecessor(block, from);
    }
  }
  removeUnreachable(fn);
}

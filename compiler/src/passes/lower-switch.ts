/**
 * Turns `switch` into comparisons (few cases) or into a bounds check and a `table` (jump table without default).
 */
import { type Block, branch, type IRFunction, jump, replacePredecessor, type Value } from "../ir/ir";

/** Up to this many runs of equal destinations are told apart by comparisons. */
const MAX_COMPARISONS = 3;

/** Cases `first` and following up to the next run go to `target`. */
interface Run {
  first: number;
  target: number;
}

function runs(cases: number[]): Run[] {
  return cases.flatMap((target, first) =>
    first > 0 && cases[first - 1] === target ? [] : [{ first, target }],
  );
}

/** Makes `to` know `from` as a further predecessor with the same phi arguments as `model`. */
function addPredecessorLike(to: Block, from: Block, model: Block): void {
  const index = to.predecessors.indexOf(model);
  to.predecessors.push(from);
  for (const phi of to.phis) phi.args.push(phi.args[index]!);
}

function compare(fn: IRFunction, block: Block, op: "eq" | "ltu" | "geu", value: Value, bound: number): Value {
  const result = fn.value(op, "i32", [value, fn.constant("i32", bound)]);
  result.block = block;
  block.instructions.push(result);
  return result;
}

/** A chain of branches: run k is taken if the value is below the start of run k + 1. */
function lowerToComparisons(
  fn: IRFunction,
  block: Block,
  selector: Value,
  list: Run[],
  targets: Block[],
): void {
  const original = new Map(targets.map((target) => [target, target.predecessors.indexOf(block)]));
  const phiArguments = new Map(
    targets.map((target) => [target, target.phis.map((phi) => phi.args[original.get(target)!]!)]),
  );
  for (const [target, index] of original) {
    target.predecessors.splice(index, 1);
    for (const phi of target.phis) phi.args.splice(index, 1);
  }
  const addEdge = (target: Block): void => {
    for (const [k, phi] of target.phis.entries()) phi.args.push(phiArguments.get(target)![k]!);
  };
  if (list.length === 1) {
    jump(block, targets[list[0]!.target]!);
    addEdge(targets[list[0]!.target]!);
    return;
  }
  let current = block;
  for (let k = 0; k < list.length - 1; k++) {
    const next = list[k + 1]!;
    const target = targets[list[k]!.target]!;
    const isLast = k === list.length - 2;
    const rest = isLast ? targets[next.target]! : fn.addBlock();
    const single = next.first - list[k]!.first === 1;
    const condition = single
      ? compare(fn, current, "eq", selector, list[k]!.first)
      : compare(fn, current, "ltu", selector, next.first);
    branch(current, condition, target, rest);
    addEdge(target);
    if (isLast) addEdge(rest);
    current = rest;
  }
}

function lowerToTable(
  fn: IRFunction,
  block: Block,
  selector: Value,
  cases: number[],
  targets: Block[],
): void {
  const bounded = cases.slice(0, -1);
  const fallback = targets[cases[cases.length - 1]!]!;
  const dispatch = fn.addBlock();
  const used = [...new Set(bounded.map((index) => targets[index]!))];
  dispatch.terminator = {
    kind: "table",
    args: [selector],
    targets: used,
    cases: bounded.map((index) => used.indexOf(targets[index]!)),
  };
  for (const target of used) {
    if (target === fallback) addPredecessorLike(target, dispatch, block);
    else replacePredecessor(target, block, dispatch);
  }
  const condition = compare(fn, block, "ltu", selector, bounded.length);
  block.terminator = { kind: "branch", args: [condition], targets: [dispatch, fallback], cases: [] };
  dispatch.predecessors.push(block);
}

/** Lowers every `switch` of a function. */
export function lowerSwitches(fn: IRFunction): void {
  for (const block of [...fn.blocks]) {
    if (block.terminator.kind !== "switch") continue;
    const { args, targets, cases } = block.terminator;
    const list = runs(cases);
    if (list.length - 1 <= MAX_COMPARISONS) lowerToComparisons(fn, block, args[0]!, list, targets);
    else lowerToTable(fn, block, args[0]!, cases, targets);
  }
}

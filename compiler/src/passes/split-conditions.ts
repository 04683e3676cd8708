/** A branch on `x or y`, or on `x and y` of truth values, becomes two branches: comparisons fuse with branches. */
import { type Block, countUses, type IRFunction, isConstant, replacePredecessor, type Value } from "../ir/ir";
import { isComparison } from "../ir/operations";
import { removeDeadCode } from "./dead-code";

function isTruthValue(value: Value): boolean {
  if (isComparison(value.op)) return true;
  const [a, b] = value.args;
  if (value.op === "and" && isConstant(b!)) return b!.constant === 1n;
  return (value.op === "and" || value.op === "or") && isTruthValue(a!) && !isConstant(b!) && isTruthValue(b!);
}

/** Splits the branch at the end of a block once, if its condition allows. Returns the block of the second test. */
function splitBranch(fn: IRFunction, block: Block, uses: Int32Array): Block | null {
  if (block.terminator.kind !== "branch") return null;
  let [ifTrue, ifFalse] = block.terminator.targets as [Block, Block];
  let condition = block.terminator.args[0]!;
  const isOnce = (value: Value): boolean => uses[value.id] === 1;
  while (condition.op === "eqz" && isOnce(condition) && isOnce(condition.args[0]!)) {
    const inner = condition.args[0]!;
    if (inner.op !== "or" && inner.op !== "and") return null;
    [ifTrue, ifFalse] = [ifFalse, ifTrue];
    condition = inner;
  }
  if (condition.type !== "i32" || !isOnce(condition) || (condition.op !== "or" && condition.op !== "and"))
    return null;
  const [first, second] = condition.args as [Value, Value];
  if (isConstant(second)) return null;
  if (condition.op === "and" && !(isTruthValue(first) && isTruthValue(second))) return null;
  return secondTest(fn, block, condition.op === "or", [first, second], [ifTrue, ifFalse]);
}

function secondTest(
  fn: IRFunction,
  block: Block,
  isOr: boolean,
  [first, second]: [Value, Value],
  [ifTrue, ifFalse]: [Block, Block],
): Block {
  const test = fn.addBlock();
  test.predecessors = [block];
  // Where the first test already decides, control goes to `decided`; the other target is reached by the second test only.
  const [decided, other] = isOr ? [ifTrue, ifFalse] : [ifFalse, ifTrue];
  const index = decided.predecessors.indexOf(block);
  decided.predecessors.push(test);
  for (const phi of decided.phis) phi.args.push(phi.args[index]!);
  replacePredecessor(other, block, test);
  block.terminator = {
    kind: "branch",
    args: [first],
    targets: isOr ? [ifTrue, test] : [test, ifFalse],
    cases: [],
  };
  test.terminator = { kind: "branch", args: [second], targets: [ifTrue, ifFalse], cases: [] };
  return test;
}

/** Splits compound branch conditions of a function. */
export function splitConditions(fn: IRFunction): void {
  const uses = countUses(fn);
  const pending = [...fn.blocks];
  for (let block = pending.pop(); block; block = pending.pop()) {
    const test = splitBranch(fn, block, uses);
    if (test) pending.push(block, test);
  }
  removeDeadCode(fn);
}

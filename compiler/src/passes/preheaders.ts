/** Gives every loop a block of its own in front of its header, where loop-invariant code can go. */
import { analyseControlFlow } from "../ir/control-flow";
import type { Block, IRFunction, Value } from "../ir/ir";

function insertPreheader(fn: IRFunction, header: Block, outside: Block[]): void {
  const preheader = fn.addBlock();
  preheader.terminator = { kind: "jump", args: [], targets: [header], cases: [] };
  preheader.predecessors = outside;
  const inside = header.predecessors.filter((block) => !outside.includes(block));
  for (const phi of header.phis) {
    const argumentOf = (block: Block): Value => phi.args[header.predecessors.indexOf(block)]!;
    const entering = mergedArgument(fn, preheader, outside.map(argumentOf), phi);
    phi.args = [...inside.map(argumentOf), entering];
  }
  header.predecessors = [...inside, preheader];
  for (const block of outside) {
    const { targets } = block.terminator;
    targets[targets.indexOf(header)] = preheader;
  }
}

/** One value for what enters a loop from several blocks. */
function mergedArgument(fn: IRFunction, preheader: Block, args: Value[], model: Value): Value {
  if (args.every((arg) => arg === args[0])) return args[0]!;
  const merged = fn.value("phi", model.type, args);
  merged.block = preheader;
  preheader.phis.push(merged);
  return merged;
}

/** Inserts missing preheaders. */
export function insertPreheaders(fn: IRFunction): void {
  const flow = analyseControlFlow(fn);
  for (const { header, body, preheader } of flow.loops) {
    if (preheader || header === fn.entry) continue;
    insertPreheader(
      fn,
      header,
      header.predecessors.filter((block) => !body.has(block)),
    );
  }
}

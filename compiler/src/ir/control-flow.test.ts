import { describe, expect, it } from "vitest";
import { analyseControlFlow, coldBlocks } from "./control-flow";
import { parseBody } from "./test-support";

/** Two nested loops and a block behind them. */
const NESTED = `b0:
  v0: i32 = param [index=0]
  jump b1
b1 (b0, b4):
  jump b2
b2 (b1, b3):
  branch v0, b3, b4
b3 (b2):
  jump b2
b4 (b2):
  branch v0, b1, b5
b5 (b4):
  return v0`;

describe("control flow analysis", () => {
  it("finds immediate dominators", () => {
    const flow = analyseControlFlow(parseBody(NESTED));
    const dominators = flow.order.map((block) => flow.immediateDominator[block.order]!.id);
    const byId = Object.fromEntries(flow.order.map((block, index) => [block.id, dominators[index]]));
    expect(byId).toEqual({ 0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 4 });
  });

  it("finds loops, outer ones first, and their depth", () => {
    const flow = analyseControlFlow(parseBody(NESTED));
    expect(flow.loops.map((loop) => loop.header.id)).toEqual([1, 2]);
    expect(flow.loops.map((loop) => loop.preheader?.id)).toEqual([0, 1]);
    expect(flow.order.map((block) => `b${block.id}:${flow.depth[block.order]}`).sort()).toEqual([
      "b0:0",
      "b1:1",
      "b2:2",
      "b3:2",
      "b4:1",
      "b5:0",
    ]);
  });

  it("removes unreachable blocks and their phi arguments", () => {
    const fn = parseBody("b0:\n v0: i32 = param [index=0]\n jump b1\nb1 (b0):\n return v0");
    const dead = fn.addBlock();
    const target = fn.blocks[1]!;
    dead.terminator = { kind: "jump", args: [], targets: [target], cases: [] };
    target.predecessors.push(dead);
    analyseControlFlow(fn);
    expect(fn.blocks).not.toContain(dead);
    expect(target.predecessors).toHaveLength(1);
  });

  it("knows blocks that run rarely: marked or trapping ones, the ways to them, and what only they lead to", () => {
    const fn = parseBody(`b0:
      v0: i32 = param [index=0]
      branch v0, b1, b4
    b1 (b0):
      branch v0, b2, b3
    b2 (b1) cold:
      jump b5
    b3 (b1):
      trap
    b4 (b0):
      jump b6
    b5 (b2):
      jump b6
    b6 (b4, b5):
      return v0`);
    expect([...coldBlocks(fn)].map(({ id }) => id).sort()).toEqual([1, 2, 3, 5]);
  });
});

/** The whole pipeline keeps accesses on their side of everything that lets other code, harts or devices change memory. */
import { describe, expect, it } from "vitest";
import { BARRIERS, bodyOf, parseBody } from "../ir/test-support";
import { runPipeline } from "./pipeline";

/** The accesses, barriers and branches of a function after all passes, in order. */
function optimized(body: string, signature: string): string[] {
  const fn = parseBody(body, signature);
  runPipeline(fn, { bitmanip: true, optimize: true });
  const word = /^(?:v\d+: \w+ = )?(\w+)/;
  const names = bodyOf(fn).map((line) => word.exec(line)?.[1] ?? "");
  return names.filter((name) => !/^(b\d+|param|const|add|jump|phi|return)$/.test(name));
}

const LOAD = "load [offset=0 size=4 signed=1]";

for (const [what, barrier] of Object.entries(BARRIERS)) {
  const name = /^(?:v\d+: \w+ = )?(\w+)/.exec(barrier)![1]!;
  describe(what, () => {
    it("separates loads, stores and uses of globals", () => {
      const body = `b0:
        v0: i32 = param [index=0]
        v1: i32 = ${LOAD} v0
        v2: i32 = globalGet [index=1]
        store [offset=4 size=4] v0, 1:i32
        globalSet [index=2] 1:i32
        ${barrier}
        v3: i32 = ${LOAD} v0
        v4: i32 = globalGet [index=1]
        store [offset=4 size=4] v0, 2:i32
        globalSet [index=2] 2:i32
        v5: i32 = add v1, v2
        v6: i32 = add v3, v4
        v7: i32 = add v5, v6
        return v7`;
      const accesses = ["load", "globalGet", "store", "globalSet"];
      expect(optimized(body, "(i32)->i32")).toEqual([...accesses, name, ...accesses]);
    });

    it("makes a loop look again", () => {
      const body = `b0:
        v0: i32 = param [index=0]
        jump b1
      b1 (b0, b2):
        v1: i32 = ${LOAD} v0
        v2: i32 = globalGet [index=1]
        v3: i32 = add v1, v2
        branch v3, b2, b3
      b2 (b1):
        ${barrier}
        jump b1
      b3 (b1):
        return`;
      const lines = optimized(body, "(i32)->");
      expect(lines.filter((line) => line === "load" || line === "globalGet")).toHaveLength(2);
      expect(lines.indexOf("branch"), "the loads are in the loop, in front of its test").toBe(2);
    });

    it("holds back what only one branch behind it reads", () => {
      const body = `b0:
        v0: i32 = param [index=0]
        v1: i32 = param [index=1]
        v2: i32 = ${LOAD} v0
        v3: i32 = globalGet [index=1]
        ${barrier}
        branch v1, b1, b2
      b1 (b0):
        v4: i32 = add v2, v3
        return v4
      b2 (b0):
        return 0:i32`;
      expect(optimized(body, "(i32,i32)->i32")).toEqual(["load", "globalGet", name, "branch"]);
    });
  });
}

import { describe, expect, it } from "vitest";
import { expected, transform } from "../ir/test-support";
import { removeDeadCode } from "./dead-code";
import { hoistInvariants } from "./hoist-invariants";
import { lowerSelects } from "./lower-select";
import { lowerSwitches } from "./lower-switch";
import { insertPreheaders } from "./preheaders";
import { simplifyControlFlow } from "./simplify-control-flow";
import { sinkValues } from "./sink";
import { splitConditions } from "./split-conditions";
import { splitCriticalEdges } from "./split-critical-edges";
import { duplicateReturns, threadBranches } from "./thread-branches";

describe("dead code elimination", () => {
  it("keeps effects whose results nobody uses, and removes pure values and plain loads", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = add v0, 1:i32
      v2: i32 = load [offset=0 size=4 signed=1] v0
      v3: i32 = volatileLoad [offset=0 size=4 signed=1] 16:i64
      v4: i64 = csrRead [index=434]
      v5: i32 = atomicUpdate [symbol="or" offset=0 size=4 order=0] v0, 1:i32
      return 0:i32`;
    expect(transform(body, "(i32)->i32", removeDeadCode)).toEqual(
      expected(`b0:
      v0: i32 = param [index=0]
      v3: i32 = volatileLoad [offset=0 size=4 signed=1] 16:i64
      v4: i64 = csrRead [index=434]
      v5: i32 = atomicUpdate [symbol="or" offset=0 size=4 order=0] v0, 1:i32
      return 0:i32`),
    );
  });
});

describe("control flow simplification", () => {
  it("follows constant branches and joins what is left", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      branch 1:i32, b1, b2
    b1 (b0):
      jump b3
    b2 (b0):
      jump b3
    b3 (b1, b2):
      v1: i32 = phi v0, 7:i32
      return v1`;
    expect(transform(body, "(i32)->i32", simplifyControlFlow)).toEqual(
      expected("b0:\n v0: i32 = param [index=0]\n return v0"),
    );
  });

  it("follows constant switches, out of range to the default", () => {
    const body = `b0:
      switch -1:i32, b1, b2
    b1 (b0):
      return 1:i32
    b2 (b0):
      return 2:i32`;
    expect(transform(body, "()->i32", simplifyControlFlow)).toEqual(["b0:", "return 2:i32"]);
  });
});

describe("lowering", () => {
  it("turns selects with one condition into one branch", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = select v0, 1:i32, 2:i32
      v2: i32 = select v0, 3:i32, 4:i32
      v3: i32 = add v1, v2
      return v3`;
    expect(transform(body, "(i32)->i32", lowerSelects)).toEqual(
      expected(`b0:
      v0: i32 = param [index=0]
      branch v0, b1, b2
    b1 (b0):
      jump b2
    b2 (b0, b1):
      v1: i32 = phi 2:i32, 1:i32
      v2: i32 = phi 4:i32, 3:i32
      v3: i32 = add v1, v2
      return v3`),
    );
  });

  /** A switch with these destinations (the last is the default), each returning its number. */
  const switchOf = (destinations: number[]): string[] => {
    const used = [...new Set(destinations)];
    const blocks = used.map((number) => `b${number} (b0):\n return ${number}:i32`);
    const targets = destinations.map((number) => `b${number}`).join(", ");
    const body = `b0:\n v0: i32 = param [index=0]\n switch v0, ${targets}\n${blocks.join("\n")}`;
    return transform(body, "(i32)->i32", lowerSwitches);
  };

  it("tells few destinations apart by comparisons", () => {
    expect(switchOf([1, 1, 2])).toEqual(
      expected(`b0:
      v0: i32 = param [index=0]
      v3: i32 = ltu v0, 2:i32
      branch v3, b1, b2
    b1 (b0):
      return 1:i32
    b2 (b0):
      return 2:i32`),
    );
  });

  it("uses a table behind a bounds check for many destinations", () => {
    const lines = switchOf([1, 2, 3, 4, 5, 6]);
    expect(lines).toContain("table v0, b1, b2, b3, b4, b5");
    expect(lines.some((line) => line.endsWith("ltu v0, 5:i32"))).toBe(true);
    expect(lines).toContain("b6 (b0):");
  });

  it("gives critical edges a block", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      branch v0, b1, b2
    b1 (b0):
      jump b2
    b2 (b0, b1):
      v1: i32 = phi 1:i32, 2:i32
      return v1`;
    expect(transform(body, "(i32)->i32", splitCriticalEdges)).toContain("b2 (b3, b1):");
  });
});

describe("jump threading", () => {
  const SHORT_CIRCUIT = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      branch v0, b1, b2
    b1 (b0):
      v2: i32 = lts v1, 5:i32
      jump b2
    b2 (b0, b1):
      v3: i32 = phi 0:i32, v2
      branch v3, b3, b4
    b3 (b2):
      return 1:i32
    b4 (b2):
      return 2:i32`;

  it("lets known conditions jump straight to their targets", () => {
    expect(transform(SHORT_CIRCUIT, "(i32,i32)->i32", threadBranches)).toEqual(
      expected(`b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      branch v0, b1, b4
    b1 (b0):
      v2: i32 = lts v1, 5:i32
      branch v2, b3, b4
    b3 (b1):
      return 1:i32
    b4 (b0, b1):
      return 2:i32`),
    );
  });

  it("leaves a phi alone that is used elsewhere", () => {
    const body = SHORT_CIRCUIT.replace("return 1:i32", "return v3");
    expect(transform(body, "(i32,i32)->i32", threadBranches)).toContain("v3: i32 = phi 0:i32, v2");
  });

  it("copies returns into the blocks that jump to them", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      branch v0, b1, b2
    b1 (b0):
      jump b3
    b2 (b0):
      jump b3
    b3 (b1, b2):
      v1: i32 = phi 5:i32, v0
      return v1`;
    const lines = transform(body, "(i32)->i32", duplicateReturns);
    expect(lines).toContain("return 5:i32");
    expect(lines).toContain("return v0");
  });
});

describe("splitting conditions", () => {
  const branchOn = (op: string, first: string, second: string): string[] =>
    transform(
      `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      v2: i32 = ${first}
      v3: i32 = ${second}
      v4: i32 = ${op} v2, v3
      branch v4, b1, b2
    b1 (b0):
      return 1:i32
    b2 (b0):
      return 2:i32`,
      "(i32,i32)->i32",
      splitConditions,
    );

  it("leaves nothing of the compound condition, which would hold its parts in their place", () => {
    expect(branchOn("or", "eqz v0", "eqz v1").filter((line) => line.includes("= or"))).toEqual([]);
  });

  it("tests the parts of a disjunction one after the other", () => {
    const lines = branchOn("or", "eqz v0", "eqz v1");
    expect(lines).toContain("branch v2, b1, b3");
    expect(lines).toContain("branch v3, b1, b2");
  });

  it("tests the parts of a conjunction of truth values", () => {
    const lines = branchOn("and", "eqz v0", "eqz v1");
    expect(lines).toContain("branch v2, b3, b2");
    expect(lines).toContain("branch v3, b1, b2");
  });

  it("does not take the bits of numbers for truth values", () => {
    expect(branchOn("and", "add v0, 1:i32", "eqz v1")).toContain("branch v4, b1, b2");
  });
});

describe("sinking", () => {
  const sink = (between: string): string[] =>
    transform(
      `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      v2: i32 = load [offset=0 size=4 signed=1] v0
      v3: i32 = mul v2, 3:i32
      ${between}
      branch v1, b1, b2
    b1 (b0):
      return v3
    b2 (b0):
      return 0:i32`,
      "(i32,i32)->i32",
      sinkValues,
    );
  const isSunk = (lines: string[]): boolean =>
    lines.findIndex((line) => line.includes("load [")) > lines.findIndex((line) => line.startsWith("b1"));

  it("computes values where they are needed", () => {
    expect(isSunk(sink(""))).toBe(true);
  });

  it("keeps a load in front of what may change its memory", () => {
    expect(isSunk(sink("store [offset=0 size=4] v1, 1:i32"))).toBe(false);
    expect(isSunk(sink("fence [index=51]"))).toBe(false);
    expect(isSunk(sink('call [symbol="f"]'))).toBe(false);
    expect(isSunk(sink("store [offset=4 size=4] v0, 1:i32"))).toBe(true);
  });

  it("does not move work into a loop", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = mul v0, v0
      branch v0, b1, b3
    b1 (b0, b2):
      branch v1, b2, b3
    b2 (b1):
      jump b1
    b3 (b0, b1):
      return v0`;
    expect(transform(body, "(i32)->i32", sinkValues)[2]).toBe("v1: i32 = mul v0, v0");
  });
});

describe("loops", () => {
  it("moves invariant values to a new block in front of the loop", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      branch v0, b1, b2
    b1 (b0, b1):
      v2: i32 = phi 0:i32, v4
      v3: i32 = mul v1, 7:i32
      v4: i32 = add v2, v3
      v5: i32 = lts v4, 100:i32
      branch v5, b1, b2
    b2 (b0, b1):
      return v0`;
    const lines = transform(body, "(i32,i32)->i32", insertPreheaders, hoistInvariants);
    const loopStart = lines.findIndex((line) => line.startsWith("b1"));
    expect(lines.indexOf("v3: i32 = mul v1, 7:i32")).toBeLessThan(loopStart);
    expect(lines.indexOf("v4: i32 = add v2, v3")).toBeGreaterThan(loopStart);
  });
});

import { describe, expect, it } from "vitest";
import { BARRIERS, transform } from "../ir/test-support";
import { removeDeadStores } from "./dead-stores";
import { forwardMemory } from "./forward-memory";

const LOAD = "load [offset=0 size=4 signed=1]";

/** Puts `between` between two loads of the same word and tells whether the second one is still there. */
function loadsTwice(between: string): boolean {
  const body = `b0:
    v0: i32 = param [index=0]
    v1: i32 = param [index=1]
    v2: i32 = ${LOAD} v0
    ${between}
    v3: i32 = ${LOAD} v0
    v4: i32 = add v2, v3
    return v4`;
  return (
    transform(body, "(i32,i32)->i32", forwardMemory).filter((line) => line.includes("load [")).length === 2
  );
}

function readsGlobalTwice(between: string): boolean {
  const body = `b0:
    v2: i32 = globalGet [index=3]
    ${between}
    v3: i32 = globalGet [index=3]
    v4: i32 = add v2, v3
    return v4`;
  return (
    transform(body, "(i32,i32)->i32", forwardMemory).filter((line) => line.includes("globalGet")).length === 2
  );
}

describe("memory forwarding", () => {
  it("reuses a loaded value", () => {
    expect(loadsTwice("")).toBe(false);
  });

  for (const [name, barrier] of Object.entries(BARRIERS)) {
    it(`loads again after ${name}`, () => {
      expect(loadsTwice(barrier)).toBe(true);
    });
    it(`reads globals again after ${name}`, () => {
      expect(readsGlobalTwice(barrier)).toBe(true);
    });
  }

  it("is not disturbed by reading a CSR", () => {
    expect(loadsTwice("v9: i64 = csrRead [index=3074]")).toBe(false);
  });

  it("loads again after a store through another pointer", () => {
    expect(loadsTwice("store [offset=0 size=4] v1, 7:i32")).toBe(true);
  });

  it("knows that other offsets of the same pointer are other bytes", () => {
    expect(loadsTwice("store [offset=4 size=4] v0, 7:i32")).toBe(false);
    expect(loadsTwice("store [offset=3 size=1] v0, 7:i32")).toBe(true);
  });

  it("takes a stored value instead of loading it", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      store [offset=0 size=4] v0, v1
      v2: i32 = ${LOAD} v0
      return v2`;
    expect(transform(body, "(i32,i32)->i32", forwardMemory)).toContain("return v1");
  });

  it("extends what a narrow store wrote as the load would", () => {
    const narrow = (signed: number): string[] =>
      transform(
        `b0:
        v0: i32 = param [index=0]
        v1: i32 = param [index=1]
        store [offset=0 size=1] v0, v1
        v2: i32 = load [offset=0 size=1 signed=${signed}] v0
        return v2`,
        "(i32,i32)->i32",
        forwardMemory,
      );
    expect(narrow(0)).toContain("v2: i32 = and v1, 255:i32");
    expect(narrow(1)).toContain("v2: i32 = sx8 v1");
  });

  it("does not use facts from before a loop that the loop's body changes", () => {
    const body = (store: string): string => `b0:
      v0: i32 = param [index=0]
      v1: i32 = ${LOAD} v0
      jump b1
    b1 (b0, b1):
      v2: i32 = ${LOAD} v0
      ${store}
      branch v2, b1, b2
    b2 (b1):
      return v1`;
    const loads = (text: string): number =>
      transform(text, "(i32)->i32", forwardMemory).filter((line) => line.includes("load [")).length;
    expect(loads(body(""))).toBe(1);
    expect(loads(body("store [offset=0 size=4] v2, 0:i32"))).toBe(2);
    expect(loads(body("fence [index=51]"))).toBe(2);
  });

  it("does not use facts that one of two paths to a block destroys", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = ${LOAD} v0
      branch v1, b1, b2
    b1 (b0):
      call [symbol="f"]
      jump b2
    b2 (b0, b1):
      v2: i32 = ${LOAD} v0
      return v2`;
    expect(transform(body, "(i32)->i32", forwardMemory)).toContain("return v2");
  });
});

describe("dead store elimination", () => {
  const stores = (between: string): number =>
    transform(
      `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      store [offset=0 size=4] v0, 1:i32
      ${between}
      store [offset=0 size=4] v0, 2:i32
      return 0:i32`,
      "(i32,i32)->i32",
      removeDeadStores,
    ).filter((line) => line.startsWith("store [offset=0")).length;

  it("removes a store that is overwritten", () => {
    expect(stores("")).toBe(1);
  });

  it("keeps a store that may be read", () => {
    expect(stores(`v2: i32 = ${LOAD} v1`)).toBe(2);
  });

  for (const [name, barrier] of Object.entries(BARRIERS)) {
    it(`keeps a store in front of ${name}`, () => {
      expect(stores(barrier)).toBe(2);
    });
  }
});

import { describe, expect, it } from "vitest";
import { transform } from "../ir/test-support";
import { narrow } from "./narrow";

const narrowed = (lines: string, result = "i64"): string[] =>
  transform(`b0:\n v0: i32 = param [index=0]\n ${lines}\n return v9`, `(i32)->${result}`, narrow).slice(2);

const WHOLE = "v1: i64 = load [offset=16 size=8 signed=1] v0";

describe("narrowing", () => {
  it("loads the low half where only that is used", () => {
    expect(narrowed(`${WHOLE}\n v9: i32 = wrap v1`, "i32")).toEqual([
      "v1: i32 = load [offset=16 size=4 signed=1] v0",
      "return v1",
    ]);
  });

  it("loads the high half where only that is used", () => {
    expect(narrowed(`${WHOLE}\n v2: i64 = shru v1, 32:i64\n v9: i32 = wrap v2`, "i32")[0]).toBe(
      "v1: i32 = load [offset=20 size=4 signed=1] v0",
    );
    expect(narrowed(`${WHOLE}\n v9: i64 = shru v1, 56:i64`)[0]).toBe(
      "v1: i64 = load [offset=23 size=1 signed=0] v0",
    );
  });

  it("loads a masked field", () => {
    expect(narrowed(`${WHOLE}\n v9: i64 = and v1, 65535:i64`)[0]).toBe(
      "v1: i64 = load [offset=16 size=2 signed=0] v0",
    );
  });

  it("leaves fields alone that are not whole bytes", () => {
    expect(narrowed(`${WHOLE}\n v9: i64 = shru v1, 59:i64`)[0]).toBe(WHOLE);
  });

  it("leaves a load alone that is used elsewhere", () => {
    expect(narrowed(`${WHOLE}\n v2: i64 = and v1, 255:i64\n v9: i64 = add v1, v2`)[0]).toBe(WHOLE);
  });

  it("adds in 32 bits what is cut to 32 bits", () => {
    const lines = narrowed("v1: i64 = extu v0\n v2: i64 = add v1, 4294967297:i64\n v9: i32 = wrap v2", "i32");
    expect(lines).toEqual(["v9: i32 = add v0, 1:i32", "return v9"]);
  });
});

describe("narrowing of registers", () => {
  it("reads the low half of tp and of globals", () => {
    expect(narrowed("v1: i64 = threadPointer\n v9: i32 = wrap v1", "i32")).toEqual([
      "v1: i32 = threadPointer",
      "return v1",
    ]);
    expect(narrowed("v1: i64 = globalGet [index=2]\n v9: i32 = wrap v1", "i32")[0]).toBe(
      "v1: i32 = globalGet [index=2]",
    );
  });
});

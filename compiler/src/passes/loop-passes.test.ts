import { describe, expect, it } from "vitest";
import { transform } from "../ir/test-support";
import { delayUpdates } from "./delay-updates";
import { insertPreheaders } from "./preheaders";
import { reduceStrength } from "./reduce-strength";

describe("delaying updates", () => {
  it("moves a counter's next value behind the last use of the counter", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      jump b1
    b1 (b0, b1):
      v2: i32 = phi v0, v3
      v3: i32 = add v2, 1:i32
      store [offset=0 size=1] v2, v1
      v4: i32 = load [offset=0 size=1 signed=0] v2
      branch v4, b1, b2
    b2 (b1):
      return v1`;
    const lines = transform(body, "(i32,i32)->i32", delayUpdates);
    expect(lines.indexOf("v3: i32 = add v2, 1:i32")).toBe(lines.indexOf("branch v4, b1, b2") - 1);
  });

  it("keeps a value in front of its first use", () => {
    const body = `b0:
      v0: i32 = param [index=0]
      v1: i32 = add v0, 1:i32
      v2: i32 = mul v0, v0
      v3: i32 = shl v1, 2:i32
      v4: i32 = add v3, v2
      return v4`;
    expect(transform(body, "(i32)->i32", delayUpdates).slice(2)).toEqual([
      "v2: i32 = mul v0, v0",
      "v1: i32 = add v0, 1:i32",
      "v3: i32 = shl v1, 2:i32",
      "v4: i32 = add v3, v2",
      "return v4",
    ]);
  });
});

describe("strength reduction", () => {
  /** for (i = 0; i < v1; i++) with these instructions on v2 = i. */
  const loop = (instructions: string): string[] =>
    transform(
      `b0:
      v0: i32 = param [index=0]
      v1: i32 = param [index=1]
      jump b1
    b1 (b0, b2):
      v2: i32 = phi 0:i32, v3
      v4: i32 = ltu v2, v1
      branch v4, b2, b3
    b2 (b1):
      ${instructions}
      v3: i32 = add v2, 1:i32
      jump b1
    b3 (b1):
      return 0:i32`,
      "(i32,i32)->i32",
      insertPreheaders,
      (fn) => reduceStrength(fn, { bitmanip: false }),
    );

  it("turns an address computed from the counter into a variable", () => {
    const lines = loop("v5: i32 = shl v2, 3:i32\n v6: i32 = add v0, v5\n store [offset=16 size=8] v6, 7:i64");
    const phi = lines.find((line) => line.includes("phi v0, "))!;
    const [, variable, next] = /^(v\d+): i32 = phi v0, (v\d+)$/.exec(phi)!;
    expect(lines).toContain(`${next}: i32 = add ${variable}, 8:i32`);
    expect(lines).toContain(`store [offset=16 size=8] ${variable}, 7:i64`);
    expect(lines.join()).not.toContain("shl");
  });

  it("lets addresses that differ by a constant share a variable", () => {
    const lines = loop(`v5: i32 = shl v2, 2:i32
      v6: i32 = add v5, v0
      v7: i32 = add v2, 4:i32
      v8: i32 = shl v7, 2:i32
      v9: i32 = add v8, v0
      v10: i32 = load [offset=0 size=4 signed=1] v9
      store [offset=0 size=4] v6, v10`);
    expect(lines.filter((line) => line.includes("phi"))).toHaveLength(2);
    expect(lines.some((line) => line.includes("load [offset=16 size=4"))).toBe(true);
  });

  it("multiplies the step by an invariant factor in front of the loop", () => {
    const lines = loop(
      "v5: i32 = mul v2, v1\n v6: i32 = shl v5, 2:i32\n v7: i32 = add v6, v0\n store [offset=0 size=4] v7, v1",
    );
    const multiplication = lines.findIndex((line) => line.includes("mul"));
    expect(multiplication).toBeLessThan(lines.findIndex((line) => line.startsWith("b1")));
  });

  it("leaves a value alone that is more than an address", () => {
    const lines = loop("v5: i32 = shl v2, 3:i32\n v6: i32 = add v0, v5\n store [offset=16 size=4] v6, v6");
    expect(lines).toContain("v6: i32 = add v0, v5");
  });

  it("does not trade one instruction for another", () => {
    const lines = loop("v6: i32 = add v0, v2\n store [offset=0 size=1] v6, v1");
    expect(lines).toContain("v6: i32 = add v0, v2");
  });
});

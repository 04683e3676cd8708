import { describe, expect, it } from "vitest";
import { loadImmediate } from "./immediate";
import type { Instruction } from "./instruction";

const wrap = (value: bigint) => BigInt.asIntN(64, value);

/** Executes the few instructions a constant is built from. */
function evaluate(instructions: Instruction[]): bigint {
  const registers = new Map<number, bigint>([[0, 0n]]);
  for (const { op, rd, rs1, imm } of instructions) {
    const source = registers.get(rs1) ?? 0n;
    const amount = BigInt(imm);
    const results: Record<string, bigint> = {
      addi: wrap(source + amount),
      addiw: BigInt.asIntN(32, source + amount),
      lui: BigInt.asIntN(32, amount << 12n),
      slli: wrap(source << amount),
      srli: wrap(BigInt.asUintN(64, source) >> amount),
      bseti: wrap(source | (1n << amount)),
      bclri: wrap(source & ~(1n << amount)),
    };
    registers.set(rd, results[op]!);
  }
  return registers.get(10)!;
}

function samples(): bigint[] {
  const values = [
    0n,
    1n,
    -1n,
    2047n,
    2048n,
    -2048n,
    -2049n,
    0x7fffffffn,
    0x80000000n,
    0xffffffffn,
    0x9e3779b97f4a7c15n,
  ];
  for (let bit = 0n; bit < 64n; bit++) {
    for (const near of [-2049n, -2n, -1n, 0n, 1n, 5n, 2047n, 2048n]) {
      values.push(wrap((1n << bit) + near), wrap(-(1n << bit) + near), wrap((0x12345n << bit) + near));
    }
  }
  let state = 1n;
  for (let index = 0; index < 500; index++) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    values.push(wrap(state), wrap(state >> 13n), wrap(state >> 31n), BigInt.asIntN(33, state));
  }
  return values.map(wrap);
}

describe("loading a constant", () => {
  it.each([false, true])(
    "gives exactly that constant in at most 8 instructions (bitmanip %s)",
    (bitmanip) => {
      for (const value of samples()) {
        const steps = loadImmediate(10, value, { bitmanip });
        expect(evaluate(steps), `${value}`).toBe(value);
        expect(steps.length).toBeLessThanOrEqual(8);
      }
    },
  );

  it.each([
    [-1n, 1],
    [0x1000n, 1],
    [0x12345678n, 2],
    [0xffffffffn, 2],
    [0x7fffffffffffffffn, 2],
    [1n << 40n, 2],
    [0xffffffff80200000n, 1],
    [0x80000000n, 2],
  ])("%i takes %i instructions without bit manipulation", (value, length) => {
    expect(loadImmediate(10, value, { bitmanip: false })).toHaveLength(length);
  });
});

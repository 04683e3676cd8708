import { describe, expect, it } from "vitest";
import { REGISTER_NAMES } from "../assembler/registers";
import type { ValueType } from "../wasm/module";
import { argumentPlaces } from "./calling-convention";

/** The places of arguments as text: a register's name, or the distance from sp in 8 bytes. */
const places = (...types: ValueType[]): string[] =>
  argumentPlaces(types).map((place) =>
    "slot" in place ? `sp+${place.slot}` : REGISTER_NAMES[place.register]!,
  );
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

describe("arguments (psABI, lp64d)", () => {
  it("take registers of their class, counted apart", () => {
    expect(places("i32", "f64", "i64", "f32")).toEqual(["a0", "fa0", "a1", "fa1"]);
  });

  it("take integer registers when floating-point registers are used up, then the stack", () => {
    expect(places(...times(8, "f64" as const), "f32", "i32").slice(7)).toEqual(["fa7", "a0", "a1"]);
    expect(places(...times(17, "f64" as const)).slice(15)).toEqual(["a7", "sp+0"]);
  });

  it("of either class share the stack, in order", () => {
    const types: ValueType[] = [
      ...times(8, "f64" as const),
      ...times(8, "i64" as const),
      "f32",
      "i32",
      "f64",
    ];
    expect(places(...types).slice(16)).toEqual(["sp+0", "sp+1", "sp+2"]);
  });
});

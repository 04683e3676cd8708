import { describe, expect, it } from "vitest";
import { ByteReader } from "./reader";

const reader = (...bytes: number[]): ByteReader => new ByteReader(new Uint8Array(bytes));

describe("reading LEB128", () => {
  it("reads unsigned numbers up to 32 bits", () => {
    expect(reader(0xe5, 0x8e, 0x26).u32()).toBe(624485);
    expect(reader(0xff, 0xff, 0xff, 0xff, 0x0f).u32()).toBe(0xffffffff);
  });

  it("reads signed 32-bit numbers", () => {
    expect(reader(0x7f).s32()).toBe(-1);
    expect(reader(0xc0, 0xbb, 0x78).s32()).toBe(-123456);
    expect(reader(0x80, 0x80, 0x80, 0x80, 0x78).s32()).toBe(-2147483648);
    expect(reader(0xff, 0xff, 0xff, 0xff, 0x07).s32()).toBe(2147483647);
  });

  it("reads signed 64-bit numbers", () => {
    expect(reader(...Array(9).fill(0x80), 0x7f).s64()).toBe(-(2n ** 63n));
    expect(reader(...Array(9).fill(0xff), 0x00).s64()).toBe(2n ** 63n - 1n);
  });

  it("refuses to read past the end", () => {
    expect(() => reader(0x80).u32()).toThrow("unexpected end");
    expect(() => reader(5, 65).name()).toThrow("unexpected end");
  });
});

import { describe, expect, it } from "vitest";
import { BusError } from "../device";
import { FakeHost } from "../test-support/fake-host";
import { fuzzDevice } from "../test-support/fuzz-device";
import { Clint } from "./clint";

function board() {
  const host = new FakeHost(2);
  return { host, clint: new Clint(host) };
}

describe("the CLINT", () => {
  it("raises and drops the software interrupt of the addressed hart", () => {
    const { host, clint } = board();
    clint.write(4, 4, 0xffn);
    expect([...host.lines]).toEqual(["1:machineSoftware"]);
    expect([clint.read(0, 4), clint.read(4, 4), clint.read(0, 8)]).toEqual([0n, 1n, 1n << 32n]);
    clint.write(0, 8, 1n);
    expect([...host.lines]).toEqual(["0:machineSoftware"]);
  });

  it("shows and sets the compare values, whole or by halves", () => {
    const { host, clint } = board();
    clint.write(0x4008, 8, 0x1_2345_6789n);
    expect(host.compare[1]).toBe(0x1_2345_6789n);
    clint.write(0x400c, 4, 7n);
    expect(clint.read(0x4008, 8)).toBe(0x7_2345_6789n);
    clint.write(0x4008, 4, 0xffff_ffffn);
    expect([clint.read(0x4008, 4), clint.read(0x400c, 4)]).toEqual([0xffff_ffffn, 7n]);
  });

  it("counts time, which can be set", () => {
    const { host, clint } = board();
    host.cycle = 12_345n;
    expect(clint.read(0xbff8, 8)).toBe(1234n);
    clint.write(0xbffc, 4, 1n);
    expect([clint.read(0xbff8, 4), clint.read(0xbffc, 4)]).toEqual([1234n, 1n]);
    clint.write(0xbff8, 8, 5n);
    host.cycle += 10n;
    expect(clint.read(0xbff8, 8)).toBe(6n);
  });

  it("has no registers for harts that do not exist", () => {
    const { host, clint } = board();
    clint.write(8, 4, 1n);
    clint.write(0x4010, 8, 1n);
    expect([host.lines.size, clint.read(8, 4), clint.read(0x4010, 8)]).toEqual([0, 0n, 0n]);
  });

  it("refuses narrow and unaligned accesses", () => {
    const { clint } = board();
    expect(() => clint.read(0, 1)).toThrow(BusError);
    expect(() => clint.write(0x4004, 8, 0n)).toThrow(BusError);
  });

  it("survives hostile accesses", () => {
    const { host, clint } = board();
    fuzzDevice(clint, {
      seed: 12,
      rounds: 10_000,
      interesting: [0, 4, 8, 0x3ffc, 0x4000, 0x4008, 0x4010, 0xbff0, 0xbff8, 0xbffc, 0xc000, 0xfff8],
      between: (random) => host.advance(BigInt(random.below(100))),
    });
  });
});

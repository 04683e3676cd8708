import { describe, expect, it } from "vitest";
import { BusError } from "../device";
import { FakeHost } from "../test-support/fake-host";
import { fuzzDevice } from "../test-support/fuzz-device";
import { TestDevice } from "./test-device";

function endAfter(value: bigint, offset = 0, bytes = 4) {
  const host = new FakeHost();
  new TestDevice(host).write(offset, bytes, value);
  return host.ended;
}

describe("the test device", () => {
  it("ends the machine with success, with an exit code, or by reset", () => {
    expect(endAfter(0x5555n)).toBe(0);
    expect(endAfter(0x2a_3333n)).toBe(42);
    expect(endAfter(0xffff_3333n)).toBe(0xffff);
    expect(endAfter(0x7777n)).toBe("reset");
    expect(endAfter(0x5555n, 0, 2)).toBe(0);
  });

  it("ignores other values and other places", () => {
    expect(endAfter(0x1234n)).toBeNull();
    expect(endAfter(0x5555n, 4)).toBeNull();
  });

  it("refuses bytes", () => {
    expect(() => endAfter(0x55n, 0, 1)).toThrow(BusError);
  });

  it("survives hostile accesses", () => {
    fuzzDevice(new TestDevice(new FakeHost()), { seed: 13, rounds: 5000, interesting: [0, 4, 0xffc] });
  });
});

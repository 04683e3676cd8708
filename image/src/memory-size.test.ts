import { describe, expect, it } from "vitest";
import { formatMemorySize, parseMemorySize } from "./memory-size";

describe("amounts of memory", () => {
  it("are bytes, or a number with a unit", () => {
    expect(parseMemorySize(4096)).toBe(4096);
    expect(parseMemorySize("4096")).toBe(4096);
    expect(parseMemorySize("64K")).toBe(65536);
    expect(parseMemorySize("4 MiB")).toBe(4 * 2 ** 20);
    expect(parseMemorySize("1g")).toBe(2 ** 30);
  });

  it("are nothing else", () => {
    for (const text of ["", "M", "1.5M", "-1", "64X", "0x1000", "1MM"])
      expect(parseMemorySize(text)).toBeUndefined();
    for (const number of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(parseMemorySize(number)).toBeUndefined();
  });

  it("are printed in the largest unit they reach", () => {
    expect(formatMemorySize(512)).toBe("512 bytes");
    expect(formatMemorySize(65536)).toBe("64 KiB");
    expect(formatMemorySize(1.5 * 2 ** 20)).toBe("1.5 MiB");
  });
});

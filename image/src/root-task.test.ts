// Executables that are, and are no, root tasks.
import { type Segment, writeElf } from "@rel4/compiler";
import { describe, expect, it } from "vitest";
import { rootTaskImage } from "./root-task";

const segment = (address: bigint, bytes: number[], memorySize = bytes.length): Segment => ({
  address,
  physicalAddress: address,
  bytes: new Uint8Array(bytes),
  memorySize,
  readable: true,
  writable: true,
  executable: true,
});
const executable = (segments: Segment[], entry = segments[0]?.address ?? 0n): Uint8Array =>
  writeElf({ entry, segments, sections: [], symbols: [], compressed: true });

describe("an executable as a root task", () => {
  it("becomes whole pages from its first segment to its last, zero between them", () => {
    const { virtualStart, entry, bytes } = rootTaskImage(
      executable([segment(0x1_0100n, [1, 2, 3]), segment(0x1_2000n, [4], 0x1001)], 0x1_0102n),
    );
    expect({ virtualStart, entry, length: bytes.length }).toEqual({
      virtualStart: 0x1_0000,
      entry: 0x1_0102,
      length: 0x4000,
    });
    expect([...bytes.subarray(0xff, 0x104)]).toEqual([0, 1, 2, 3, 0]);
    expect([bytes[0x2000], bytes[0x2001], bytes[0x3000]]).toEqual([4, 0, 0]);
  });

  it.each([
    ["nothing to load", executable([]), /nothing to load/],
    [
      "a segment outside of user addresses",
      executable([segment(1n << 38n, [1])]),
      /no part of a user's address space/,
    ],
    ["segments too far apart", executable([segment(0x1000n, [1]), segment(1n << 37n, [1])]), /too far apart/],
    ["no ELF file", new Uint8Array([1, 2, 3]), /not an ELF file/],
  ])("with %s is refused", (_, bytes, message) => {
    expect(() => rootTaskImage(bytes)).toThrow(message);
  });
});

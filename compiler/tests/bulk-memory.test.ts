/** memory.fill and memory.copy at every alignment, length and overlap, against the definition byte by byte. */
import { describe, expect, it } from "vitest";
import { compile } from "../src";
import { bareMetalOptions, bootable, HIGH, type Layout, LOW, parseReports } from "./bare-metal";
import { runOnMachine } from "./run-image";

/** Lengths: all short ones, and around multiples of what the helpers move at a time. */
const SOURCE = `
const SIZE: u32 = 640;
const MIDDLE: u32 = 224;
const area = <u32>memory.data(640, 8);
const expected = <u32>memory.data(640, 8);

function pattern(at: u32): void {
  for (let i: u32 = 0; i < SIZE; i++) store<u8>(at + i, <u8>(i * 167 + (i >> 3) + 13));
}

function differs(): bool {
  for (let i: u32 = 0; i < SIZE; i++) if (load<u8>(area + i) != load<u8>(expected + i)) return true;
  return false;
}

function isLength(length: u32): bool {
  return length < 18 || (length + 2) % 32 < 4;
}

/** 0, or 1 + the first case that is wrong: length, then where it starts. */
export function fills(): i32 {
  for (let length: u32 = 0; length <= 200; length++) {
    if (!isLength(length)) continue;
    for (let start: u32 = MIDDLE; start < MIDDLE + 8; start++) {
      pattern(area);
      pattern(expected);
      const byte: u32 = 0x155 + length;
      memory.fill(area + start, <u8>byte, length);
      for (let i: u32 = 0; i < length; i++) store<u8>(expected + start + i, <u8>byte);
      if (differs()) return 1 + length * 1000 + start;
    }
  }
  return 0;
}

/** The copy as it is defined: as if all were read before anything is written. */
function copyByByte(to: u32, from: u32, length: u32): void {
  if (to <= from) for (let i: u32 = 0; i < length; i++) store<u8>(to + i, load<u8>(from + i));
  else for (let i = length; i > 0; i--) store<u8>(to + i - 1, load<u8>(from + i - 1));
}

/** The same for copies; by distance of source and destination, in which they overlap or do not. */
function copiesAt(distance: i32): i32 {
  for (let length: u32 = 0; length <= 200; length++) {
    if (!isLength(length)) continue;
    for (let from: u32 = MIDDLE; from < MIDDLE + 8; from += 3) {
      pattern(area);
      pattern(expected);
      memory.copy(area + from + distance, area + from, length);
      copyByByte(expected + from + distance, expected + from, length);
      if (differs()) return 1 + length * 1000 + from;
    }
  }
  return 0;
}

export function copiesForward(): i32 {
  for (let distance = 1; distance <= 40; distance += distance < 9 ? 1 : 8) {
    const wrong = copiesAt(-distance);
    if (wrong != 0) return wrong;
  }
  return copiesAt(-216) | copiesAt(-211);
}

export function copiesBackward(): i32 {
  for (let distance = 0; distance <= 40; distance += distance < 9 ? 1 : 8) {
    const wrong = copiesAt(distance);
    if (wrong != 0) return wrong;
  }
  return copiesAt(216) | copiesAt(211);
}

/** Up to the last address there is. */
export function atTheEnd(): i32 {
  memory.fill(area + SIZE - 70, 7, 70);
  for (let i: u32 = 0; i < 70; i++) if (load<u8>(area + SIZE - 70 + i) != 7) return 1;
  return 0;
}
`;

const CALLS = ["fills", "copiesForward", "copiesBackward", "atTheEnd"];

describe("memory.fill and memory.copy", () => {
  it.each<[string, Layout]>([
    ["low", LOW],
    ["high", HIGH],
  ])("do byte by byte what they are defined to do (%s addresses)", async (_, layout) => {
    const program = await compile({
      ...bareMetalOptions(layout, CALLS, { bitmanip: false, compressed: true }),
      entries: ["main.ts"],
      readFile: (path) => (path === "main.ts" ? SOURCE : null),
      runtime: "stub",
      memoryPages: ((layout === LOW ? 0 : 0x8000_0000) + (32 << 20)) / 65536,
    });
    const { outcomes } = parseReports(await runOnMachine(bootable(program.elf, layout)));
    expect(outcomes).toEqual(CALLS.map(() => 0n));
  });
});

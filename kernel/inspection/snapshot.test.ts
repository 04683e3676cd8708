import { describe, expect, it } from "vitest";
import { InspectedMemory } from "./memory";
import { Snapshot } from "./snapshot";

const BASE = 0x8000_0000;
const SIZE = 0x3_0000;
const UNIT = 32;
const START = BASE + 0x40;
const LENGTH = 0x2_8000;

/** Memory in which `units` are not zero, and a snapshot of most of it. */
function remembered(units: number[]) {
  const bytes = new Uint8Array(SIZE);
  for (const unit of units) bytes[unit * UNIT + 5] = 1;
  const snapshot = new Snapshot(new InspectedMemory(bytes, BASE));
  snapshot.add(START, LENGTH);
  const change = (unit: number) => {
    bytes[unit * UNIT + 31]! ^= 0xff;
    return BASE + unit * UNIT;
  };
  return { snapshot, change };
}

/** Units (from the beginning of memory) inside the snapshot, some of them in blocks that are zero. */
const FULL = [2, 3, 20, 700, 701, 5121];
const FIRST = 2;
const LAST = (0x40 + LENGTH) / UNIT - 1;

describe("a snapshot", () => {
  it("says that nothing has changed when nothing has", () => {
    const { snapshot } = remembered(FULL);
    expect(snapshot.hasChanged()).toBe(false);
    expect(snapshot.takeChanges(UNIT, 8)).toEqual([]);
  });

  it.each([FIRST, 3, 21, 300, 700, 4000, 5121, LAST])("notices a byte that changes in unit %i", (unit) => {
    const { snapshot, change } = remembered(FULL);
    change(unit);
    expect(snapshot.hasChanged()).toBe(true);
  });

  it.each([FIRST - 1, LAST + 1])("does not look at unit %i, which is outside", (unit) => {
    const { snapshot, change } = remembered(FULL);
    change(unit);
    expect(snapshot.hasChanged()).toBe(false);
  });

  it("tells once which units have changed", () => {
    const { snapshot, change } = remembered(FULL);
    const changed = [2, 20, 701, 5121].map(change);
    expect(snapshot.takeChanges(UNIT, 8)).toEqual(changed);
    expect(snapshot.takeChanges(UNIT, 8)).toEqual([]);
    const again = change(20);
    expect(snapshot.takeChanges(UNIT, 8)).toEqual([again]);
  });

  it("gives up when too many have changed, or where all was zero", () => {
    const many = remembered(FULL);
    for (const unit of [2, 20, 701]) many.change(unit);
    expect(many.snapshot.takeChanges(UNIT, 2)).toBeUndefined();
    const zero = remembered(FULL);
    zero.change(300);
    expect(zero.snapshot.takeChanges(UNIT, 8)).toBeUndefined();
  });
});

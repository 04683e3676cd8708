import { describe, expect, it } from "vitest";
import { completeDeviceTree, createDeviceTree } from "./device-tree";
import { ImageError } from "./errors";
import { DeviceTreeNode, flatten } from "./fdt";
import { unflatten } from "./fdt-reader";
import { cellsOf, nodeAt, parseFdt, stringsOf } from "./test-support/parse-fdt";
import { Random } from "./test-support/random";

const tree = createDeviceTree({
  harts: 2,
  memory: { base: 0x8000_0000, size: 64 << 20 },
  bootargs: "quiet",
  uintc: true,
  plicUserContexts: "after",
});

describe("a device tree", () => {
  it("read and written again is the same, reservations included", () => {
    const { root, reservations } = unflatten(tree);
    expect(flatten(root, reservations)).toEqual(tree);
    const reserved = Uint8Array.from([...new Array(15).fill(7), 1, ...new Array(16).fill(0)]);
    const again = unflatten(flatten(root, reserved));
    expect(again.reservations).toEqual(reserved);
    expect(flatten(again.root)).toEqual(tree);
  });

  it("of somebody else gets command line, RAM disk and random numbers, and keeps what it had", () => {
    const theirs = new DeviceTreeNode().strings("model", "theirs");
    theirs.child("chosen").strings("stdout-path", "/their/port").strings("bootargs", "old");
    const initrd = { base: 0x8800_0000, size: 0x1234 };
    const read = parseFdt(completeDeviceTree(flatten(theirs), { bootargs: "new", initrd, seed: 3 }));
    const chosen = nodeAt(read, "/chosen");
    expect(stringsOf(read, "model")).toEqual(["theirs"]);
    expect(stringsOf(chosen, "stdout-path")).toEqual(["/their/port"]);
    expect(stringsOf(chosen, "bootargs")).toEqual(["new"]);
    expect(cellsOf(chosen, "linux,initrd-start")).toEqual([0, 0x8800_0000]);
    expect(cellsOf(chosen, "linux,initrd-end")).toEqual([0, 0x8800_1234]);
    expect(cellsOf(chosen, "rng-seed")).toHaveLength(8);
  });

  it("keeps its own command line when none is given, and needs no /chosen", () => {
    const theirs = new DeviceTreeNode();
    expect(nodeAt(parseFdt(completeDeviceTree(flatten(theirs), {})), "/chosen").properties).toHaveProperty(
      "rng-seed",
    );
    theirs.child("chosen").strings("bootargs", "old");
    const chosen = nodeAt(parseFdt(completeDeviceTree(flatten(theirs), {})), "/chosen");
    expect(stringsOf(chosen, "bootargs")).toEqual(["old"]);
  });

  it("that is none is refused, and says why", () => {
    expect(() => unflatten(new TextEncoder().encode("/dts-v1/;".padEnd(60)))).toThrow(
      /no flattened device tree/,
    );
    expect(() => unflatten(tree.subarray(0, 30))).toThrow(ImageError);
    expect(() => unflatten(tree.subarray(0, tree.length - 8))).toThrow(/should have \d+ bytes/);
    let deep = new DeviceTreeNode();
    for (let depth = 0; depth < 70; depth++) {
      const outer = new DeviceTreeNode();
      outer.children.set("n", deep);
      deep = outer;
    }
    expect(() => unflatten(flatten(deep))).toThrow(/deep/);
  });

  it("damaged at random gives a tree or an ImageError, nothing else (seed 1)", () => {
    const random = new Random(1);
    for (let round = 0; round < 2000; round++) {
      const damaged = tree.slice();
      for (let count = 0; count <= round % 4; count++)
        damaged[random.below(damaged.length)] = random.below(256);
      try {
        unflatten(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError);
      }
    }
  });
});

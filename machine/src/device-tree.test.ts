import { describe, expect, it } from "vitest";
import { createDeviceTree, type DeviceTreeOptions, deviceTreeAddress } from "./device-tree";
import { cellsOf, nodeAt, parseFdt, stringsOf } from "./test-support/parse-fdt";

const OPTIONS: DeviceTreeOptions = {
  harts: 2,
  memory: { base: 0x8000_0000, size: 64 << 20 },
  bootargs: "console=ttyS0 a=ü",
  uintc: true,
  plicUserContexts: "after",
};
const treeOf = (changes: Partial<DeviceTreeOptions> = {}) =>
  parseFdt(createDeviceTree({ ...OPTIONS, ...changes }));

/** `interrupts-extended` as pairs of hart and interrupt number. */
function interruptsOf(tree: ReturnType<typeof treeOf>, path: string): [number, number][] {
  const hartOf = new Map(
    Object.entries(nodeAt(tree, "/cpus").children)
      .filter(([name]) => name.startsWith("cpu@"))
      .map(([, cpu]) => [
        cellsOf(cpu.children["interrupt-controller"]!, "phandle")[0],
        cellsOf(cpu, "reg")[0]!,
      ]),
  );
  const cells = cellsOf(nodeAt(tree, path), "interrupts-extended");
  return Array.from({ length: cells.length / 2 }, (_, i) => [hartOf.get(cells[2 * i]!)!, cells[2 * i + 1]!]);
}

describe("the device tree", () => {
  it("describes every hart", () => {
    const cpus = nodeAt(treeOf({ harts: 4 }), "/cpus");
    expect(cellsOf(cpus, "timebase-frequency")).toEqual([10_000_000]);
    expect(Object.keys(cpus.children)).toEqual(["cpu@0", "cpu@1", "cpu@2", "cpu@3", "cpu-map"]);
    const cpu = cpus.children["cpu@3"]!;
    expect(cellsOf(cpu, "reg")).toEqual([3]);
    expect(stringsOf(cpu, "riscv,isa")).toEqual([
      "rv64imafdc_zicbom_zicboz_zicsr_zifencei_zihintpause_zawrs_zba_zbb_zbs_sstc_svinval_svnapot_svpbmt",
    ]);
    expect(stringsOf(cpu, "mmu-type")).toEqual(["riscv,sv48"]);
  });

  it("gives memory, also beyond 4 GiB, and the command line", () => {
    const tree = treeOf({ memory: { base: 0x8000_0000, size: 6 * 2 ** 30 } });
    expect(cellsOf(nodeAt(tree, "/memory@80000000"), "reg")).toEqual([0, 0x8000_0000, 1, 0x8000_0000]);
    expect(stringsOf(nodeAt(tree, "/chosen"), "bootargs")).toEqual(["console=ttyS0 a=ü"]);
    expect(stringsOf(nodeAt(tree, "/chosen"), "stdout-path")).toEqual(["/soc/serial@10000000"]);
  });

  it("gives random numbers that depend on the seed only", () => {
    const seedOf = (seed?: number) => cellsOf(nodeAt(treeOf({ seed }), "/chosen"), "rng-seed");
    expect(seedOf(7)).toEqual(seedOf(7));
    expect(seedOf(7)).not.toEqual(seedOf());
    expect(new Set(seedOf()).size).toBe(8);
  });

  it("has user contexts after all others, as numbered at the PLIC", () => {
    expect(interruptsOf(treeOf(), "/soc/plic@c000000")).toEqual([
      [0, 11],
      [0, 9],
      [1, 11],
      [1, 9],
      [0, 8],
      [1, 8],
    ]);
  });

  it("has three contexts per hart where asked for, and two where user contexts are absent", () => {
    const perHart = interruptsOf(treeOf({ plicUserContexts: "interleaved" }), "/soc/plic@c000000");
    expect(perHart.map(([hart, irq]) => `${hart}:${irq}`)).toEqual([
      "0:11",
      "0:9",
      "0:8",
      "1:11",
      "1:9",
      "1:8",
    ]);
    expect(interruptsOf(treeOf({ plicUserContexts: "none" }), "/soc/plic@c000000")).toHaveLength(4);
  });

  it("names the user-interrupt controller only when there is one", () => {
    expect(stringsOf(nodeAt(treeOf(), "/soc/uintc@2f10000"), "compatible")).toEqual(["riscv,uintc0"]);
    expect(Object.keys(nodeAt(treeOf(), "/soc/uintc@2f10000").properties)).toContain("interrupt-controller");
    expect(interruptsOf(treeOf(), "/soc/uintc@2f10000")).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(Object.keys(nodeAt(treeOf({ uintc: false }), "/soc").children)).not.toContain("uintc@2f10000");
  });

  it("lets power-off and reboot refer to the test device", () => {
    const tree = treeOf();
    const handle = cellsOf(nodeAt(tree, "/soc/test@100000"), "phandle");
    expect(cellsOf(nodeAt(tree, "/poweroff"), "regmap")).toEqual(handle);
    expect(cellsOf(nodeAt(tree, "/reboot"), "regmap")).toEqual(handle);
  });

  it("goes on a page near the end of memory with room behind it", () => {
    for (const size of [1 << 20, 64 << 20]) {
      const address = deviceTreeAddress({ base: 0x8000_0000, size }, 5000);
      const room = 0x8000_0000 + size - (address + 5000);
      expect([address % 4096, room >= 0x4000, room < 0x5000]).toEqual([0, true, true]);
    }
  });
});

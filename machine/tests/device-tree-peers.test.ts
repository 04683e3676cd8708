// The device tree as the device tree compiler reads it, and beside the one QEMU's virt board makes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDeviceTree } from "../src/device-tree";
import { cellsOf, nodeAt, type ParsedNode, parseFdt, stringsOf } from "../src/test-support/parse-fdt";
import { hasTool, unlessMissing } from "./external-tools";

const QEMU = "qemu-system-riscv64";
const dtc = hasTool("dtc");
const qemu = hasTool(QEMU);

const blob = createDeviceTree({
  harts: 2,
  memory: { base: 0x8000_0000, size: 64 << 20 },
  uintc: true,
  plicUserContexts: "none",
});

function qemuTree(): ParsedNode {
  const folder = mkdtempSync(join(tmpdir(), "rel4-dtb-"));
  try {
    const file = join(folder, "virt.dtb");
    spawnSync(QEMU, ["-M", `virt,dumpdtb=${file}`, "-smp", "2", "-m", "64M", "-display", "none"]);
    return parseFdt(new Uint8Array(readFileSync(file)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the device tree", () => {
  it.skipIf(!dtc)(
    `is accepted by dtc without a complaint about its format${unlessMissing("dtc", dtc)}`,
    () => {
      const result = spawnSync("dtc", ["-I", "dtb", "-O", "dts", "-"], { input: blob });
      expect(result.status, result.stderr.toString()).toBe(0);
      expect(result.stderr.toString()).not.toMatch(/ERROR/);
      expect(result.stdout.toString()).toContain('compatible = "riscv,uintc0"');
    },
  );

  it.skipIf(!qemu)(
    `describes the devices it shares with QEMU's virt as QEMU does${unlessMissing(QEMU, qemu)}`,
    () => {
      const [ours, theirs] = [parseFdt(blob), qemuTree()];
      for (const path of [
        "/soc/serial@10000000",
        "/soc/rtc@101000",
        "/soc/clint@2000000",
        "/soc/plic@c000000",
        "/soc/virtio_mmio@10001000",
        "/soc/virtio_mmio@10008000",
      ]) {
        expect(cellsOf(nodeAt(ours, path), "reg"), path).toEqual(cellsOf(nodeAt(theirs, path), "reg"));
        expect(stringsOf(nodeAt(ours, path), "compatible"), path).toEqual(
          stringsOf(nodeAt(theirs, path), "compatible"),
        );
      }
      for (const path of [
        "/soc/serial@10000000",
        "/soc/rtc@101000",
        "/soc/virtio_mmio@10001000",
        "/soc/virtio_mmio@10008000",
      ])
        expect(cellsOf(nodeAt(ours, path), "interrupts"), path).toEqual(
          cellsOf(nodeAt(theirs, path), "interrupts"),
        );
      for (const path of ["/soc/clint@2000000", "/soc/plic@c000000"])
        expect(interruptNumbers(nodeAt(ours, path)), path).toEqual(interruptNumbers(nodeAt(theirs, path)));
      expect(cellsOf(nodeAt(ours, "/memory@80000000"), "reg")).toEqual(
        cellsOf(nodeAt(theirs, "/memory@80000000"), "reg"),
      );
      for (const name of ["poweroff", "reboot"])
        expect(cellsOf(nodeAt(ours, name), "value")).toEqual(cellsOf(nodeAt(theirs, name), "value"));
    },
  );
});

function interruptNumbers(node: ParsedNode): number[] {
  return cellsOf(node, "interrupts-extended").filter((_, index) => index % 2 === 1);
}

// The device tree a kernel finds the board with, shaped like the one QEMU's virt board gives to its guests.
// (Devicetree Specification 0.4; Linux's bindings for riscv/cpus, riscv,plic0, sifive,clint, ns16550a, google,goldfish-rtc,
// virtio,mmio, syscon-poweroff and syscon-reboot.)
import * as board from "./devices/addresses";
import { type ContextMode, type PlicUserContexts, plicContexts } from "./devices/plic-contexts";
import type { MemoryRange } from "./elf";
import { DeviceTreeNode, flatten } from "./fdt";
import { unflatten } from "./fdt-reader";

export interface DeviceTreeOptions {
  harts: number;
  /** Physical RAM. */
  memory: MemoryRange;
  /** The kernel's command line. */
  bootargs?: string;
  /** Where the initial RAM disk lies, physical. */
  initrd?: MemoryRange;
  /** The board has the user-interrupt controller. */
  uintc: boolean;
  plicUserContexts: PlicUserContexts;
  /** What the guest's random numbers start from (`rng-seed`), default 0: the same seed gives the same run. */
  seed?: number;
  /** Instruction set, default all that a hart has. */
  isa?: string;
}

const BASE = "rv64imafdc";
const EXTENSIONS = [
  ...["zicbom", "zicboz", "zicsr", "zifencei", "zihintpause", "zawrs", "zba", "zbb", "zbs"],
  ...["sstc", "svinval", "svnapot", "svpbmt"],
];
const DEFAULT_ISA = [BASE, ...EXTENSIONS].join("_");
/** Bytes that a cache-block operation acts on (core/cache-blocks.ts). */
const CACHE_BLOCK = 64;

/** Interrupt numbers of a hart's own controller (Privileged ISA, mip). */
const USER_SOFTWARE = 0;
const MACHINE_SOFTWARE = 3;
const MACHINE_TIMER = 7;
const EXTERNAL: Record<ContextMode, number> = { U: 8, S: 9, M: 11 };

const UART_CLOCK = 3_686_400;

/** Handles by which nodes refer to each other. */
const PLIC_HANDLE = 1;
const TEST_HANDLE = 2;
const cpuHandle = (hart: number): number => 3 + 2 * hart;
const cpuInterruptHandle = (hart: number): number => 4 + 2 * hart;

/** The board's device tree as a flattened blob. */
export function createDeviceTree(options: DeviceTreeOptions): Uint8Array {
  const root = new DeviceTreeNode()
    .cells("#address-cells", 2)
    .cells("#size-cells", 2)
    .strings("compatible", "riscv-virtio")
    .strings("model", "riscv-virtio,rel4");
  choose(root.child("chosen"), options).strings("stdout-path", `/soc/serial@${hex(board.UART.base)}`);
  root
    .child(`memory@${hex(options.memory.base)}`)
    .strings("device_type", "memory")
    .addresses("reg", options.memory.base, options.memory.size);
  addProcessors(root, options);
  addPowerControl(root);
  addDevices(root, options);
  return flatten(root);
}

/**
 * A device tree of somebody else's with what this boot adds to it: command line (if there is one), RAM disk, random numbers.
 * @throws ImageError when the blob is no device tree
 */
export function completeDeviceTree(blob: Uint8Array, boot: BootChoices): Uint8Array {
  const { root, reservations } = unflatten(blob);
  choose(root.children.get("chosen") ?? root.child("chosen"), boot);
  return flatten(root, reservations);
}

/** What the /chosen node says of one boot. */
type BootChoices = Pick<DeviceTreeOptions, "bootargs" | "initrd" | "seed">;

function choose(chosen: DeviceTreeNode, { bootargs, initrd, seed = 0 }: BootChoices): DeviceTreeNode {
  chosen.cells("rng-seed", ...randomWords(seed, 8));
  if (bootargs !== undefined) chosen.strings("bootargs", bootargs);
  if (initrd)
    chosen
      .addresses("linux,initrd-start", initrd.base)
      .addresses("linux,initrd-end", initrd.base + initrd.size);
  return chosen;
}

/** Bytes kept free behind the blob, since firmware edits it in place. */
const ROOM = 0x4000;

/**
 * Where the blob goes: page aligned, at the end of RAM but for some room to grow.
 * @returns a physical address
 */
export function deviceTreeAddress(memory: MemoryRange, blobSize: number): number {
  const end = memory.base + memory.size - ROOM - blobSize;
  return end - (end % 0x1000);
}

function addProcessors(root: DeviceTreeNode, { harts, isa = DEFAULT_ISA }: DeviceTreeOptions): void {
  const cpus = root
    .child("cpus")
    .cells("#address-cells", 1)
    .cells("#size-cells", 0)
    .cells("timebase-frequency", board.TIMEBASE_FREQUENCY);
  for (let hart = 0; hart < harts; hart++) {
    cpus
      .child(`cpu@${hex(hart)}`)
      .cells("phandle", cpuHandle(hart))
      .strings("device_type", "cpu")
      .cells("reg", hart)
      .strings("status", "okay")
      .strings("compatible", "riscv")
      .strings("riscv,isa", isa)
      .strings("mmu-type", "riscv,sv48")
      .cells("riscv,cbom-block-size", CACHE_BLOCK)
      .cells("riscv,cboz-block-size", CACHE_BLOCK)
      .child("interrupt-controller")
      .cells("#interrupt-cells", 1)
      .flag("interrupt-controller")
      .strings("compatible", "riscv,cpu-intc")
      .cells("phandle", cpuInterruptHandle(hart));
  }
  const cluster = cpus.child("cpu-map").child("cluster0");
  for (let hart = 0; hart < harts; hart++) cluster.child(`core${hart}`).cells("cpu", cpuHandle(hart));
}

function addPowerControl(root: DeviceTreeNode): void {
  for (const [name, value] of [
    ["poweroff", 0x5555],
    ["reboot", 0x7777],
  ] as const)
    root
      .child(name)
      .cells("value", value)
      .cells("offset", 0)
      .cells("regmap", TEST_HANDLE)
      .strings("compatible", `syscon-${name}`);
}

function addDevices(root: DeviceTreeNode, options: DeviceTreeOptions): void {
  const soc = root
    .child("soc")
    .cells("#address-cells", 2)
    .cells("#size-cells", 2)
    .strings("compatible", "simple-bus")
    .flag("ranges");
  const device = (name: string, { base, size }: MemoryRange, ...compatible: string[]): DeviceTreeNode =>
    soc
      .child(`${name}@${hex(base)}`)
      .strings("compatible", ...compatible)
      .addresses("reg", base, size);
  device("test", board.TEST_DEVICE, "sifive,test1", "sifive,test0", "syscon").cells("phandle", TEST_HANDLE);
  device("rtc", board.RTC, "google,goldfish-rtc")
    .cells("interrupts", board.RTC_INTERRUPT)
    .cells("interrupt-parent", PLIC_HANDLE);
  device("serial", board.UART, "ns16550a")
    .cells("interrupts", board.UART_INTERRUPT)
    .cells("interrupt-parent", PLIC_HANDLE)
    .cells("clock-frequency", UART_CLOCK);
  for (let slot = 0; slot < board.VIRTIO_SLOTS; slot++)
    device("virtio_mmio", virtioSlot(slot), "virtio,mmio")
      .cells("interrupts", board.VIRTIO_INTERRUPT + slot)
      .cells("interrupt-parent", PLIC_HANDLE);
  device("clint", board.CLINT, "sifive,clint0", "riscv,clint0").cells(
    "interrupts-extended",
    ...eachHart(options.harts, [MACHINE_SOFTWARE, MACHINE_TIMER]),
  );
  device("plic", board.PLIC, "sifive,plic-1.0.0", "riscv,plic0")
    .cells("phandle", PLIC_HANDLE)
    .cells("riscv,ndev", board.PLIC_SOURCES - 1)
    .flag("interrupt-controller")
    .cells("#interrupt-cells", 1)
    .cells("#address-cells", 0)
    .cells(
      "interrupts-extended",
      ...plicContexts(options.harts, options.plicUserContexts).flatMap(({ hart, mode }) => [
        cpuInterruptHandle(hart),
        EXTERNAL[mode],
      ]),
    );
  if (options.uintc)
    device("uintc", board.UINTC, "riscv,uintc0")
      // Linux looks for drivers of interrupt controllers only at nodes that say they are one.
      .flag("interrupt-controller")
      .cells("interrupts-extended", ...eachHart(options.harts, [USER_SOFTWARE]));
}

/** Every slot is listed, also an empty one: a driver finds out by its registers. */
function virtioSlot(slot: number): MemoryRange {
  const { base, size } = board.VIRTIO;
  return { base: base + slot * size, size };
}

/** Words that depend on nothing but the seed (the SplitMix32 generator). */
function randomWords(seed: number, count: number): number[] {
  let state = seed | 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x9e37_79b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
    return (word ^ (word >>> 15)) >>> 0;
  });
}

function eachHart(harts: number, interrupts: number[]): number[] {
  return Array.from({ length: harts }, (_, hart) =>
    interrupts.flatMap((irq) => [cpuInterruptHandle(hart), irq]),
  ).flat();
}

function hex(value: number): string {
  return value.toString(16);
}

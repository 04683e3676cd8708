// Makes a machine and boots images on it: the typed form of `rel4 machine`, with the names of QEMU's command line.
import { virtioBlock } from "../devices/virtio/block";
import { virtioNetwork } from "../devices/virtio/network";
import type { BlockBackend } from "../disk/block-backend";
import { Machine } from "../machine";
import type { MachineOptions } from "../machine-options";
import type { NetworkLink } from "../network/link";
import { unpackKernel } from "./kernel-image";
import { type BootImages, layOut } from "./layout";

const DEFAULT_HARTS = 1;
const DEFAULT_MEMORY = 128 * 2 ** 20;

/** A machine and what it boots. */
export interface BootOptions
  extends BootImages,
    Omit<MachineOptions, "harts" | "memory" | "firmware" | "bootargs" | "coherentFetch"> {
  /** Number of harts (default 1). */
  harts?: number;
  /** Bytes of RAM (default 128 MiB). */
  memory?: number;
  /** Disks, as virtio block devices in the first slots. */
  drives?: readonly BlockBackend[];
  /** What the wires of virtio network cards lead to, in the slots behind; `virtio` devices follow. */
  net?: readonly NetworkLink[];
  /** Fetches see stores without fence.i, as on QEMU (default true here: xv6, for one, has no fence.i). */
  coherentFetch?: boolean;
}

/**
 * Builds a machine, puts the images into its RAM where QEMU's virt board would, and starts its harts; `run` then runs them.
 * @throws MachineError for options it cannot be built with, ImageError for images that cannot be booted
 */
export async function boot(options: BootOptions): Promise<Machine> {
  const {
    bios = "sbi",
    kernel,
    harts = DEFAULT_HARTS,
    memory = DEFAULT_MEMORY,
    coherentFetch = true,
  } = options;
  const firmware = bios === "sbi" ? "sbi" : "none";
  const { drives = [], net = [], virtio = [] } = options;
  const devices = [
    ...drives.map((drive) => virtioBlock(drive)),
    ...net.map((link) => virtioNetwork(link)),
    ...virtio,
  ];
  const machine = await Machine.create({
    ...options,
    harts,
    memory,
    firmware,
    coherentFetch,
    virtio: devices,
  });
  const unpacked = kernel && (await unpackKernel(kernel, memory));
  machine.load(layOut({ ...options, kernel: unpacked }, machine.memory));
  return machine;
}

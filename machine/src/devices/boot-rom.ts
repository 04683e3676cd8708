// The boot ROM: what QEMU's virt has at its reset vector. The machine starts harts as if they had run the ROM's six instructions;
// firmware reads the words behind them, to which a2 points. (QEMU, hw/riscv/boot.c; OpenSBI, include/sbi/fw_dynamic.h.)
import type { Device } from "../device";
import { BOOT_ROM } from "./addresses";

const RESET_VECTOR = [
  0x0000_0297, // auipc t0, 0
  0x0282_8613, // addi a2, t0, 40: the words for firmware
  0xf140_2573, // csrr a0, mhartid
  0x0202_b583, // ld a1, 32(t0): the device tree
  0x0182_b283, // ld t0, 24(t0): the first instruction
  0x0002_8067, // jr t0
];
const ENTRY = 24;
const DEVICE_TREE = 32;
const INFO = 40;

const INFO_MAGIC = 0x4942_534fn; // "OSBI"
const INFO_VERSION = 2n;
const SUPERVISOR = 1n;
const NO_OPTIONS = 0n;
const BOOT_HART = 0n;

/** Physical address of the words for firmware: magic, version, and what to start next on which hart in which mode. */
export const FIRMWARE_INFO = BOOT_ROM.base + INFO;

export class BootRom implements Device {
  readonly name = "boot ROM";
  readonly base = BOOT_ROM.base;
  readonly size = BOOT_ROM.size;
  private readonly content = new DataView(new ArrayBuffer(BOOT_ROM.size));

  /** Writes the ROM; physical addresses. `next` is what firmware starts in S mode, 0 for nothing. */
  fill({ entry, deviceTree, next }: { entry: bigint; deviceTree: bigint; next: bigint }): void {
    for (const [index, word] of RESET_VECTOR.entries()) this.content.setUint32(index * 4, word, true);
    this.content.setBigUint64(ENTRY, entry, true);
    this.content.setBigUint64(DEVICE_TREE, deviceTree, true);
    const info = [INFO_MAGIC, INFO_VERSION, next, SUPERVISOR, NO_OPTIONS, BOOT_HART];
    for (const [index, word] of info.entries()) this.content.setBigUint64(INFO + index * 8, word, true);
  }

  read(offset: number, bytes: number): bigint {
    let value = 0n;
    for (let index = bytes - 1; index >= 0; index--)
      value = (value << 8n) | BigInt(this.content.getUint8(offset + index));
    return value;
  }

  /** A ROM keeps what it holds. */
  write(): void {}
}

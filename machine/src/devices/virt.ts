// The board: QEMU's virt, as far as it is here, with user-mode contexts at the interrupt controller.
import type { Board, BoardHost, BoardOptions } from "../board";
import type { Device } from "../device";
import { completeDeviceTree, createDeviceTree } from "../device-tree";
import { RAM_BASE, UART_INTERRUPT, VIRTIO_SLOTS } from "./addresses";
import { BootRom } from "./boot-rom";
import { Clint } from "./clint";
import type { Console } from "./console";
import { Plic } from "./plic";
import { Rtc } from "./rtc";
import { TestDevice } from "./test-device";
import { Uart } from "./uart";
import { VirtioTransport } from "./virtio/transport";

/** The board with its console, which the built-in firmware shares with the serial port. */
export interface VirtBoard extends Board {
  readonly console: Console;
  readonly bootRom: BootRom;
  /** The harts can take interrupts in user mode. */
  readonly userInterrupts: boolean;
  /** Would console input interrupt a hart now? If not, it cannot wake a guest in which every hart waits. */
  inputWakes(): boolean;
  /** A device talks to somebody who has the host's clock: idle time is not to be skipped. */
  isPaced(): boolean;
  /** Would something from the host, other than console input, interrupt a hart now? */
  hostWakes(): boolean;
}

/**
 * Builds the board's devices and its device tree. User contexts at the PLIC follow all others unless asked otherwise.
 * @param console what the serial port is connected to; it may have been the console of a board before
 */
export function createVirtBoard(host: BoardHost, options: BoardOptions, console: Console): VirtBoard {
  const plicUserContexts = options.plicUserContexts ?? "after";
  const plic = new Plic(host, plicUserContexts, [UART_INTERRUPT]);
  const uart = new Uart(console, plic);
  console.inputListener = () => uart.inputArrived();
  const bootRom = new BootRom();
  const slots = createVirtioSlots(host, plic, options);
  const devices: Device[] = [
    bootRom,
    new TestDevice(host),
    new Rtc(host, plic, options.epoch),
    new Clint(host),
    plic,
    uart,
    ...slots,
  ];
  const deviceTree = options.dtb
    ? completeDeviceTree(options.dtb, options)
    : createDeviceTree({
        ...options,
        memory: { base: RAM_BASE, size: options.memory },
        plicUserContexts,
      });
  const inputWakes = () => uart.interruptsOnInput && plic.reachesHart(UART_INTERRUPT);
  return {
    devices,
    deviceTree,
    console,
    bootRom,
    userInterrupts: options.uintc,
    inputWakes,
    isPaced: () => slots.some((slot) => slot.isPaced),
    hostWakes: () => slots.some((slot) => slot.awaitsHost && plic.reachesHart(slot.interruptSource)),
  };
}

/** All slots of the board; a device's place in the list is the number of its slot. */
function createVirtioSlots(host: BoardHost, plic: Plic, options: BoardOptions): VirtioTransport[] {
  const { virtio = [], virtioLegacy = false, seed = 0 } = options;
  return Array.from(
    { length: VIRTIO_SLOTS },
    (_, slot) => new VirtioTransport(host, plic, { slot, legacy: virtioLegacy, seed, create: virtio[slot] }),
  );
}

// Which device interrupts have a handler capability, and which wait for their driver's acknowledgement.

import { SMP } from "../../../abi/src/config";
import { MAX_DEVICE_IRQ, Plic } from "./plic";

/**
 * Largest interrupt number there is. As in seL4, numbers after the devices' are the kernel's own and never handed out: two
 * for interrupts between harts where there are several, and the timer.
 */
export const MAX_IRQ: u32 = MAX_DEVICE_IRQ + 1 + 2 * SMP;

const INACTIVE: u8 = 0;
const ACTIVE: u8 = 1;
/** Delivered and not yet acknowledged. */
const CLAIMED: u8 = 2;

const states = memory.data(128, 8);

export class IrqState {
  /** Is there a handler capability for this interrupt? */
  static isActive(irq: u32): bool {
    return irq > MAX_DEVICE_IRQ || load<u8>(states + irq) != INACTIVE;
  }

  /** A handler capability was made. */
  static enable(irq: u32): void {
    store<u8>(states + irq, ACTIVE);
    Plic.setEnabled(irq, true);
  }

  /** The last handler capability is gone. */
  static disable(irq: u32): void {
    IrqState.acknowledge(irq);
    store<u8>(states + irq, INACTIVE);
    Plic.setEnabled(irq, false);
  }

  /** The controller gave this interrupt to the kernel. */
  static claimed(irq: u32): void {
    store<u8>(states + irq, CLAIMED);
  }

  /** The driver is done; the device may interrupt again. */
  static acknowledge(irq: u32): void {
    if (load<u8>(states + irq) != CLAIMED) return;
    store<u8>(states + irq, ACTIVE);
    Plic.complete(irq);
  }
}

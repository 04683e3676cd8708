// Device interrupts: each number has a slot for the notification its handler wants signalled.

import { CAP_NOTIFICATION } from "../../abi/src/capability-tags";
import { SLOT_SIZE, Slot } from "./capability";
import { Notification } from "./endpoint-object";
import { Signals } from "./notification";

/** Interrupt numbers there are slots for. */
const INTERRUPTS = 128;
const slots = <u32>memory.data(INTERRUPTS * 32, 32);

export class InterruptSlots {
  /** The slot that holds the notification capability of an interrupt number (below 128). */
  static at(irq: u32): Slot {
    return Slot.at(slots + irq * SLOT_SIZE);
  }
}

/** Signals whoever handles an interrupt. Nobody: the interrupt stays claimed and is forgotten. */
export function signalInterrupt(irq: u32): void {
  if (irq >= <u32>INTERRUPTS) return;
  const slot = InterruptSlots.at(irq);
  if (slot.type == CAP_NOTIFICATION && slot.canSend()) Signals.send(Notification.at(slot.object), slot.data);
}

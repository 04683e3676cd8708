// Invocations of interrupt control and interrupt handler capabilities.

import { CAP_IRQ_HANDLER, CAP_NOTIFICATION } from "../../../abi/src/capability-tags";
import {
  IRQ_ACKNOWLEDGE,
  IRQ_CLEAR_HANDLER,
  IRQ_ISSUE_HANDLER,
  IRQ_ISSUE_HANDLER_TRIGGER,
  IRQ_SET_HANDLER,
} from "../../../abi/src/labels";
import { Capability, Slot } from "../capability";
import { Lookup, lookupTargetSlot } from "../cspace";
import { DerivationTree } from "../derivation-tree";
import { Errors, OK } from "../errors";
import { deleteOne } from "../finalise";
import { InterruptSlots } from "../interrupts";
import { Arguments } from "../message";
import { beginInvocation } from "../thread";
import { IrqState, MAX_IRQ } from "./irq-state";

/** The capability under construction for a new handler. */
const newHandler = memory.data(16, 8);

/** IRQControl: makes handler capabilities. */
export function decodeIrqControl(label: u32, slot: Slot): u32 {
  if (label == IRQ_ISSUE_HANDLER) return issueHandler(slot);
  if (label == IRQ_ISSUE_HANDLER_TRIGGER) {
    if (Arguments.length < 4 || Arguments.extraCap(0) == 0) return Errors.truncatedMessage();
  }
  // The PLIC has no trigger modes to set.
  return Errors.illegalOperation();
}

function issueHandler(control: Slot): u32 {
  const root = Arguments.extraCap(0);
  if (Arguments.length < 3 || root == 0) return Errors.truncatedMessage();
  const number = Arguments.word(0);
  if (number == 0 || number > MAX_IRQ) return Errors.rangeError(1, MAX_IRQ);
  const irq = <u32>number;
  if (IrqState.isActive(irq)) return Errors.revokeFirst();
  let status = lookupTargetSlot(Capability.at(root), Arguments.word(1), Arguments.word(2));
  if (status != OK) return status;
  const destination = Lookup.slot;
  status = DerivationTree.ensureEmpty(destination);
  if (status != OK) return status;

  beginInvocation();
  const handler = Capability.at(<u32>newHandler);
  handler.become(CAP_IRQ_HANDLER, irq);
  DerivationTree.insert(handler, control, destination);
  IrqState.enable(irq);
  return OK;
}

/** IRQHandler: acknowledge, set and clear the notification that is signalled. */
export function decodeIrqHandler(label: u32, slot: Slot): u32 {
  const irq = slot.object;
  if (label == IRQ_ACKNOWLEDGE) {
    beginInvocation();
    IrqState.acknowledge(irq);
    return OK;
  }
  if (label == IRQ_SET_HANDLER) return setHandler(irq);
  if (label != IRQ_CLEAR_HANDLER) return Errors.illegalOperation();
  beginInvocation();
  deleteOne(InterruptSlots.at(irq));
  return OK;
}

function setHandler(irq: u32): u32 {
  const source = Arguments.extraCap(0);
  if (source == 0) return Errors.truncatedMessage();
  const notification = Slot.at(source);
  if (notification.type != CAP_NOTIFICATION || !notification.canSend()) return Errors.invalidCapability(0);
  beginInvocation();
  const slot = InterruptSlots.at(irq);
  deleteOne(slot);
  DerivationTree.insert(notification, notification, slot);
  return OK;
}

// What the end of a capability means for its object. The last capability to an endpoint wakes its waiters; the last to
// a thread or a CNode turns into a zombie, which holds the object's slots until deletion.ts has emptied them.

import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_IRQ_HANDLER,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_THREAD,
  CAP_ZOMBIE,
} from "../../abi/src/capability-tags";
import { SYNC_IPC } from "../../abi/src/config";
import { AsyncHandlers } from "./async-handler";
import { Slot, ZOMBIE_THREAD } from "./capability";
import { isArchCap } from "./capability-rules";
import { ThreadList } from "./debug-threads";
import { DerivationTree } from "./derivation-tree";
import { EndpointIpc } from "./endpoint";
import { Endpoint, Notification } from "./endpoint-object";
import { InterruptSlots } from "./interrupts";
import { Signals } from "./notification";
import { ArchCaps } from "./riscv/arch-caps";
import { Fpu } from "./riscv/fpu";
import { IrqState } from "./riscv/irq-state";
import { stallThread } from "./stall";
import { TCB_SLOT_COUNT, TCB_SLOT_CTABLE, Tcb } from "./tcb";
import { suspend } from "./thread";
import { ThreadTimers } from "./thread-timers";
import { UserNotifications } from "./user-notification";

/**
 * Does what the end of the capability in `slot` asks for; `final`: it is the last one to its object.
 * @returns true when the slot can be emptied, false when it now holds a zombie (with slots left to empty).
 */
export function finaliseCapability(slot: Slot, final: bool): bool {
  const type = <u32>slot.type;
  if (isArchCap(type)) {
    ArchCaps.finalise(slot, final);
    return true;
  }
  if (type == CAP_ZOMBIE) return false;
  if (!final) {
    if (type == CAP_NOTIFICATION && slot.data != 0) UserNotifications.badgedCapDeleted(slot);
    return true;
  }
  switch (type) {
    case CAP_ENDPOINT:
      if (SYNC_IPC) EndpointIpc.cancelAll(Endpoint.at(slot.object));
      return true;
    case CAP_NOTIFICATION:
      finaliseNotification(Notification.at(slot.object));
      return true;
    case CAP_IRQ_HANDLER:
      deleteOne(InterruptSlots.at(slot.object));
      IrqState.disable(slot.object);
      return true;
    case CAP_CNODE:
      makeZombie(slot, slot.object, slot.radix, 0, (<u64>1) << slot.radix);
      return false;
    case CAP_THREAD:
      finaliseThread(Tcb.at(slot.object));
      makeZombie(slot, Tcb.at(slot.object).slot(TCB_SLOT_CTABLE).address, 0, ZOMBIE_THREAD, TCB_SLOT_COUNT);
      return false;
    default:
      return true;
  }
}

function finaliseNotification(notification: Notification): void {
  AsyncHandlers.notificationDeleted(changetype<u32>(notification));
  UserNotifications.release(notification);
  Signals.unbind(notification);
  Signals.cancelAll(notification);
}

function finaliseThread(thread: Tcb): void {
  stallThread(thread);
  Fpu.forget(thread.address);
  ThreadTimers.cancel(thread);
  Signals.unbindThread(thread);
  suspend(thread);
  UserNotifications.releaseThread(thread);
  AsyncHandlers.forget(thread);
  ThreadList.remove(thread);
}

function makeZombie(slot: Slot, firstSlot: u32, radix: u32, kind: u8, count: u64): void {
  slot.become(CAP_ZOMBIE, firstSlot);
  slot.sizeBits = <u8>radix;
  slot.rights = kind;
  slot.data = count;
}

/** Deletes a capability that can be no zombie: of an endpoint, a notification or a reply. */
export function deleteOne(slot: Slot): void {
  if (slot.type == CAP_NULL) return;
  finaliseCapability(slot, DerivationTree.isFinal(slot));
  DerivationTree.remove(slot);
}

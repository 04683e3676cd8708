// Setting up receivers and senders of user interrupts in test root tasks.

import { csrRead, csrSet, csrWrite, functionAddress } from "rv";
import {
  NOTIFICATION_REGISTER_RECEIVER,
  NOTIFICATION_REGISTER_SENDER,
  TCB_BIND_NOTIFICATION,
} from "../../../../abi/src/labels";
import { OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import { userInterruptEntry } from "./link";
import { Root, Shared } from "./support";

const CSR_USTATUS = 0x000;
const CSR_UTVEC = 0x005;
const CSR_USCRATCH = 0x040;
const CSR_TRAPS = 0xc03;
const CSR_USER_INTERRUPTS = 0xc04;
const USTATUS_UIE: u64 = 1;

// Shared words
/** The receiver has opened itself. */
export const READY: u32 = 0;
/** User interrupts handled, and all their vectors. */
export const HANDLED: u32 = 1;
export const VECTORS: u32 = 2;
export const DONE: u32 = 3;
/** Counts that the receiver took on its own hart. */
export const TRAPS: u32 = 4;
export const INTERRUPTS: u32 = 5;
export const BADGE: u32 = 6;

/** Counts, and takes every vector. */
function handler(pending: u64): u64 {
  Shared.add(HANDLED, 1);
  Shared.set(VECTORS, Shared.get(VECTORS) | pending);
  return 0;
}

/** The calling thread takes user interrupts from now on. */
export function openReceiver(): void {
  csrWrite(CSR_UTVEC, userInterruptEntry());
  csrWrite(CSR_USCRATCH, functionAddress(handler.index));
  csrSet(CSR_USTATUS, USTATUS_UIE);
}

/** Kernel entries of this hart so far. */
export function kernelEntries(): u64 {
  return csrRead(CSR_TRAPS);
}

/** User interrupts of this hart so far. */
export function userInterrupts(): u64 {
  return csrRead(CSR_USER_INTERRUPTS);
}

/** A notification bound to `thread`, which receives its user interrupts. */
export function makeReceiver(thread: u32): u32 {
  const notification = Root.make(OBJECT_NOTIFICATION);
  Root.check(Root.invoke(thread, TCB_BIND_NOTIFICATION, 0, 0, 0, 0, 0, notification), "bind");
  Root.check(registerReceiver(notification, thread), "register receiver");
  return notification;
}

export function registerReceiver(notification: u32, thread: u32): u32 {
  return Root.invoke(notification, NOTIFICATION_REGISTER_RECEIVER, 0, 0, 0, 0, 0, thread);
}

/** The root thread may send `vector`; returns its sender index. */
export function makeSender(notification: u32, vector: u64): u64 {
  const badged = Root.mint(notification, (<u64>1) << vector);
  Root.check(Root.invoke(badged, NOTIFICATION_REGISTER_SENDER, 0), "register sender");
  return Root.result0;
}

// Compiled together with the kernel for the unit tests only: where the kernel's objects keep what the tests look at.
// Each constant becomes an exported wasm global, so the tests follow every change of a layout.

import { DOMAINS } from "../../../abi/src/config";
import { KERNEL_COUNT_CAPABILITIES } from "../../../abi/src/syscalls";
import { AsyncHandlers } from "../../src/async-handler";
import { Slot } from "../../src/capability";
import { Domains } from "../../src/domains";
import { Endpoint, Notification } from "../../src/endpoint-object";
import { Hart } from "../../src/hart";
import { ObjectCounts } from "../../src/object-counts";
import { ReadyHandlers } from "../../src/ready-handlers";
import { AddressSpaceIds } from "../../src/riscv/address-space-ids";
import { HartContext } from "../../src/riscv/hart-context";
import { ThreadContext } from "../../src/riscv/thread-context";
import { TCB_SLOTS, Tcb } from "../../src/tcb";

export const Slot_object: u32 = <u32>offsetof<Slot>("object");
export const Slot_type: u32 = <u32>offsetof<Slot>("type");
export const Slot_rights: u32 = <u32>offsetof<Slot>("rights");
export const Slot_sizeBits: u32 = <u32>offsetof<Slot>("sizeBits");
export const Slot_extra: u32 = <u32>offsetof<Slot>("extra");
export const Slot_data: u32 = <u32>offsetof<Slot>("data");
export const Slot_previous: u32 = <u32>offsetof<Slot>("previous");
export const Slot_next: u32 = <u32>offsetof<Slot>("next");
export const Slot_derivation: u32 = <u32>offsetof<Slot>("derivation");

export const Endpoint_head: u32 = <u32>offsetof<Endpoint>("head");
export const Endpoint_tail: u32 = <u32>offsetof<Endpoint>("tail");
export const Endpoint_state: u32 = <u32>offsetof<Endpoint>("state");
export const Notification_head: u32 = <u32>offsetof<Notification>("head");
export const Notification_tail: u32 = <u32>offsetof<Notification>("tail");
export const Notification_state: u32 = <u32>offsetof<Notification>("state");
export const Notification_boundTcb: u32 = <u32>offsetof<Notification>("boundTcb");
export const Notification_badge: u32 = <u32>offsetof<Notification>("badge");
export const Notification_receiverThread: u32 = <u32>offsetof<Notification>("receiverThread");

export const Tcb_faultPc: u32 = <u32>offsetof<Tcb>("faultPc");
export const Tcb_hart: u32 = <u32>offsetof<Tcb>("hart");
export const Tcb_flags: u32 = <u32>offsetof<Tcb>("flags");
export const Tcb_receiverIndex: u32 = <u32>offsetof<Tcb>("receiverIndex");
export const Tcb_senderTable: u32 = <u32>offsetof<Tcb>("senderTable");
export const Tcb_uepc: u32 = <u32>offsetof<Tcb>("uepc");
export const Tcb_utvec: u32 = <u32>offsetof<Tcb>("utvec");
export const Tcb_uscratch: u32 = <u32>offsetof<Tcb>("uscratch");
export const Tcb_watched: u32 = <u32>offsetof<Tcb>("watched");
export const Tcb_state: u32 = <u32>offsetof<Tcb>("state");
export const Tcb_blockingObject: u32 = <u32>offsetof<Tcb>("blockingObject");
export const Tcb_faultType: u32 = <u32>offsetof<Tcb>("faultType");
export const Tcb_userFlags: u32 = <u32>offsetof<Tcb>("userFlags");
export const Tcb_priority: u32 = <u32>offsetof<Tcb>("priority");
export const Tcb_maximumControlledPriority: u32 = <u32>offsetof<Tcb>("maximumControlledPriority");
export const Tcb_domain: u32 = <u32>offsetof<Tcb>("domain");
export const Tcb_timeSlice: u32 = <u32>offsetof<Tcb>("timeSlice");
export const Tcb_faultHandler: u32 = <u32>offsetof<Tcb>("faultHandler");
export const Tcb_ipcBuffer: u32 = <u32>offsetof<Tcb>("ipcBuffer");
export const Tcb_boundNotification: u32 = <u32>offsetof<Tcb>("boundNotification");
export const Tcb_timerNext: u32 = <u32>offsetof<Tcb>("timerNext");
export const Tcb_timerPrevious: u32 = <u32>offsetof<Tcb>("timerPrevious");
export const Tcb_timerDeadline: u32 = <u32>offsetof<Tcb>("timerDeadline");
export const Tcb_queued: u32 = <u32>offsetof<Tcb>("queued");
export const Tcb_readyNext: u32 = <u32>offsetof<Tcb>("readyNext");
export const Tcb_readyPrevious: u32 = <u32>offsetof<Tcb>("readyPrevious");
export const Tcb_queueNext: u32 = <u32>offsetof<Tcb>("queueNext");
export const Tcb_queuePrevious: u32 = <u32>offsetof<Tcb>("queuePrevious");
export const Tcb_handlerNotification: u32 = <u32>offsetof<Tcb>("handlerNotification");
export const Tcb_registeredNext: u32 = <u32>offsetof<Tcb>("registeredNext");
export const Tcb_registeredPrevious: u32 = <u32>offsetof<Tcb>("registeredPrevious");
export const Tcb_handlerLevel: u32 = <u32>offsetof<Tcb>("handlerLevel");
export const Tcb_handlerNext: u32 = <u32>offsetof<Tcb>("handlerNext");
export const Tcb_handlerPrevious: u32 = <u32>offsetof<Tcb>("handlerPrevious");
export const Tcb_slots: u32 = TCB_SLOTS;

export const Hart_current: u32 = <u32>offsetof<Hart>("current");
export const Hart_idle: u32 = <u32>offsetof<Hart>("idle");
export const Hart_index: u32 = <u32>offsetof<Hart>("index");
export const Hart_firstTimer: u32 = <u32>offsetof<Hart>("firstTimer");
export const Hart_timerArmed: u32 = <u32>offsetof<Hart>("timerArmed");
export const Hart_action: u32 = <u32>offsetof<Hart>("action");
export const Hart_bitmapTop: u32 = <u32>offsetof<Hart>("bitmapTop");
export const Hart_readyLevel: u32 = <u32>offsetof<Hart>("readyLevel");
export const Hart_switchLevel: u32 = <u32>offsetof<Hart>("switchLevel");
export const Hart_reschedulePending: u32 = <u32>offsetof<Hart>("reschedulePending");
export const Hart_timerSet: u32 = <u32>offsetof<Hart>("timerSet");
export const Hart_workUnits: u32 = <u32>offsetof<Hart>("workUnits");

// What kernel/src/riscv/layout.ts says in plain numbers, for the kernel's assembly
export const ThreadContext_pc: u32 = <u32>offsetof<ThreadContext>("pc");
export const ThreadContext_ra: u32 = <u32>offsetof<ThreadContext>("ra");
export const ThreadContext_sp: u32 = <u32>offsetof<ThreadContext>("sp");
export const ThreadContext_tp: u32 = <u32>offsetof<ThreadContext>("tp");
export const ThreadContext_t0: u32 = <u32>offsetof<ThreadContext>("t0");
export const ThreadContext_a0: u32 = <u32>offsetof<ThreadContext>("a0");
export const ThreadContext_t6: u32 = <u32>offsetof<ThreadContext>("t6");
export const ThreadContext_faultPc: u32 = <u32>offsetof<ThreadContext>("faultPc");
export const ThreadContext_hart: u32 = <u32>offsetof<ThreadContext>("hart");
export const ThreadContext_flags: u32 = <u32>offsetof<ThreadContext>("flags");
export const ThreadContext_fpuStatus: u32 = <u32>offsetof<ThreadContext>("fpuStatus");
export const ThreadContext_size: u32 = <u32>offsetof<ThreadContext>();
export const HartContext_current: u32 = <u32>offsetof<HartContext>("current");
export const HartContext_idle: u32 = <u32>offsetof<HartContext>("idle");
export const HartContext_giveUp: u32 = <u32>offsetof<HartContext>("giveUp");
export const HartContext_kernelSatp: u32 = <u32>offsetof<HartContext>("kernelSatp");
export const HartContext_fpuOwner: u32 = <u32>offsetof<HartContext>("fpuOwner");
export const HartContext_index: u32 = <u32>offsetof<HartContext>("index");
export const HartContext_globalPointer: u32 = <u32>offsetof<HartContext>("globalPointer");
export const HartContext_size: u32 = <u32>offsetof<HartContext>();

/** Address of word `index` of a hart's priority bitmap. */
export function hartBitmapWord(hart: u32, index: u32): u32 {
  return Hart.from(hart).bitmapWord(index);
}

/** Where a domain's ready queues are, as in the record of a hart, while it is not the domain's turn; 0: it is, or there is none. */
export function parkedQueues(domain: u32): u32 {
  if (domain >= <u32>DOMAINS || domain == Domains.current) return 0;
  return Domains.parkedQueues(domain).address;
}

/** Address of a hart's ready queue {head, tail} of a priority. */
export function hartQueue(hart: u32, priority: u32): u32 {
  return Hart.from(hart).queue(priority);
}

/** Address of the queue {head, tail} of ready asynchronous handlers of a priority. */
export function handlerQueue(priority: u32): u32 {
  return ReadyHandlers.queue(priority);
}

/** First thread of the list of those with an asynchronous handler. */
export function firstRegistered(): u32 {
  return AsyncHandlers.registered;
}

/** What the kernel counts as capabilities. */
export function countCapabilities(): u64 {
  return ObjectCounts.of(KERNEL_COUNT_CAPABILITIES);
}

/** Address of ASID pool number `index`; 0: there is none. */
export function asidPool(index: u32): u32 {
  return AddressSpaceIds.pool(index);
}

/** Address of the record of hart number `index`. */
export function hartRecord(index: u32): u32 {
  return changetype<u32>(HartContext.at(index));
}

/** First address after the kernel's static data. */
export function heapBase(): u32 {
  return <u32>__heap_base;
}

// Compiled together with the kernel for the unit tests only: what they look at besides what kernel/src/inspected-layout.ts
// says, and the variables, which are wasm globals there. Each constant becomes an exported wasm global, so the tests follow
// every change of a layout.

import { AsyncHandlers } from "../../src/async-handler";
import { Boot } from "../../src/boot";
import { ThreadList } from "../../src/debug-threads";
import { DerivationTree } from "../../src/derivation-tree";
import { Domains } from "../../src/domains";
import { Notification } from "../../src/endpoint-object";
import { Hart } from "../../src/hart";
import { HartContext } from "../../src/riscv/hart-context";
import { ThreadContext } from "../../src/riscv/thread-context";
import { Tcb } from "../../src/tcb";

export const Notification_badge: u32 = <u32>offsetof<Notification>("badge");
export const Notification_receiverThread: u32 = <u32>offsetof<Notification>("receiverThread");

export const Tcb_faultPc: u32 = <u32>offsetof<Tcb>("faultPc");
export const Tcb_uepc: u32 = <u32>offsetof<Tcb>("uepc");
export const Tcb_utvec: u32 = <u32>offsetof<Tcb>("utvec");
export const Tcb_uscratch: u32 = <u32>offsetof<Tcb>("uscratch");
export const Tcb_faultType: u32 = <u32>offsetof<Tcb>("faultType");
export const Tcb_maximumControlledPriority: u32 = <u32>offsetof<Tcb>("maximumControlledPriority");
export const Tcb_timeSlice: u32 = <u32>offsetof<Tcb>("timeSlice");
export const Tcb_faultHandler: u32 = <u32>offsetof<Tcb>("faultHandler");
export const Tcb_ipcBuffer: u32 = <u32>offsetof<Tcb>("ipcBuffer");

export const Hart_index: u32 = <u32>offsetof<Hart>("index");
export const Hart_timerArmed: u32 = <u32>offsetof<Hart>("timerArmed");
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
export const HartContext_staleTranslations: u32 = <u32>offsetof<HartContext>("staleTranslations");
export const HartContext_fpuOwner: u32 = <u32>offsetof<HartContext>("fpuOwner");
export const HartContext_index: u32 = <u32>offsetof<HartContext>("index");
export const HartContext_globalPointer: u32 = <u32>offsetof<HartContext>("globalPointer");
export const HartContext_size: u32 = <u32>offsetof<HartContext>();

// Variables (VARIABLES in kernel/inspection/view.ts)

export function currentDomain(): u32 {
  return Domains.current;
}

export function firstThread(): u32 {
  return ThreadList.head;
}

export function firstRegistered(): u32 {
  return AsyncHandlers.registered;
}

export function rootCNode(): u32 {
  return Boot.rootSlot(0).address;
}

export function capabilities(): u32 {
  return DerivationTree.capabilities;
}

/** Address of the record of hart number `index`. */
export function hartRecord(index: u32): u32 {
  return changetype<u32>(HartContext.at(index));
}

/** First address after the kernel's static data. */
export function heapBase(): u32 {
  return <u32>__heap_base;
}

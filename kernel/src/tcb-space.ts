// Giving a thread its CSpace, address space, fault endpoint and IPC buffer.

import { CAP_CNODE, CAP_THREAD } from "../../abi/src/capability-tags";
import { Capability, Slot } from "./capability";
import { sameObject, updateData } from "./capability-rules";
import { deleteSlot, isLongRunningDelete } from "./deletion";
import { DerivationTree, deriveCapability } from "./derivation-tree";
import { Errors, OK } from "./errors";
import { Hart } from "./hart";
import { Arguments } from "./message";
import { ArchCaps } from "./riscv/arch-caps";
import { Scheduler } from "./scheduler";
import { TCB_SLOT_BUFFER, TCB_SLOT_CTABLE, TCB_SLOT_VTABLE, Tcb } from "./tcb";
import { beginInvocation } from "./thread";

/** The derived capabilities to install. */
const CSPACE = <u32>memory.data(16, 8);
const VSPACE = <u32>memory.data(16, 8);
const BUFFER = <u32>memory.data(16, 8);
const THREAD = <u32>memory.data(16, 8);

/** Configure (fault endpoint, CSpace data, VSpace data, buffer address), extra: CSpace, VSpace, buffer frame. */
export function configure(thread: Tcb, slot: Slot): u32 {
  const bufferSlot = Arguments.extraCap(2);
  if (Arguments.length < 4 || Arguments.extraCap(0) == 0 || Arguments.extraCap(1) == 0 || bufferSlot == 0) {
    return Errors.truncatedMessage();
  }
  const address = Arguments.word(3);
  let status = deriveBuffer(address, bufferSlot);
  if (status != OK) return status;
  const faultHandler = Arguments.word(0);
  status = deriveSpaces(thread, Arguments.word(1), Arguments.word(2));
  if (status != OK) return status;

  beginInvocation();
  status = installSpaces(thread, slot, faultHandler);
  if (status != OK) return status;
  return installBuffer(thread, slot, address, bufferSlot);
}

/** SetSpace (fault endpoint, CSpace data, VSpace data), extra: CSpace, VSpace. */
export function setSpace(thread: Tcb, slot: Slot): u32 {
  if (Arguments.length < 3 || Arguments.extraCap(0) == 0 || Arguments.extraCap(1) == 0) {
    return Errors.truncatedMessage();
  }
  const faultHandler = Arguments.word(0);
  const status = deriveSpaces(thread, Arguments.word(1), Arguments.word(2));
  if (status != OK) return status;

  beginInvocation();
  return installSpaces(thread, slot, faultHandler);
}

/** SetIPCBuffer (address), extra: the frame. Address 0: no buffer. */
export function setIpcBuffer(thread: Tcb, slot: Slot): u32 {
  const bufferSlot = Arguments.extraCap(0);
  if (Arguments.length < 1 || bufferSlot == 0) return Errors.truncatedMessage();
  const address = Arguments.word(0);
  const status = deriveBuffer(address, bufferSlot);
  if (status != OK) return status;

  beginInvocation();
  return installBuffer(thread, slot, address, bufferSlot);
}

/** Makes the capability in `source` ready to be installed, at `copy`. */
function derive(source: u32, copy: u32, data: u64): u32 {
  const cap = Capability.at(copy);
  cap.copyFrom(Slot.at(source));
  if (data != 0) updateData(cap, false, data);
  return deriveCapability(Slot.at(source), cap);
}

function deriveBuffer(address: u64, source: u32): u32 {
  if (address == 0) return OK;
  const status = derive(source, BUFFER, 0);
  return status != OK ? status : ArchCaps.checkIpcBuffer(address, Capability.at(BUFFER));
}

function deriveSpaces(thread: Tcb, cspaceData: u64, vspaceData: u64): u32 {
  if (
    isLongRunningDelete(thread.slot(TCB_SLOT_CTABLE)) ||
    isLongRunningDelete(thread.slot(TCB_SLOT_VTABLE))
  ) {
    return Errors.illegalOperation();
  }
  let status = derive(Arguments.extraCap(0), CSPACE, cspaceData);
  if (status != OK) return status;
  if (Capability.at(CSPACE).type != CAP_CNODE) return Errors.illegalOperation();
  status = derive(Arguments.extraCap(1), VSPACE, vspaceData);
  if (status != OK) return status;
  return ArchCaps.isVSpaceRoot(Capability.at(VSPACE)) ? OK : Errors.illegalOperation();
}

/**
 * Replaces the capability in one of the thread's slots. Deleting the old one may have deleted the new one's source, or
 * the thread capability that was invoked: then the slot stays empty.
 */
function install(thread: Tcb, invoked: Slot, index: u32, copy: u32, source: u32): u32 {
  const target = thread.slot(index);
  const status = deleteSlot(target, true);
  if (status != OK) return status;
  const cap = Capability.at(copy);
  const own = Capability.at(THREAD);
  own.become(CAP_THREAD, thread.address);
  if (sameObject(cap, Slot.at(source)) && sameObject(own, invoked))
    DerivationTree.insert(cap, Slot.at(source), target);
  return OK;
}

function installSpaces(thread: Tcb, invoked: Slot, faultHandler: u64): u32 {
  thread.faultHandler = faultHandler;
  const status = install(thread, invoked, TCB_SLOT_CTABLE, CSPACE, Arguments.extraCap(0));
  if (status != OK) return status;
  return install(thread, invoked, TCB_SLOT_VTABLE, VSPACE, Arguments.extraCap(1));
}

function installBuffer(thread: Tcb, invoked: Slot, address: u64, source: u32): u32 {
  let status: u32;
  if (address == 0) status = deleteSlot(thread.slot(TCB_SLOT_BUFFER), true);
  else status = install(thread, invoked, TCB_SLOT_BUFFER, BUFFER, source);
  if (status != OK) return status;
  thread.ipcBuffer = address;
  if (thread.address == Hart.current().current) Scheduler.reschedule();
  return OK;
}

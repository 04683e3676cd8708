// Invocations of capabilities to this architecture's objects, by type.

import { CAP_ASID_CONTROL, CAP_FRAME, CAP_PAGE_TABLE } from "../../../abi/src/capability-tags";
import { Slot } from "../capability";
import { decodeAsidControl, decodeAsidPool } from "./asid-invocation";
import { decodeFrame } from "./frame-invocation";
import { decodePageTable } from "./page-table-invocation";

/** Decodes and performs an invocation of a frame, page table, ASID control or ASID pool; returns a status. */
export function decodeArchInvocation(label: u32, slot: Slot): u32 {
  if (slot.type == CAP_FRAME) return decodeFrame(label, slot);
  if (slot.type == CAP_PAGE_TABLE) return decodePageTable(label, slot);
  if (slot.type == CAP_ASID_CONTROL) return decodeAsidControl(label);
  return decodeAsidPool(label, slot);
}

export { decodeIrqControl, decodeIrqHandler } from "./irq-invocation";

// Address spaces: which one a thread uses, and how capabilities name them.
//
// Page-table capability: `object` = mapped address >> 12, `rights` = 1 when mapped, `data` = physical page number
// (43:0), ASID (59:44) and, for a root, the Sv39 mode (63:60): a root's `data` is its satp value.

import { csrWrite } from "rv";
import { CAP_PAGE_TABLE } from "../../../abi/src/capability-tags";
import { Capability } from "../capability";
import { TCB_SLOT_VTABLE, Tcb } from "../tcb";
import { AddressSpaceIds } from "./address-space-ids";
import { CSR_SATP, SATP_MODE_SV39 } from "./csr";
import { HartContext } from "./hart-context";

const MODE: u64 = (<u64>SATP_MODE_SV39) << 60;
const PPN_MASK: u64 = (1 << 44) - 1;

export class VSpace {
  /** satp value for root table `table` with `asid`. */
  @inline static satp(asid: u64, table: u32): u64 {
    return MODE | (asid << 44) | (<u64>table >> 12);
  }

  /** Does the capability name the root of a living address space? */
  @inline static isValidRoot(capability: Capability): bool {
    // A table that is no root lacks the mode bits, which every word in a pool but 0 has; no table is at address 0.
    return capability.type == CAP_PAGE_TABLE && AddressSpaceIds.contains(capability.data);
  }

  /**
   * The same for a thread's own root, which is a page table or nothing at all: the mode bits tell which.
   */
  @inline static isLivingRoot(threadRoot: Capability): bool {
    return <i64>threadRoot.data < 0 && AddressSpaceIds.contains(threadRoot.data);
  }

  /** Makes a valid root this hart's address space. */
  @inline static activate(capability: Capability): void {
    csrWrite(CSR_SATP, capability.data);
  }

  /** The same, given the root's satp value. */
  @inline static activateWord(satp: u64): void {
    csrWrite(CSR_SATP, satp);
  }

  /** Makes a thread's address space this hart's; the kernel's own when the thread has none. */
  static setRoot(tcb: u32): void {
    const root = changetype<Capability>(changetype<Tcb>(tcb).slot(TCB_SLOT_VTABLE));
    csrWrite(CSR_SATP, VSpace.isValidRoot(root) ? root.data : VSpace.satp(0, HartContext.kernelRootTable()));
  }

  /** Table that a page-table capability stands for. */
  @inline static tableOf(capability: Capability): u32 {
    return <u32>((capability.data & PPN_MASK) << 12);
  }

  /** Is this a page-table capability whose table is mapped (as a root or below one)? */
  @inline static isMapped(capability: Capability): bool {
    return capability.type == CAP_PAGE_TABLE && capability.rights != 0;
  }

  /** Root table of an ASID, or 0. */
  @inline static rootTable(asid: u64): u32 {
    return <u32>((AddressSpaceIds.root(asid) & PPN_MASK) << 12);
  }
}

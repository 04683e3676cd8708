// Capabilities to this architecture's objects: frames, page tables, ASID control and pools.
//
// | type         | object             | rights        | sizeBits | extra      | data                                 |
// |--------------|--------------------|---------------|----------|------------|--------------------------------------|
// | frame        | mapped address >>12| VM_*          | 12/21/30 | 1 = device | ASID (59:44), physical page (43:0)    |
// | page table   | mapped address >>12| 1 = mapped    |          |            | the same; a root: its satp value      |
// | ASID pool    | pool               |               |          |            | first ASID                            |
// A frame is unmapped when its ASID is 0.

import { CAP_ASID_CONTROL, CAP_ASID_POOL, CAP_FRAME, CAP_PAGE_TABLE } from "../../../abi/src/capability-tags";
import {
  ASID_POOL_BITS,
  GIGA_PAGE_BITS,
  MEGA_PAGE_BITS,
  OBJECT_GIGA_PAGE,
  OBJECT_MEGA_PAGE,
  OBJECT_PAGE_TABLE,
  PAGE_BITS,
  PAGE_TABLE_BITS,
} from "../../../abi/src/objects";
import { RIGHT_READ, RIGHT_WRITE } from "../../../abi/src/rights";
import { Capability, Slot } from "../capability";
import { Errors, OK } from "../errors";
import { AddressSpaceIds } from "./address-space-ids";
import { Mappings } from "./mappings";
import { VM_KERNEL_ONLY, VM_READ_ONLY, VM_READ_WRITE } from "./page-table";
import { VSpace } from "./vspace";

const PPN_MASK: u64 = (1 << 44) - 1;
const IPC_BUFFER_BITS: u32 = 10;
const FRAME_DEVICE: u8 = 1;

export class ArchCaps {
  /** Capability to a new frame or page table at physical `address`. Table memory is zero already. */
  static create(capability: Capability, type: u32, address: u64, device: bool): void {
    if (type == OBJECT_PAGE_TABLE) {
      capability.become(CAP_PAGE_TABLE, 0);
    } else {
      capability.become(CAP_FRAME, 0);
      capability.rights = <u8>VM_READ_WRITE;
      capability.sizeBits = <u8>ArchCaps.objectBits(type);
      capability.extra = device ? FRAME_DEVICE : 0;
    }
    capability.data = address >> 12;
  }

  /** Size of an object of a given type: 2^n bytes. */
  static objectBits(type: u32): u32 {
    if (type == OBJECT_MEGA_PAGE) return MEGA_PAGE_BITS;
    if (type == OBJECT_GIGA_PAGE) return GIGA_PAGE_BITS;
    return type == OBJECT_PAGE_TABLE ? PAGE_TABLE_BITS : PAGE_BITS;
  }

  /** What a copy of the capability is: frames start unmapped; a table must be mapped to be shared. In place. */
  static derive(_slot: Slot, capability: Capability): u32 {
    if (capability.type == CAP_FRAME) {
      ArchCaps.forgetMapping(capability);
    } else if (capability.type == CAP_PAGE_TABLE && !VSpace.isMapped(capability)) {
      return Errors.illegalOperation();
    }
    return OK;
  }

  /** A capability disappears; `final`: it was the last one to its object. */
  static finalise(capability: Capability, final: bool): void {
    if (capability.type == CAP_FRAME) {
      Mappings.unmapFrame(capability);
    } else if (final && capability.type == CAP_PAGE_TABLE) {
      if (VSpace.isMapped(capability)) Mappings.deleteTable(capability);
    } else if (final && capability.type == CAP_ASID_POOL) {
      Mappings.deletePool(capability);
    }
  }

  /** Does `b` name something inside what `a` names? */
  static sameRegion(a: Capability, b: Capability): bool {
    if (a.type != b.type) return false;
    if (a.type == CAP_FRAME) {
      const startA = ArchCaps.address(a);
      const startB = ArchCaps.address(b);
      return startA <= startB && startB + (1 << (<u64>b.sizeBits)) <= startA + (1 << (<u64>a.sizeBits));
    }
    if (a.type == CAP_PAGE_TABLE) return VSpace.tableOf(a) == VSpace.tableOf(b);
    return a.type == CAP_ASID_CONTROL || a.object == b.object;
  }

  /** Do both name the same object? */
  static sameObject(a: Capability, b: Capability): bool {
    if (a.type == CAP_FRAME && b.type == CAP_FRAME) {
      return ArchCaps.address(a) == ArchCaps.address(b) && a.sizeBits == b.sizeBits && a.extra == b.extra;
    }
    return ArchCaps.sameRegion(a, b);
  }

  /** Does the capability stand for a piece of memory (which an untyped can contain)? */
  static isPhysical(capability: Capability): bool {
    return (
      capability.type == CAP_FRAME || capability.type == CAP_PAGE_TABLE || capability.type == CAP_ASID_POOL
    );
  }

  /** Physical address of that memory. */
  static address(capability: Capability): u64 {
    if (capability.type == CAP_ASID_POOL) return <u64>capability.object;
    return (capability.data & PPN_MASK) << 12;
  }

  /** Its size: 2^n bytes. */
  static sizeBits(capability: Capability): u32 {
    if (capability.type == CAP_FRAME) return <u32>capability.sizeBits;
    return capability.type == CAP_PAGE_TABLE ? PAGE_TABLE_BITS : ASID_POOL_BITS;
  }

  /** Takes rights away from a frame capability that `rights` lacks. There are no write-only pages. */
  static maskRights(capability: Capability, rights: u32): void {
    if (capability.type != CAP_FRAME) return;
    capability.rights = <u8>ArchCaps.maskedRights(<u32>capability.rights, rights);
  }

  /** VM_* that remain of `vmRights` under seL4 rights `rights`. */
  static maskedRights(vmRights: u32, rights: u32): u32 {
    if (vmRights == VM_KERNEL_ONLY || (rights & RIGHT_READ) == 0) return VM_KERNEL_ONLY;
    return vmRights == VM_READ_WRITE && (rights & RIGHT_WRITE) != 0 ? VM_READ_WRITE : VM_READ_ONLY;
  }

  /** The frame is no longer mapped anywhere. */
  static forgetMapping(frame: Capability): void {
    frame.object = 0;
    frame.data = frame.data & PPN_MASK;
  }

  /** Where the kernel reaches the IPC buffer at user `virtualAddress` inside a frame; 0: it may not, or not write. */
  static bufferAddress(capability: Capability, virtualAddress: u64, write: bool): u32 {
    if (capability.type != CAP_FRAME || capability.extra == FRAME_DEVICE) return 0;
    const rights = <u32>capability.rights;
    if (rights != VM_READ_WRITE && (write || rights != VM_READ_ONLY)) return 0;
    const mask: u64 = (1 << (<u64>capability.sizeBits)) - 1;
    return <u32>(ArchCaps.address(capability) + (virtualAddress & mask));
  }

  /** May the kernel read and write the whole of this frame at its physical address? */
  static mayShare(frame: Capability): bool {
    return frame.extra != FRAME_DEVICE && frame.rights == VM_READ_WRITE;
  }

  /** May this frame hold an IPC buffer at `virtualAddress`? */
  static checkIpcBuffer(virtualAddress: u64, capability: Capability): u32 {
    if (capability.type != CAP_FRAME || capability.extra == FRAME_DEVICE) return Errors.illegalOperation();
    if ((virtualAddress & ((1 << (<u64>IPC_BUFFER_BITS)) - 1)) != 0) return Errors.alignmentError();
    return OK;
  }

  /** May a thread use this capability as its address space? (seL4 asks only whether it is a mapped table.) */
  static isVSpaceRoot(capability: Capability): bool {
    return VSpace.isMapped(capability);
  }

  /** ASID a frame or table is mapped under; 0: none. */
  @inline static asid(capability: Capability): u64 {
    return AddressSpaceIds.of(capability.data);
  }
}

// Taking mappings away: what unmap invocations and the deletion of capabilities share.
//
// A capability remembers where it was mapped, but the mapping may be gone meanwhile (the address space or a table in
// between was deleted, the ASID given to another space). So each removal walks the tables and checks that what it
// finds is its own; if not, nothing is to be done.

import { PAGE_BITS } from "../../../abi/src/objects";
import { Capability } from "../capability";
import { Hart } from "../hart";
import { stallThread } from "../stall";
import { TCB_SLOT_VTABLE } from "../tcb";
import { AddressSpaceIds } from "./address-space-ids";
import { BatchWalk } from "./batch-walk";
import { HartContext } from "./hart-context";
import { PageTable, PageTableEntry, PageTableSlot } from "./page-table";
import { Translations } from "./translations";
import { VSpace } from "./vspace";

const PPN_MASK: u64 = (1 << 44) - 1;

export class Mappings {
  /** User virtual address at which a frame or table capability was mapped. */
  @inline static address(capability: Capability): u64 {
    return (<u64>capability.object) << 12;
  }

  /** Removes a frame's mapping, if it still exists. */
  static unmapFrame(frame: Capability): void {
    const asid = AddressSpaceIds.of(frame.data);
    const address = Mappings.address(frame);
    let place = frame.sizeBits == PAGE_BITS ? BatchWalk.entryIn(asid, address) : 0;
    if (place == 0) {
      const root = VSpace.rootTable(asid);
      if (asid == 0 || root == 0) return;
      PageTable.lookup(root, address);
      if (PageTableSlot.bits != <u32>frame.sizeBits) return;
      place = PageTableSlot.entry;
    }
    const entry = load<u64>(place);
    if (!PageTableEntry.isValid(entry) || PageTableEntry.isTable(entry)) return;
    if (PageTableEntry.ppn(entry) != (frame.data & PPN_MASK)) return;
    store<u64>(place, PageTableEntry.INVALID);
    Translations.flushPage(asid, address);
  }

  /** Unhooks a page table that is not a root from its address space, if it still hangs there. */
  static unmapTable(capability: Capability): void {
    const asid = AddressSpaceIds.of(capability.data);
    const root = VSpace.rootTable(asid);
    if (root == 0) return;
    const entry = PageTable.findTable(root, Mappings.address(capability), VSpace.tableOf(capability));
    if (entry == 0) return;
    store<u64>(entry, PageTableEntry.INVALID);
    Translations.flushSpace(asid);
  }

  /** The last capability to a table disappears: unhooks the table, or ends the address space whose root it is. */
  static deleteTable(capability: Capability): void {
    if (VSpace.isValidRoot(capability)) {
      const asid = AddressSpaceIds.of(capability.data);
      store<u64>(AddressSpaceIds.wordAt(asid), 0);
      Mappings.leaveDeadSpaces();
      Translations.flushSpace(asid);
    } else {
      Mappings.unmapTable(capability);
    }
  }

  /** A pool disappears, and with it the names of its address spaces. */
  static deletePool(capability: Capability): void {
    const index = AddressSpaceIds.poolIndex(capability.data);
    if (AddressSpaceIds.pool(index) != capability.object) return;
    AddressSpaceIds.removePool(index);
    Mappings.leaveDeadSpaces();
    Translations.flushAll();
  }

  /**
   * No hart stays in an address space that no longer exists. A thread may run in one whose root's last capability was
   * not its own, as revoking took that away. Other harts give such threads up and find no address space for them
   * when they go on. To be done before translations are flushed, so that none is made anew.
   */
  private static leaveDeadSpaces(): void {
    const here = Hart.current();
    VSpace.setRoot(here.current);
    for (let index: u32 = 0; index < HartContext.count(); index++) {
      const hart = Hart.number(index);
      if (hart.address == here.address || hart.isIdle()) continue;
      const thread = hart.thread;
      if (!VSpace.isValidRoot(thread.slot(TCB_SLOT_VTABLE))) stallThread(thread);
    }
  }
}

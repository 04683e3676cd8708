// Invocations of page-table capabilities: map below a root, unmap.

import { PAGE_TABLE_MAP, PAGE_TABLE_UNMAP } from "../../../abi/src/labels";
import { PAGE_BITS, USER_TOP } from "../../../abi/src/objects";
import { Capability, Slot } from "../capability";
import { DerivationTree } from "../derivation-tree";
import { Errors, LookupFailure, OK } from "../errors";
import { Arguments } from "../message";
import { beginInvocation } from "../thread";
import { AddressSpaceIds } from "./address-space-ids";
import { Mappings } from "./mappings";
import { PageTable, PageTableEntry, PageTableSlot } from "./page-table";
import { Translations } from "./translations";
import { VSpace } from "./vspace";

const PPN_MASK: u64 = (1 << 44) - 1;
const PAGE_TABLE_SIZE: u32 = 4096;
const NOT_MAPPED: u8 = 0;
const MAPPED: u8 = 1;

export function decodePageTable(label: u32, slot: Slot): u32 {
  if (label == PAGE_TABLE_UNMAP) return decodeUnmap(slot);
  if (label == PAGE_TABLE_MAP) return decodeMap(slot);
  return Errors.illegalOperation();
}

function decodeUnmap(slot: Slot): u32 {
  if (!DerivationTree.isFinal(slot)) return Errors.revokeFirst();
  if (VSpace.isValidRoot(slot)) return Errors.revokeFirst();
  beginInvocation();
  if (VSpace.isMapped(slot)) {
    Mappings.unmapTable(slot);
    memory.fill(VSpace.tableOf(slot), 0, PAGE_TABLE_SIZE);
  }
  slot.rights = NOT_MAPPED;
  slot.object = 0;
  slot.data = slot.data & PPN_MASK;
  return OK;
}

function decodeMap(slot: Slot): u32 {
  const rootSlot = Arguments.extraCap(0);
  if (Arguments.length < 2 || rootSlot == 0) return Errors.truncatedMessage();
  if (VSpace.isMapped(slot)) return Errors.invalidCapability(0);
  const root = Capability.at(rootSlot);
  if (!VSpace.isMapped(root)) return Errors.invalidCapability(1);
  const address = Arguments.word(0);
  if (address >= <u64>USER_TOP) return Errors.invalidArgument(0);
  const status = checkRoot(root);
  if (status != OK) return status;
  PageTable.lookup(VSpace.tableOf(root), address);
  const entry = PageTableSlot.entry;
  const bits = PageTableSlot.bits;
  if (bits == PAGE_BITS || PageTableEntry.isValid(load<u64>(entry))) return Errors.deleteFirst();

  beginInvocation();
  const asid = AddressSpaceIds.of(root.data);
  const ppn = slot.data & PPN_MASK;
  slot.rights = MAPPED;
  slot.object = <u32>(address >> 12) & (~0 << (bits - PAGE_BITS));
  slot.data = ppn | (asid << 44);
  store<u64>(entry, PageTableEntry.table(ppn));
  Translations.flushSpace(asid);
  return OK;
}

/** Is a mapped page-table capability (extra capability 0) the root of a living address space? */
export function checkRoot(root: Capability): u32 {
  if (VSpace.isValidRoot(root)) return OK;
  if (AddressSpaceIds.root(AddressSpaceIds.of(root.data)) == 0) {
    LookupFailure.invalidRoot();
    return Errors.failedLookup(false);
  }
  return Errors.invalidCapability(1);
}

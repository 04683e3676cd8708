// Invocations of frame capabilities: map, unmap, get the physical address.

import { PAGE_GET_ADDRESS, PAGE_MAP, PAGE_UNMAP } from "../../../abi/src/labels";
import { PAGE_BITS, USER_TOP, VM_EXECUTE_NEVER } from "../../../abi/src/objects";
import { Capability, Slot } from "../capability";
import { Errors, LookupFailure, OK } from "../errors";
import { Arguments, Reply, replyWords } from "../message";
import { beginInvocation } from "../thread";
import { AddressSpaceIds } from "./address-space-ids";
import { ArchCaps } from "./arch-caps";
import { BatchWalk } from "./batch-walk";
import { Mappings } from "./mappings";
import { PageTable, PageTableEntry, PageTableSlot } from "./page-table";
import { checkRoot } from "./page-table-invocation";
import { Translations } from "./translations";
import { VSpace } from "./vspace";

const PPN_MASK: u64 = (1 << 44) - 1;

export function decodeFrame(label: u32, slot: Slot): u32 {
  if (label == PAGE_MAP) return decodeMap(slot);
  if (label == PAGE_UNMAP) return unmap(slot);
  if (label == PAGE_GET_ADDRESS) return getAddress(slot);
  return Errors.illegalOperation();
}

function decodeMap(slot: Slot): u32 {
  const rootSlot = Arguments.extraCap(0);
  if (Arguments.length < 3 || rootSlot == 0) return Errors.truncatedMessage();
  const root = Capability.at(rootSlot);
  const address = Arguments.word(0);
  // 0, unless a request before this one in a batch has been here.
  let entry = slot.sizeBits == PAGE_BITS ? BatchWalk.entryBelow(rootSlot, address) : 0;
  if (entry == 0) {
    if (!VSpace.isMapped(root)) return Errors.invalidCapability(1);
    const rootStatus = checkRoot(root);
    if (rootStatus != OK) return rootStatus;
  }
  const status = checkAddress(slot, address);
  if (status != OK) return status;
  if (entry == 0) {
    PageTable.lookup(VSpace.tableOf(root), address);
    if (PageTableSlot.bits != <u32>slot.sizeBits) {
      LookupFailure.missingCapability(PageTableSlot.bits);
      return Errors.failedLookup(false);
    }
    entry = PageTableSlot.entry;
    if (Translations.isBatching() && slot.sizeBits == PAGE_BITS)
      BatchWalk.remember(rootSlot, AddressSpaceIds.of(root.data), address, entry);
  }
  const asid = AddressSpaceIds.of(root.data);
  const mappedStatus = checkMapped(slot, asid, address, load<u64>(entry));
  if (mappedStatus != OK) return mappedStatus;

  const rights = ArchCaps.maskedRights(<u32>slot.rights, <u32>Arguments.word(1));
  const executable = (Arguments.word(2) & VM_EXECUTE_NEVER) == 0;
  beginInvocation();
  const wasMapped = PageTableEntry.isValid(load<u64>(entry));
  const ppn = slot.data & PPN_MASK;
  slot.object = <u32>(address >> 12);
  slot.data = ppn | (asid << 44);
  store<u64>(entry, PageTableEntry.userPage(ppn, rights, executable));
  if (wasMapped) Translations.flushPage(asid, address);
  else Translations.added(asid, address);
  return OK;
}

/** The whole page must lie in user space, aligned to its size (so that its end, where it overflows, is refused too). */
function checkAddress(frame: Capability, address: u64): u32 {
  const mask: u64 = (1 << (<u64>frame.sizeBits)) - 1;
  if (address + mask >= <u64>USER_TOP) return Errors.invalidArgument(0);
  return (address & mask) != 0 ? Errors.alignmentError() : OK;
}

/** A frame that is mapped may only be mapped again at its own place (to change rights); others need a free entry. */
function checkMapped(frame: Capability, asid: u64, address: u64, entry: u64): u32 {
  const mappedAsid = AddressSpaceIds.of(frame.data);
  if (mappedAsid != 0) {
    if (mappedAsid != asid) return Errors.invalidCapability(1);
    if (Mappings.address(frame) != address) return Errors.invalidArgument(0);
    return PageTableEntry.isTable(entry) ? Errors.deleteFirst() : OK;
  }
  return PageTableEntry.isValid(entry) ? Errors.deleteFirst() : OK;
}

function unmap(slot: Slot): u32 {
  beginInvocation();
  Mappings.unmapFrame(slot);
  ArchCaps.forgetMapping(slot);
  return OK;
}

function getAddress(slot: Slot): u32 {
  beginInvocation();
  Reply.setWord(0, ArchCaps.address(slot));
  replyWords(1);
  return OK;
}

// Invocations of ASID control (turns an untyped page into a pool) and of ASID pools (give a root table its ASID).

import { CAP_ASID_POOL, CAP_PAGE_TABLE, CAP_UNTYPED } from "../../../abi/src/capability-tags";
import { ASID_CONTROL_MAKE_POOL, ASID_POOL_ASSIGN } from "../../../abi/src/labels";
import { ASID_POOL_BITS } from "../../../abi/src/objects";
import { Capability, Slot, UNTYPED_DEVICE } from "../capability";
import { Lookup, lookupTargetSlot } from "../cspace";
import { DerivationTree } from "../derivation-tree";
import { Errors, LookupFailure, OK } from "../errors";
import { Arguments } from "../message";
import { beginInvocation } from "../thread";
import { AddressSpaceIds } from "./address-space-ids";
import { PageTable } from "./page-table";
import { VSpace } from "./vspace";

const POOL_BITS: u64 = 9;
const POOL_BYTES: u64 = 1 << ASID_POOL_BITS;
const MAPPED: u8 = 1;

/** The capability under construction for a new pool. */
const newPool = memory.data(16, 8);

export function decodeAsidControl(label: u32): u32 {
  if (label != ASID_CONTROL_MAKE_POOL) return Errors.illegalOperation();
  const untypedSlot = Arguments.extraCap(0);
  const rootSlot = Arguments.extraCap(1);
  if (Arguments.length < 2 || untypedSlot == 0 || rootSlot == 0) return Errors.truncatedMessage();
  const index = AddressSpaceIds.freePoolIndex();
  if (index == AddressSpaceIds.POOLS) return Errors.deleteFirst();
  const untyped = Slot.at(untypedSlot);
  if (untyped.type != CAP_UNTYPED || untyped.sizeBits != ASID_POOL_BITS || untyped.rights == UNTYPED_DEVICE) {
    return Errors.invalidCapability(1);
  }
  let status = DerivationTree.ensureNoChildren(untyped);
  if (status != OK) return status;
  status = lookupTargetSlot(Capability.at(rootSlot), Arguments.word(0), Arguments.word(1));
  if (status != OK) return status;
  const destination = Lookup.slot;
  status = DerivationTree.ensureEmpty(destination);
  if (status != OK) return status;

  beginInvocation();
  const pool = untyped.object;
  untyped.data = POOL_BYTES;
  memory.fill(pool, 0, <usize>POOL_BYTES);
  const capability = Capability.at(<u32>newPool);
  capability.become(CAP_ASID_POOL, pool);
  capability.data = (<u64>index) << POOL_BITS;
  DerivationTree.insert(capability, untyped, destination);
  AddressSpaceIds.setPool(index, pool);
  return OK;
}

export function decodeAsidPool(label: u32, slot: Slot): u32 {
  if (label != ASID_POOL_ASSIGN) return Errors.illegalOperation();
  const rootSlot = Arguments.extraCap(0);
  if (rootSlot == 0) return Errors.truncatedMessage();
  const root = Slot.at(rootSlot);
  if (root.type != CAP_PAGE_TABLE || VSpace.isMapped(root)) return Errors.invalidCapability(1);
  const pool = AddressSpaceIds.pool(AddressSpaceIds.poolIndex(slot.data));
  if (pool == 0) {
    LookupFailure.invalidRoot();
    return Errors.failedLookup(false);
  }
  if (pool != slot.object) return Errors.invalidCapability(0);
  const asid = freeAsid(slot.data);
  if (asid == 0) return Errors.deleteFirst();

  beginInvocation();
  AddressSpaces.assign(root, asid);
  return OK;
}

/** Lowest free ASID of the pool that starts at `base`; 0 (the kernel's own) when none is left. */
function freeAsid(base: u64): u64 {
  for (let asid = base; asid < base + AddressSpaceIds.POOL_SIZE; asid++) {
    if (asid != 0 && AddressSpaceIds.root(asid) == 0) return asid;
  }
  return 0;
}

/** Making address spaces. */
export class AddressSpaces {
  /** An unmapped table becomes the root of the address space `asid`, whose pool exists. */
  static assign(root: Capability, asid: u64): void {
    const table = VSpace.tableOf(root);
    PageTable.copyKernelMappings(table);
    root.object = 0;
    root.rights = MAPPED;
    root.data = VSpace.satp(asid, table);
    store<u64>(AddressSpaceIds.wordAt(asid), root.data);
  }
}

// Invocations of CNode capabilities: copying, moving, deleting and revoking the capabilities in their slots.

import { CAP_ENDPOINT, CAP_NULL, CAP_REPLY } from "../../abi/src/capability-tags";
import { SYNC_IPC } from "../../abi/src/config";
import {
  CNODE_CANCEL_BADGED_SENDS,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_MINT,
  CNODE_MOVE,
  CNODE_MUTATE,
  CNODE_REVOKE,
  CNODE_SAVE_CALLER,
} from "../../abi/src/labels";
import { ALL_RIGHTS } from "../../abi/src/rights";
import { Capability, Slot } from "./capability";
import { maskRights, updateData } from "./capability-rules";
import { Lookup, lookupSourceSlot, lookupTargetSlot } from "./cspace";
import { deleteSlot, revoke } from "./deletion";
import { DerivationTree, deriveCapability } from "./derivation-tree";
import { EndpointIpc } from "./endpoint";
import { Endpoint } from "./endpoint-object";
import { Errors, LookupFailure, OK } from "./errors";
import { Hart } from "./hart";
import { Arguments } from "./message";
import { TCB_SLOT_CALLER } from "./tcb";
import { beginInvocation } from "./thread";

/** The capabilities under construction. */
const NEW_SOURCE = <u32>memory.data(16, 8);
const NEW_PIVOT = <u32>memory.data(16, 8);

/** Decodes and performs an invocation of the CNode capability in `slot`. */
export function decodeCNode(label: u32, slot: Slot): u32 {
  if (label < <u32>CNODE_REVOKE || label > <u32>CNODE_SAVE_CALLER) return Errors.illegalOperation();
  if (Arguments.length < 2) return Errors.truncatedMessage();
  const status = lookupTargetSlot(slot, Arguments.word(0), Arguments.word(1));
  if (status != OK) return status;
  const target = Lookup.slot;
  switch (label) {
    case CNODE_COPY:
    case CNODE_MINT:
    case CNODE_MOVE:
    case CNODE_MUTATE:
      return decodeTransfer(label, target);
    case CNODE_REVOKE:
      beginInvocation();
      return revoke(target);
    case CNODE_DELETE:
      beginInvocation();
      return deleteSlot(target, true);
    case CNODE_SAVE_CALLER:
      return SYNC_IPC ? saveCaller(target) : Errors.illegalOperation();
    case CNODE_CANCEL_BADGED_SENDS:
      return SYNC_IPC ? cancelBadgedSends(target) : Errors.illegalOperation();
    default:
      // CNODE_ROTATE, the only one left
      return decodeRotate(target);
  }
}

/** Copy, Mint, Move and Mutate: from a slot below extra capability 0 to the empty slot `target`. */
function decodeTransfer(label: u32, target: Slot): u32 {
  const root = Arguments.extraCap(0);
  if (Arguments.length < 4 || root == 0) return Errors.truncatedMessage();
  let status = DerivationTree.ensureEmpty(target);
  if (status != OK) return status;
  const depth = Arguments.word(3);
  status = lookupSourceSlot(Capability.at(root), Arguments.word(2), depth);
  if (status != OK) return status;
  const source = Lookup.slot;
  if (source.type == CAP_NULL) return missing(true, depth);

  const cap = Capability.at(NEW_SOURCE);
  cap.copyFrom(source);
  const isMove = label == CNODE_MOVE || label == CNODE_MUTATE;
  if (label == CNODE_COPY || label == CNODE_MINT) {
    if (Arguments.length < (label == CNODE_COPY ? 5 : 6)) return Errors.truncatedMessage();
    maskRights(cap, <u32>Arguments.word(4));
    if (label == CNODE_MINT) updateData(cap, false, Arguments.word(5));
    status = deriveCapability(source, cap);
    if (status != OK) return status;
  } else if (label == CNODE_MUTATE) {
    if (Arguments.length < 5) return Errors.truncatedMessage();
    updateData(cap, true, Arguments.word(4));
  }
  if (cap.isNull()) return Errors.illegalOperation();

  beginInvocation();
  if (isMove) DerivationTree.move(cap, source, target);
  else DerivationTree.insert(cap, source, target);
  return OK;
}

/** A slot that must hold a capability is empty. */
function missing(isSource: bool, depth: u64): u32 {
  LookupFailure.missingCapability(<u32>depth);
  return Errors.failedLookup(isSource);
}

/** Source → pivot → target, with new data for both. Source and target may be the same slot: then two are swapped. */
function decodeRotate(target: Slot): u32 {
  const pivotRoot = Arguments.extraCap(0);
  const sourceRoot = Arguments.extraCap(1);
  if (Arguments.length < 8 || pivotRoot == 0 || sourceRoot == 0) return Errors.truncatedMessage();
  const pivotData = Arguments.word(2);
  const pivotDepth = Arguments.word(4);
  const sourceData = Arguments.word(5);
  const sourceDepth = Arguments.word(7);
  let status = lookupSourceSlot(Capability.at(sourceRoot), Arguments.word(6), sourceDepth);
  if (status != OK) return status;
  const source = Lookup.slot;
  status = lookupSourceSlot(Capability.at(pivotRoot), Arguments.word(3), pivotDepth);
  if (status != OK) return status;
  const pivot = Lookup.slot;

  if (pivot == source || pivot == target) return Errors.illegalOperation();
  if (source != target) {
    status = DerivationTree.ensureEmpty(target);
    if (status != OK) return status;
  }
  if (source.type == CAP_NULL) return missing(true, sourceDepth);
  if (pivot.type == CAP_NULL) return missing(false, pivotDepth);
  const newSource = Capability.at(NEW_SOURCE);
  newSource.copyFrom(source);
  updateData(newSource, true, sourceData);
  const newPivot = Capability.at(NEW_PIVOT);
  newPivot.copyFrom(pivot);
  updateData(newPivot, true, pivotData);
  if (newSource.isNull() || newPivot.isNull()) return Errors.illegalOperation();

  beginInvocation();
  if (source == target) {
    DerivationTree.swap(source, pivot);
    source.copyFrom(newPivot);
    pivot.copyFrom(newSource);
  } else {
    DerivationTree.move(newPivot, pivot, target);
    DerivationTree.move(newSource, source, pivot);
  }
  return OK;
}

/** Keeps the right to answer the current caller in a slot, so that other calls can be taken first. */
function saveCaller(target: Slot): u32 {
  const status = DerivationTree.ensureEmpty(target);
  if (status != OK) return status;
  beginInvocation();
  const caller = Hart.current().thread.slot(TCB_SLOT_CALLER);
  if (caller.type == CAP_REPLY) DerivationTree.move(caller, caller, target);
  return OK;
}

function cancelBadgedSends(target: Slot): u32 {
  if (target.type != CAP_ENDPOINT || (<u32>target.rights & ALL_RIGHTS) != ALL_RIGHTS)
    return Errors.illegalOperation();
  beginInvocation();
  if (target.data != 0) EndpointIpc.cancelBadgedSends(Endpoint.at(target.object), target.data);
  return OK;
}

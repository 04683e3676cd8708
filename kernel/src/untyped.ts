// Untyped memory: the only source of kernel objects.
//
// An untyped capability has a watermark: bytes below it are used by objects made from it. Objects are aligned to their
// size. When nothing derived from the capability exists any more, its memory is cleared, from the watermark down, and
// used from the start again; the watermark records how far clearing has come, so it can be preempted.

import {
  CAP_CNODE,
  CAP_ENDPOINT,
  CAP_NOTIFICATION,
  CAP_THREAD,
  CAP_UNTYPED,
} from "../../abi/src/capability-tags";
import { RESET_CHUNK_BITS, RETYPE_FAN_OUT_LIMIT, SYNC_IPC, TIME_SLICE_TICKS } from "../../abi/src/config";
import { UNTYPED_RETYPE } from "../../abi/src/labels";
import {
  ENDPOINT_BITS,
  MAX_UNTYPED_BITS,
  MIN_UNTYPED_BITS,
  NOTIFICATION_BITS,
  OBJECT_CNODE,
  OBJECT_ENDPOINT,
  OBJECT_GIGA_PAGE,
  OBJECT_MEGA_PAGE,
  OBJECT_NOTIFICATION,
  OBJECT_PAGE,
  OBJECT_TCB,
  OBJECT_TYPES,
  OBJECT_UNTYPED,
  SLOT_BITS,
  TCB_BITS,
  WORD_BITS,
} from "../../abi/src/objects";
import { ALL_RIGHTS, RIGHT_READ, RIGHT_WRITE } from "../../abi/src/rights";
import { Capability, SLOT_SIZE, Slot, UNTYPED_DEVICE } from "./capability";
import { Lookup, lookupTargetSlot } from "./cspace";
import { ThreadList } from "./debug-threads";
import { DerivationTree } from "./derivation-tree";
import { Domains } from "./domains";
import { Errors, LookupFailure, OK } from "./errors";
import { Invoker } from "./invoker";
import { Arguments } from "./message";
import { preemptionPoint } from "./preemption";
import { ArchCaps } from "./riscv/arch-caps";
import { Tcb } from "./tcb";
import { beginInvocation } from "./thread";

/** The capability to the object being made. */
const NEW_CAPABILITY = <u32>memory.data(16, 8);

/** What Retype was asked for, after all checks. */
class Request {
  static type: u32 = 0;
  /** The size argument: 2^n bytes of an untyped, 2^n slots of a CNode. */
  static userBits: u32 = 0;
  /** Object size: 2^n bytes. */
  static objectBits: u32 = 0;
  /** First destination slot, and how many. */
  static slots: u32 = 0;
  static count: u32 = 0;
}

function isFrame(type: u32): bool {
  return type == OBJECT_PAGE || type == OBJECT_MEGA_PAGE || type == OBJECT_GIGA_PAGE;
}

/** Size of an object of `type`: 2^n bytes. */
function objectBits(type: u32, userBits: u64): u64 {
  switch (type) {
    case OBJECT_UNTYPED:
      return userBits;
    case OBJECT_TCB:
      return TCB_BITS;
    case OBJECT_ENDPOINT:
      return ENDPOINT_BITS;
    case OBJECT_NOTIFICATION:
      return NOTIFICATION_BITS;
    case OBJECT_CNODE:
      return SLOT_BITS + userBits;
    default:
      return ArchCaps.objectBits(type);
  }
}

/** Decodes and performs an invocation of the untyped capability in `slot`. */
export function decodeUntyped(label: u32, slot: Slot): u32 {
  if (label != UNTYPED_RETYPE) return Errors.illegalOperation();
  if (Arguments.length < 6 || Arguments.extraCap(0) == 0) return Errors.truncatedMessage();
  let status = decodeObject(Arguments.word(0), Arguments.word(1));
  if (status != OK) return status;
  status = decodeDestination();
  if (status != OK) return status;

  const reset = DerivationTree.firstChild(slot) == 0;
  const used: u64 = reset ? 0 : slot.data;
  const left = ((<u64>1) << slot.sizeBits) - used;
  if (left >> Request.objectBits < <u64>Request.count) return Errors.notEnoughMemory(left);
  const device = slot.rights == UNTYPED_DEVICE;
  if (device && !isFrame(Request.type) && Request.type != OBJECT_UNTYPED) return Errors.invalidArgument(1);

  beginInvocation();
  if (reset) {
    status = resetUntyped(slot, device);
    if (status != OK) return status;
  }
  createObjects(slot, used, device);
  return OK;
}

function decodeObject(type: u64, userBits: u64): u32 {
  if (type >= <u64>OBJECT_TYPES || (!SYNC_IPC && type == OBJECT_ENDPOINT)) return Errors.invalidArgument(0);
  const bits = objectBits(<u32>type, userBits);
  if (userBits >= <u64>WORD_BITS || bits > <u64>MAX_UNTYPED_BITS)
    return Errors.rangeError(0, MAX_UNTYPED_BITS);
  if (type == OBJECT_CNODE && userBits == 0) return Errors.invalidArgument(1);
  if (type == OBJECT_UNTYPED && userBits < <u64>MIN_UNTYPED_BITS) return Errors.invalidArgument(1);
  Request.type = <u32>type;
  Request.userBits = <u32>userBits;
  Request.objectBits = <u32>bits;
  return OK;
}

function decodeDestination(): u32 {
  const index = Arguments.word(2);
  const depth = Arguments.word(3);
  const offset = Arguments.word(4);
  const count = Arguments.word(5);
  let node: Capability = Capability.at(Arguments.extraCap(0));
  if (depth != 0) {
    const status = lookupTargetSlot(node, index, depth);
    if (status != OK) return status;
    node = Lookup.slot;
  }
  if (node.type != CAP_CNODE) {
    LookupFailure.missingCapability(<u32>depth);
    return Errors.failedLookup(false);
  }
  const size = (<u64>1) << node.radix;
  if (offset > size - 1) return Errors.rangeError(0, size - 1);
  if (count < 1 || count > <u64>RETYPE_FAN_OUT_LIMIT) return Errors.rangeError(1, RETYPE_FAN_OUT_LIMIT);
  if (count > size - offset) return Errors.rangeError(1, size - offset);
  const first = node.object + <u32>offset * SLOT_SIZE;
  for (let i: u32 = 0; i < <u32>count; i++) {
    const status = DerivationTree.ensureEmpty(Slot.of(first, i));
    if (status != OK) return status;
  }
  Request.slots = first;
  Request.count = <u32>count;
  return OK;
}

/** Clears the memory below the watermark, from the top down in chunks. */
function resetUntyped(slot: Slot, device: bool): u32 {
  if (slot.data == 0) return OK;
  const base = <u32>slot.untypedAddress;
  if (device || slot.sizeBits < <u8>RESET_CHUNK_BITS) {
    if (!device) memory.fill(base, 0, 1 << slot.sizeBits);
    slot.data = 0;
    return OK;
  }
  const chunk: u32 = 1 << RESET_CHUNK_BITS;
  while (slot.data != 0) {
    const offset = (<u32>slot.data - 1) & ~(chunk - 1);
    memory.fill(base + offset, 0, chunk);
    slot.data = offset;
    const status = preemptionPoint();
    if (status != OK) return status;
  }
  return OK;
}

function createObjects(slot: Slot, used: u64, device: bool): void {
  const base = slot.untypedAddress;
  const size = (<u64>1) << Request.objectBits;
  const first = (base + used + size - 1) & ~(size - 1);
  slot.data = first - base + <u64>Request.count * size;
  const cap = Capability.at(NEW_CAPABILITY);
  let address = first;
  for (let i: u32 = 0; i < Request.count; i++) {
    createObject(cap, address, device);
    DerivationTree.insertNew(slot, Slot.of(Request.slots, i), cap);
    address += size;
  }
}

/** Makes the object at physical `address`, in memory that is zero, and a capability with all rights to it. */
function createObject(cap: Capability, address: u64, device: bool): void {
  const pointer = <u32>address;
  switch (Request.type) {
    case OBJECT_UNTYPED:
      cap.setUntyped(CAP_UNTYPED, address, Request.userBits, device, 0);
      break;
    case OBJECT_TCB:
      initialiseThread(Tcb.at(pointer), Invoker.thread.hart);
      cap.become(CAP_THREAD, pointer);
      break;
    case OBJECT_ENDPOINT:
      cap.become(CAP_ENDPOINT, pointer);
      cap.rights = <u8>ALL_RIGHTS;
      break;
    case OBJECT_NOTIFICATION:
      cap.become(CAP_NOTIFICATION, pointer);
      cap.rights = <u8>(RIGHT_READ | RIGHT_WRITE);
      break;
    case OBJECT_CNODE:
      cap.become(CAP_CNODE, pointer);
      cap.sizeBits = <u8>Request.userBits;
      break;
    default:
      ArchCaps.create(cap, Request.type, address, device);
  }
}

/** What is not zero in a new thread, which belongs to the hart with the record `hart`: its maker's. */
export function initialiseThread(thread: Tcb, hart: u32): void {
  thread.timeSlice = TIME_SLICE_TICKS;
  thread.domain = Domains.current;
  thread.hart = hart;
  ThreadList.add(thread);
}

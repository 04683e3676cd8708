// Decoding invocations: a switch over some forty labels, each checking its arguments before it acts.
import { lookupResult, resolveAddress } from "./capability-lookup";
import { insert, remove, revoke } from "./derivation";
import {
  ADDRESS_MASK,
  CAP_CNODE,
  CAP_FRAME,
  CAP_NOTIFICATION,
  CAP_NULL,
  CAP_PAGE_TABLE,
  CAP_REPLY,
  CAP_THREAD,
  CAP_UNTYPED,
  registerAddress,
  SLOT_BUFFER,
  Slot,
  setThreadState,
  THREAD_INACTIVE,
  THREAD_RESTART,
  Thread,
  threadAt,
  threadSlot,
} from "./layout";
import { mapFrame, unmapFrame } from "./page-tables";
import { append, currentThread, dequeue, enqueue, requestReschedule, schedule } from "./scheduler";

export const WRONG_TYPE: u32 = 2;
const IS_CURRENT: u32 = 4;
const SLOT_OCCUPIED: u32 = 8;
const UNKNOWN_LABEL: u32 = 9;
const TRUNCATED: u32 = 10;
const INVALID_OBJECT: u32 = 11;
const RANGE: u32 = 12;
const NOT_ENOUGH_MEMORY: u32 = 13;
const REGISTERS: u32 = 35;

@unmanaged
export class Arguments {
  a0: u64;
  a1: u64;
  a2: u64;
  a3: u64;
  a4: u64;
  a5: u64;
}

/** log2 of the size of an object, in bytes. */
function objectBits(type: u64, userBits: u64): u64 {
  return type == 0
    ? userBits
    : type == 1
      ? 10
      : type == 2
        ? 4
        : type == 3
          ? 5
          : type == 4
            ? userBits + 5
            : type == 5
              ? 12
              : 21;
}

function retype(untyped: Slot, args: Arguments): u32 {
  const type = args.a0;
  const count = args.a5;
  if (type > 12 || args.a1 > 47) return INVALID_OBJECT;
  if (count == 0 || count > 256) return RANGE;
  const bits = objectBits(type, args.a1);
  const free = (untyped.word0 >> 16) << 4;
  const capacity = (<u64>1) << (untyped.word0 & 63);
  const mask = ((<u64>1) << bits) - 1;
  const aligned = (free + mask) & ~mask;
  if (aligned > capacity || count > (capacity - aligned) >> bits) return NOT_ENOUGH_MEMORY;
  untyped.word0 = (untyped.word0 & 0xffff) | (((aligned + (count << bits)) >> 4) << 16);
  return 0;
}

function readRegisters(from: Thread, to: Thread, count: u32): u32 {
  if (count < 1 || count > REGISTERS) return RANGE;
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(to.ipcBuffer + (i << 3), load<u64>(registerAddress(from, i), 8), 8);
  }
  return 0;
}

function writeRegisters(to: Thread, from: Thread, length: u32, args: Arguments): u32 {
  const count = <u32>args.a1;
  if (count > length - 2) return TRUNCATED;
  if (to == currentThread()) return IS_CURRENT;
  for (let i: u32 = 0; i < count && i < REGISTERS; i++) {
    store<u64>(registerAddress(to, i), load<u64>(from.ipcBuffer + (i << 3), 24), 8);
  }
  if (args.a0 & 1) setThreadState(to, THREAD_RESTART);
  return 0;
}

function setPriority(thread: Thread, priority: u32): u32 {
  if (thread.flags & 1) {
    dequeue(thread);
    thread.priority = priority;
    enqueue(thread);
    requestReschedule();
  } else {
    thread.priority = priority;
  }
  return 0;
}

function copy(cnode: Slot, args: Arguments): u32 {
  const destinationError = resolveAddress(cnode, args.a0, args.a1);
  if (destinationError != 0) return destinationError;
  const destination = changetype<Slot>(lookupResult());
  if (destination.word1 >> 59 != CAP_NULL) return SLOT_OCCUPIED;
  const sourceError = resolveAddress(cnode, args.a2, args.a3);
  if (sourceError != 0) return sourceError;
  const source = changetype<Slot>(lookupResult());
  insert(source.word0, source.word1, source, destination);
  return 0;
}

function reschedule(): u32 {
  schedule();
  return 0;
}

/** Performs invocation `label` with `length` argument words on the capability in `slot`, for `caller`. */
export function decode(label: u32, length: u32, slot: Slot, caller: Thread, args: Arguments): u32 {
  const type = slot.word1 >> 59;
  switch (label) {
    case 1:
      if (length < 6) return TRUNCATED;
      if (type != CAP_UNTYPED) return WRONG_TYPE;
      return retype(slot, args);
    case 2:
      if (length < 2) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      return readRegisters(threadAt(slot.word1), caller, <u32>args.a1);
    case 3:
      if (length < 3) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      return writeRegisters(threadAt(slot.word1), caller, length, args);
    case 4:
      if (length < 4) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      threadAt(slot.word1).programCounter = args.a2;
      return 0;
    case 5:
      if (length < 1) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      if (args.a0 > <u64>caller.maximumPriority) return RANGE;
      threadAt(slot.word1).maximumPriority = <u32>args.a0;
      return 0;
    case 6:
      if (length < 1) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      if (args.a0 > <u64>caller.maximumPriority) return RANGE;
      return setPriority(threadAt(slot.word1), <u32>args.a0);
    case 7:
      if (type != CAP_THREAD) return WRONG_TYPE;
      setThreadState(threadAt(slot.word1), THREAD_INACTIVE);
      dequeue(threadAt(slot.word1));
      return 0;
    case 8:
      if (type != CAP_THREAD) return WRONG_TYPE;
      setThreadState(threadAt(slot.word1), THREAD_RESTART);
      append(threadAt(slot.word1));
      return 0;
    case 9:
      if (length < 2) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      threadSlot(threadAt(slot.word1), SLOT_BUFFER).word0 = args.a1;
      return 0;
    case 10:
      if (length < 1) return TRUNCATED;
      if (type != CAP_THREAD) return WRONG_TYPE;
      threadAt(slot.word1).tp = args.a0;
      return 0;
    case 11:
      if (type != CAP_CNODE) return WRONG_TYPE;
      revoke(slot);
      return 0;
    case 12:
      if (type != CAP_CNODE) return WRONG_TYPE;
      remove(slot);
      return 0;
    case 13:
      if (length < 4) return TRUNCATED;
      if (type != CAP_CNODE) return WRONG_TYPE;
      return resolveAddress(slot, args.a0, args.a1);
    case 14:
      if (length < 4) return TRUNCATED;
      if (type != CAP_CNODE) return WRONG_TYPE;
      return copy(slot, args);
    case 15:
      if (length < 5) return TRUNCATED;
      if (type != CAP_CNODE) return WRONG_TYPE;
      slot.word0 = args.a4;
      return 0;
    case 16:
      if (length < 3) return TRUNCATED;
      slot.word1 = (slot.word1 & ~((<u64>63) << 53)) | ((args.a2 & 63) << 53);
      return 0;
    case 17:
      if (type != CAP_FRAME) return WRONG_TYPE;
      if (length < 3) return TRUNCATED;
      return mapFrame(<u32>args.a0, args.a1, slot.word1 & ADDRESS_MASK, 0, args.a2, false);
    case 18:
      if (type != CAP_FRAME) return WRONG_TYPE;
      return unmapFrame(<u32>args.a0, args.a1, slot.word1 & ADDRESS_MASK, 0);
    case 19:
      if (type != CAP_FRAME) return WRONG_TYPE;
      caller.a0 = slot.word1 & ADDRESS_MASK;
      return 0;
    case 20:
      if (type != CAP_PAGE_TABLE) return WRONG_TYPE;
      slot.word1 |= (<u64>1) << 47;
      return 0;
    case 21:
      if (type != CAP_PAGE_TABLE) return WRONG_TYPE;
      slot.word1 &= ~((<u64>1) << 47);
      return 0;
    case 22:
      if (length < 2) return TRUNCATED;
      caller.timeSlice = <u32>args.a0 + <u32>args.a1;
      return 0;
    case 23:
      caller.badge = args.a0 ^ args.a1;
      return 0;
    case 24:
      caller.badge += args.a0;
      return 0;
    case 25:
      caller.fault = args.a0 & 15;
      return 0;
    case 26:
      caller.flags |= 2;
      return 0;
    case 27:
      caller.flags &= ~2;
      return 0;
    case 28:
      if (type != CAP_NOTIFICATION) return WRONG_TYPE;
      slot.word0 |= args.a0;
      return 0;
    case 29:
      if (type != CAP_NOTIFICATION) return WRONG_TYPE;
      caller.a0 = slot.word0;
      slot.word0 = 0;
      return 0;
    case 30:
      if (type != CAP_REPLY) return WRONG_TYPE;
      remove(slot);
      return 0;
    case 31:
      if (args.a0 >= 64) return RANGE;
      caller.a0 = (<u64>1) << args.a0;
      return 0;
    case 32:
      if (args.a0 >= 64) return RANGE;
      caller.a0 &= ~((<u64>1) << args.a0);
      return 0;
    case 33:
      caller.a0 = popcnt(args.a0);
      return 0;
    case 34:
      caller.a0 = args.a0 * 10 + args.a1;
      return 0;
    case 35:
      if (args.a1 == 0) return RANGE;
      caller.a0 = args.a0 / args.a1;
      return 0;
    case 36:
      caller.a0 = min<u64>(args.a0, args.a1);
      return 0;
    case 37:
      caller.a0 = <u64>(<i64>args.a0 >> 3);
      return 0;
    case 38:
      caller.status = (caller.status & ~(<u64>0x6000)) | ((args.a0 & 3) << 13);
      return 0;
    case 39:
      caller.nextProgramCounter = caller.programCounter + 4;
      return 0;
    case 40:
      return reschedule();
    default:
      return UNKNOWN_LABEL;
  }
}

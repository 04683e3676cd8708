// One asynchronous request: what a handler does with an item of the request ring. Its words are copied, then decoded by the
// same functions as a system call's, in the name of the stand-in, with the capabilities of the thread that made it.

import { load64, store64 } from "rv";
import {
  CAP_CNODE,
  CAP_FRAME,
  CAP_NULL,
  CAP_PAGE_TABLE,
  CAP_THREAD,
  CAP_UNTYPED,
  CAP_ZOMBIE,
} from "../../abi/src/capability-tags";
import { DEBUG } from "../../abi/src/config";
import {
  ASYNC_PUT_CHAR,
  ASYNC_PUT_STRING,
  CNODE_SAVE_CALLER,
  PAGE_TABLE_UNMAP,
  TCB_BIND_NOTIFICATION,
  TCB_UNBIND_NOTIFICATION,
} from "../../abi/src/labels";
import { MESSAGE_LABEL_SHIFT, MESSAGE_LENGTH_MASK, MESSAGE_REGISTERS } from "../../abi/src/message-info";
import { SLOT_BITS } from "../../abi/src/objects";
import {
  ITEM_ID_AT,
  ITEM_INFO_AT,
  ITEM_WORDS_AT,
  SYSTEM_CALL_CAPABILITY_AT,
  SYSTEM_CALL_EXTRA_CAPS_AT,
  SYSTEM_CALL_MAX_WORDS,
  SYSTEM_CALL_WORDS_AT,
} from "../../abi/src/ring";
import { Slot } from "./capability";
import { decodeCNode } from "./cnode-invocation";
import { FastLookup, Lookup, lookupSlot } from "./cspace";
import { Errors, OK, PREEMPTED } from "./errors";
import { replyError } from "./invocation";
import { StandIn } from "./invoker";
import { Arguments, ExtraCaps, MessageInfo } from "./message";
import { Console } from "./riscv/console";
import { decodeFrame } from "./riscv/frame-invocation";
import { decodePageTable } from "./riscv/page-table-invocation";
import { Translations } from "./riscv/translations";
import { TCB_SLOT_CTABLE, Tcb } from "./tcb";
import { decodeThread } from "./tcb-invocation";
import { beginInvocation } from "./thread";
import { decodeUntyped } from "./untyped";

/** Most bytes that one request prints. */
const PRINTED_BYTES: u64 = 80;

/** AsyncRequest.serve: it is answered; it was about the mapping of pages only. */
export const ANSWERED_MAPPING: u32 = 0;
/** AsyncRequest.serve: it is answered; it may have ended the registration of its thread. */
export const ANSWERED: u32 = 1;
/** AsyncRequest.serve: it was preempted, and is to be served again. */
export const UNANSWERED: u32 = 2;

/** The CSpace of the thread whose requests are served. What is kept of it must be refreshed whenever slots may have changed. */
class CSpace {
  private static thread: u32 = 0;
  // A flat root CNode: its first slot, its guard where pointers have it, and its radix. Otherwise no pointer leads anywhere.
  private static slots: u32 = 0;
  private static guard: u64 = 0;
  private static radix: u64 = 0;

  static open(thread: Tcb): void {
    CSpace.thread = thread.address;
    CSpace.refresh();
  }

  static refresh(): void {
    const root = Tcb.at(CSpace.thread).slot(TCB_SLOT_CTABLE);
    const flat = root.type == CAP_CNODE && FastLookup.isFlat(root);
    CSpace.slots = flat ? root.object : 0;
    CSpace.radix = flat ? <u64>root.radix : 0;
    CSpace.guard = flat ? root.data << root.radix : ~0;
  }

  /** The slot that a pointer names in a flat CSpace; 0: none, or step by step. */
  @inline static slotAtOnce(pointer: u64): u32 {
    const index = pointer ^ CSpace.guard;
    return index >> CSpace.radix == 0 ? CSpace.slots + ((<u32>index) << SLOT_BITS) : 0;
  }

  /** The slot that a pointer names; 0: none, LookupFailure says why. */
  static slot(pointer: u64): u32 {
    return lookupSlot(Tcb.at(CSpace.thread), pointer) == OK ? Lookup.slot.address : 0;
  }
}

export class AsyncRequest {
  /** Before requests of a thread are served: arguments are the stand-in's until `Arguments` is begun for somebody else. */
  static begin(thread: Tcb): void {
    StandIn.thread.hart = thread.hart;
    Arguments.begin(StandIn.thread, 0, StandIn.buffer, true);
    CSpace.open(thread);
  }

  /**
   * Serves the request at kernel address `item` and writes the response to `response`. Here are the requests on frames
   * whose capabilities are found at once, which come in thousands; serveOther has all cases.
   */
  static serve(item: u64, response: u64): u32 {
    const head = load64(item);
    const info = <u32>(head >> 32);
    const pointer = load64(item + SYSTEM_CALL_CAPABILITY_AT);
    const count = MessageInfo.extraCaps(info);
    const extra = count != 0 ? load64(item + SYSTEM_CALL_EXTRA_CAPS_AT) : 0;
    copyWords(item, info & MESSAGE_LENGTH_MASK);
    // What an invocation without results answers.
    StandIn.thread.a1 = 0;
    const label = info >> MESSAGE_LABEL_SHIFT;
    const slot = CSpace.slotAtOnce(pointer);
    const first = count != 0 ? CSpace.slotAtOnce(extra) : 0;
    if (slot == 0 || Slot.at(slot).type != CAP_FRAME || label >= <u32>ASYNC_PUT_CHAR)
      return serveOther(head, pointer, extra, item, response);
    if (count != 0 && (first == 0 || count != 1)) return serveOther(head, pointer, extra, item, response);
    ExtraCaps.setOnly(first);
    if (decodeFrame(label, Slot.at(slot)) != OK) replyError(StandIn.thread, StandIn.buffer);
    respond(head, response);
    return ANSWERED_MAPPING;
  }
}

/** Serves a request of which the words are copied, and its pointer and first extra capability are read. */
function serveOther(head: u64, pointer: u64, extra: u64, item: u64, response: u64): u32 {
  const info = <u32>(head >> 32);
  const label = info >> MESSAGE_LABEL_SHIFT;
  let status: u32;
  let answered = ANSWERED_MAPPING;
  const slot = CSpace.slot(pointer);
  if (label >= <u32>ASYNC_PUT_CHAR) {
    status = decodeWithoutCapability(label);
  } else if (slot == 0 || !lookUpExtraCaps(item, extra, MessageInfo.extraCaps(info))) {
    status = Errors.failedLookup(false);
  } else if (Slot.at(slot).type == CAP_FRAME) {
    status = decodeFrame(label, Slot.at(slot));
  } else {
    status = decode(label, Slot.at(slot));
    answered = ANSWERED;
  }
  if (status == PREEMPTED) return UNANSWERED;
  if (status != OK) replyError(StandIn.thread, StandIn.buffer);
  respond(head, response);
  return answered;
}

/** Copies the words of a request to the stand-in, each once. Those that fit in message registers need no loop. */
function copyWords(item: u64, length: u32): void {
  const words = StandIn.words;
  const source = item + SYSTEM_CALL_WORDS_AT;
  Arguments.length = length;
  if (length == 0) return;
  store<u64>(words, load64(source));
  store<u64>(words, load64(source + 8), 8);
  store<u64>(words, load64(source + 16), 16);
  store<u64>(words, load64(source + 24), 24);
  if (length <= <u32>MESSAGE_REGISTERS) return;
  if (length > <u32>SYSTEM_CALL_MAX_WORDS) {
    length = SYSTEM_CALL_MAX_WORDS;
    Arguments.length = length;
  }
  for (let i: u32 = MESSAGE_REGISTERS; i < length; i++) {
    store<u64>(words + (i << 3), load64(source + (i << 3)));
  }
}

/** Looks up the extra capabilities of a request: at most two, there is no room for more. False: LookupFailure says why. */
function lookUpExtraCaps(item: u64, first: u64, count: u32): bool {
  ExtraCaps.clear();
  if (count == 0) return true;
  ExtraCaps.first = CSpace.slot(first);
  if (count == 1 || ExtraCaps.first == 0) return ExtraCaps.first != 0;
  ExtraCaps.second = CSpace.slot(load64(item + SYSTEM_CALL_EXTRA_CAPS_AT + 8));
  return ExtraCaps.second != 0;
}

/** Requests on any capability but frames. */
function decode(label: u32, slot: Slot): u32 {
  const type = <u32>slot.type;
  if (type == CAP_PAGE_TABLE && label != <u32>PAGE_TABLE_UNMAP) return decodePageTable(label, slot);
  // Anything else may free memory whose translations are still cached (riscv/translations.ts).
  Translations.pauseBatch();
  const status = decodeUnbatched(type, label, slot);
  Translations.resumeBatch();
  CSpace.refresh();
  return status;
}

function decodeUnbatched(type: u32, label: u32, slot: Slot): u32 {
  switch (type) {
    case CAP_PAGE_TABLE:
      return decodePageTable(label, slot);
    case CAP_UNTYPED:
      return decodeUntyped(label, slot);
    case CAP_CNODE:
      return label == <u32>CNODE_SAVE_CALLER ? Errors.illegalOperation() : decodeCNode(label, slot);
    case CAP_THREAD:
      if (label != <u32>TCB_BIND_NOTIFICATION && label != <u32>TCB_UNBIND_NOTIFICATION)
        return Errors.illegalOperation();
      return decodeThread(label, slot);
    case CAP_NULL:
    case CAP_ZOMBIE:
      return Errors.invalidCapability(0);
    default:
      return Errors.illegalOperation();
  }
}

/** The debug console: one byte, or a length and up to 80 bytes. */
function decodeWithoutCapability(label: u32): u32 {
  if (!DEBUG || label > <u32>ASYNC_PUT_STRING) return Errors.illegalOperation();
  if (Arguments.length < 1) return Errors.truncatedMessage();
  if (label == <u32>ASYNC_PUT_CHAR) {
    beginInvocation();
    Console.putChar(<u32>Arguments.word(0) & 0xff);
    return OK;
  }
  const length = Arguments.word(0);
  if (length > PRINTED_BYTES) return Errors.rangeError(0, PRINTED_BYTES);
  if ((<u64>(Arguments.length - 1)) << 3 < length) return Errors.truncatedMessage();
  beginInvocation();
  for (let i: u32 = 0; i < <u32>length; i++) Console.putChar(load<u8>(StandIn.words + 8 + i));
  return OK;
}

/** Writes the answer in the stand-in's registers as the response to the request that begins with `head`. */
function respond(head: u64, response: u64): void {
  const info = StandIn.thread.a1;
  store64(response + ITEM_ID_AT, (head & 0xffff_ffff) | (info << (8 * ITEM_INFO_AT)));
  const count = <u32>info & MESSAGE_LENGTH_MASK;
  for (let i: u32 = 0; i < count; i++) {
    store64(response + (i << 3) + ITEM_WORDS_AT, load<u64>(StandIn.words + (i << 3)));
  }
}

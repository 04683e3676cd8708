// One asynchronous request: what the handler does with an item of the request ring. The request is copied, then decoded
// by the same functions as a system call, in the name of the stand-in, with the capabilities of the thread that made it.

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
import { IPC_BUFFER_CAPS_OR_BADGES } from "../../abi/src/ipc-buffer";
import {
  ASYNC_PUT_CHAR,
  ASYNC_PUT_STRING,
  CNODE_SAVE_CALLER,
  PAGE_TABLE_UNMAP,
  TCB_BIND_NOTIFICATION,
  TCB_UNBIND_NOTIFICATION,
} from "../../abi/src/labels";
import {
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LABEL_SHIFT,
  MESSAGE_LENGTH_MASK,
} from "../../abi/src/message-info";
import {
  ITEM_ID_AT,
  ITEM_INFO_AT,
  ITEM_WORDS_AT,
  SYSTEM_CALL_CAPABILITY_AT,
  SYSTEM_CALL_EXTRA_CAPS_AT,
  SYSTEM_CALL_MAX_EXTRA_CAPS,
  SYSTEM_CALL_MAX_WORDS,
  SYSTEM_CALL_WORDS_AT,
} from "../../abi/src/ring";
import { SharedMemory } from "./async-ring";
import { Slot } from "./capability";
import { decodeCNode } from "./cnode-invocation";
import { Lookup, lookupSlot } from "./cspace";
import { Errors, OK, PREEMPTED, SYSCALL_ERROR } from "./errors";
import { replyError } from "./invocation";
import { StandIn } from "./invoker";
import { Arguments, ExtraCaps, MessageInfo } from "./message";
import { Console } from "./riscv/console";
import { decodeFrame } from "./riscv/frame-invocation";
import { decodePageTable } from "./riscv/page-table-invocation";
import { Translations } from "./riscv/translations";
import { Tcb, THREAD_RESTART, THREAD_RUNNING } from "./tcb";
import { decodeThread } from "./tcb-invocation";
import { beginInvocation } from "./thread";
import { decodeUntyped } from "./untyped";

/** Most bytes that one request prints. */
const PRINTED_BYTES: u64 = 80;

/** The copy of the request being served; its words are the stand-in's. */
class Request {
  static id: u32 = 0;
  static info: u64 = 0;
  static capability: u64 = 0;
}

export class AsyncRequest {
  /**
   * Serves the request at kernel address `item` for a thread, and writes the response to `response`.
   * @returns OK, or PREEMPTED: nothing is answered yet, and the request is to be served again
   */
  static serve(thread: Tcb, item: u32, response: u32): u32 {
    copyRequest(item);
    const standIn = StandIn.thread;
    standIn.hart = thread.hart;
    standIn.state = THREAD_RUNNING;
    const status = decode(thread);
    if (status == PREEMPTED) return PREEMPTED;
    if (status == SYSCALL_ERROR) {
      replyError(standIn, StandIn.buffer);
    } else if (standIn.state == THREAD_RESTART) {
      standIn.a1 = 0;
    }
    writeResponse(response, standIn.a1);
    return OK;
  }
}

/** Copies what the request's information word says is there, each word once. */
function copyRequest(item: u32): void {
  const head = SharedMemory.read64(item);
  let info = head >> 32;
  let caps = MessageInfo.extraCaps(info);
  if (caps > <u32>SYSTEM_CALL_MAX_EXTRA_CAPS) caps = SYSTEM_CALL_MAX_EXTRA_CAPS;
  let words = <u32>(info & MESSAGE_LENGTH_MASK);
  if (words > <u32>SYSTEM_CALL_MAX_WORDS) words = SYSTEM_CALL_MAX_WORDS;
  info = (info >> MESSAGE_LABEL_SHIFT) << MESSAGE_LABEL_SHIFT;
  Request.id = <u32>head;
  Request.info = info | ((<u64>caps) << MESSAGE_EXTRA_CAPS_SHIFT) | words;
  Request.capability = SharedMemory.read64(item + SYSTEM_CALL_CAPABILITY_AT);
  for (let i: u32 = 0; i < caps; i++) {
    const capability = SharedMemory.read64(item + (i << 3) + SYSTEM_CALL_EXTRA_CAPS_AT);
    store<u64>(StandIn.buffer + (i << 3), capability, IPC_BUFFER_CAPS_OR_BADGES);
  }
  for (let i: u32 = 0; i < words; i++) {
    store<u64>(StandIn.words + (i << 3), SharedMemory.read64(item + (i << 3) + SYSTEM_CALL_WORDS_AT));
  }
}

/** Decodes and performs the request; returns a status. */
function decode(thread: Tcb): u32 {
  const info = Request.info;
  const label = <u32>(info >> MESSAGE_LABEL_SHIFT);
  Arguments.begin(StandIn.thread, MessageInfo.length(info), StandIn.buffer, true);
  if (DEBUG && (label == ASYNC_PUT_CHAR || label == ASYNC_PUT_STRING)) return print(label);
  if (lookupSlot(thread, Request.capability) != OK) return Errors.failedLookup(false);
  const slot = Lookup.slot;
  if (ExtraCaps.lookup(thread, StandIn.buffer, info) != OK) return Errors.failedLookup(false);
  const type = <u32>slot.type;
  if (type == CAP_FRAME) return decodeFrame(label, slot);
  if (type == CAP_PAGE_TABLE && label != <u32>PAGE_TABLE_UNMAP) return decodePageTable(label, slot);
  // Anything else may free memory whose translations are still cached (riscv/translations.ts).
  Translations.pauseBatch();
  const status = decodeOther(type, label, slot);
  Translations.resumeBatch();
  return status;
}

function decodeOther(type: u32, label: u32, slot: Slot): u32 {
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
function print(label: u32): u32 {
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

/** Writes the answer in the stand-in's registers as the response to the request. */
function writeResponse(response: u32, info: u64): void {
  SharedMemory.write64(response + ITEM_ID_AT, <u64>Request.id | (info << (8 * ITEM_INFO_AT)));
  const words = <u32>(info & MESSAGE_LENGTH_MASK);
  for (let i: u32 = 0; i < words; i++) {
    SharedMemory.write64(response + (i << 3) + ITEM_WORDS_AT, load<u64>(StandIn.words + (i << 3)));
  }
}

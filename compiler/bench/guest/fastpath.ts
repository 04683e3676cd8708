// The IPC fast path: call and reply+receive of a short message between two threads that are ready for each other.
import { Fastpath } from "./capability-lookup";
import {
  addressOf,
  CAP_ENDPOINT,
  CAP_NULL,
  CAP_PAGE_TABLE,
  CAP_REPLY,
  ENDPOINT_IDLE,
  ENDPOINT_RECEIVING,
  ENDPOINT_SENDING,
  Endpoint,
  MESSAGE_REGISTERS,
  registerAddress,
  SLOT_CALLER,
  SLOT_CSPACE,
  SLOT_REPLY,
  SLOT_VSPACE,
  setThreadState,
  slotAt,
  THREAD_BLOCKED_ON_RECEIVE,
  THREAD_BLOCKED_ON_REPLY,
  THREAD_RUNNING,
  Thread,
  threadAt,
  threadSlot,
} from "./layout";
import { currentThread, isHighestPriority, setCurrentThread, switchAddressSpace } from "./scheduler";

let slowPaths: u64 = 0;

function slowPath(reason: u32): u32 {
  slowPaths++;
  return reason;
}

/** The two halves both fast paths share. */
class Switch {
  @inline
  static copyMessage(to: Thread, from: Thread, length: u32): void {
    for (let i: u32 = 0; i < length; i++) {
      store<u64>(
        registerAddress(to, i),
        load<u64>(registerAddress(from, i), MESSAGE_REGISTERS),
        MESSAGE_REGISTERS,
      );
    }
  }

  /** Runs `thread` with a message of `length` words under `badge`. */
  @inline
  static resume(thread: Thread, word0: u64, word1: u64, badge: u64, length: u64): void {
    setThreadState(thread, THREAD_RUNNING);
    switchAddressSpace(word0, word1);
    setCurrentThread(thread);
    thread.a0 = badge;
    thread.a1 = length;
  }
}

/** Call through the endpoint capability at `address`. Returns 0, or why the slow path is needed. */
export function fastpathCall(address: u64, messageInfo: u64): u32 {
  const caller = currentThread();
  const length = messageInfo & 127;
  if ((messageInfo & 0x1ff) > 4 || caller.fault != 0) return slowPath(1);
  const slot = Fastpath.lookup(threadSlot(caller, SLOT_CSPACE), address);
  if (slot == 0) return slowPath(2);
  const badge = slotAt(slot).word0;
  const word1 = slotAt(slot).word1;
  if (word1 >> 59 != CAP_ENDPOINT || !((word1 >> 55) & 1)) return slowPath(3);
  const endpoint = changetype<Endpoint>(<u32>word1);
  const receiver = threadAt(endpoint.head);
  if ((endpoint.tail & 3) != ENDPOINT_RECEIVING) return slowPath(4);
  const root = threadSlot(receiver, SLOT_VSPACE);
  const root0 = root.word0;
  const root1 = root.word1;
  if (root1 >> 59 != CAP_PAGE_TABLE || !((root1 >> 47) & 1)) return slowPath(5);
  if (receiver.priority < caller.priority && !isHighestPriority(receiver.priority)) return slowPath(6);
  if (!((word1 >> 57) & 3)) return slowPath(7);
  // Every check has passed; from here on state changes.
  const next = receiver.queueNext;
  endpoint.head = addressOf(next);
  if (next != null) next.queuePrevious = null;
  else endpoint.tail = ENDPOINT_IDLE;
  setThreadState(caller, THREAD_BLOCKED_ON_REPLY);
  const replySlot = threadSlot(caller, SLOT_REPLY);
  const callerSlot = threadSlot(receiver, SLOT_CALLER);
  const mayGrant = (receiver.state >> 4) & 1;
  callerSlot.word0 = addressOf(caller);
  callerSlot.word1 = (CAP_REPLY << 59) | (mayGrant << 1);
  callerSlot.previous = <u64>changetype<u32>(replySlot);
  replySlot.next = <u64>changetype<u32>(callerSlot) | 3;
  Switch.copyMessage(receiver, caller, <u32>length);
  Switch.resume(receiver, root0, root1, badge, length);
  return 0;
}

/** Reply to the caller and wait on the endpoint at `address`. Returns 0, or why the slow path is needed. */
export function fastpathReplyReceive(address: u64, messageInfo: u64): u32 {
  const server = currentThread();
  const length = messageInfo & 127;
  if ((messageInfo & 0x1ff) > 4 || server.fault != 0) return slowPath(1);
  const slot = Fastpath.lookup(threadSlot(server, SLOT_CSPACE), address);
  if (slot == 0) return slowPath(2);
  const word1 = slotAt(slot).word1;
  if (word1 >> 59 != CAP_ENDPOINT || !((word1 >> 56) & 1)) return slowPath(3);
  const endpoint = changetype<Endpoint>(<u32>word1);
  if ((endpoint.tail & 3) == ENDPOINT_SENDING) return slowPath(4);
  const callerSlot = threadSlot(server, SLOT_CALLER);
  const reply1 = callerSlot.word1;
  if (reply1 >> 59 != CAP_REPLY || (reply1 & 1) != 0) return slowPath(5);
  const caller = threadAt(callerSlot.word0);
  if (caller.fault != 0) return slowPath(6);
  const root = threadSlot(caller, SLOT_VSPACE);
  const root0 = root.word0;
  const root1 = root.word1;
  if (root1 >> 59 != CAP_PAGE_TABLE || !((root1 >> 47) & 1)) return slowPath(7);
  if (!isHighestPriority(caller.priority)) return slowPath(8);
  // Every check has passed; from here on state changes.
  const endpointAddress = <u64>changetype<u32>(endpoint);
  server.state = THREAD_BLOCKED_ON_RECEIVE | (((word1 >> 57) & 1) << 4) | (endpointAddress << 8);
  const last = threadAt(endpoint.tail & ~(<u64>3));
  if (changetype<u32>(last) == 0) {
    server.queuePrevious = null;
    server.queueNext = null;
    endpoint.head = addressOf(server);
  } else {
    last.queueNext = server;
    server.queuePrevious = last;
    server.queueNext = null;
  }
  endpoint.tail = addressOf(server) | ENDPOINT_RECEIVING;
  slotAt(callerSlot.previous).next = 3;
  callerSlot.word0 = 0;
  callerSlot.word1 = CAP_NULL;
  callerSlot.previous = 0;
  callerSlot.next = 0;
  Switch.copyMessage(caller, server, <u32>length);
  Switch.resume(caller, root0, root1, 0, length);
  return 0;
}

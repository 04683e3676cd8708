// The IPC slow path: messages of any length, threads that queue on endpoints.
import {
  addressOf,
  ENDPOINT_IDLE,
  ENDPOINT_RECEIVING,
  ENDPOINT_SENDING,
  Endpoint,
  MESSAGE_REGISTERS,
  registerAddress,
  setThreadState,
  THREAD_BLOCKED_ON_RECEIVE,
  THREAD_BLOCKED_ON_REPLY,
  THREAD_BLOCKED_ON_SEND,
  THREAD_INACTIVE,
  Thread,
  threadAt,
} from "./layout";
import { append, enqueue, requestReschedule, wake } from "./scheduler";

const MESSAGE_IN_REGISTERS: u32 = 4;

function transfer(sender: Thread, receiver: Thread, badge: u64): void {
  const length = <u32>(sender.a1 & 127);
  let i: u32 = 0;
  for (; i < length && i < MESSAGE_IN_REGISTERS; i++) {
    const word = load<u64>(registerAddress(sender, i), MESSAGE_REGISTERS);
    store<u64>(registerAddress(receiver, i), word, MESSAGE_REGISTERS);
  }
  if (length > MESSAGE_IN_REGISTERS) {
    const from = sender.ipcBuffer;
    const to = receiver.ipcBuffer;
    if (from != 0 && to != 0) {
      for (; i < length; i++) store<u64>(to + (i << 3), load<u64>(from + (i << 3), 8), 8);
    }
  }
  receiver.a0 = badge;
  receiver.a1 = <u64>i;
}

function appendToEndpoint(endpoint: Endpoint, thread: Thread, state: u64): void {
  const last = threadAt(endpoint.tail & ~(<u64>3));
  if (changetype<u32>(last) == 0) {
    endpoint.head = addressOf(thread);
    thread.queuePrevious = null;
  } else {
    last.queueNext = thread;
    thread.queuePrevious = last;
  }
  thread.queueNext = null;
  endpoint.tail = addressOf(thread) | state;
}

function takeFromEndpoint(endpoint: Endpoint): Thread {
  const thread = threadAt(endpoint.head);
  const next = thread.queueNext;
  endpoint.head = addressOf(next);
  if (next != null) next.queuePrevious = null;
  else endpoint.tail = ENDPOINT_IDLE;
  return thread;
}

export function send(
  blocking: bool,
  isCall: bool,
  badge: u64,
  mayGrant: bool,
  thread: Thread,
  endpoint: Endpoint,
): void {
  switch (<u32>(endpoint.tail & 3)) {
    case 0:
    case 1:
      if (blocking) {
        const address = <u64>changetype<u32>(endpoint);
        thread.state =
          THREAD_BLOCKED_ON_SEND | ((<u64>mayGrant) << 4) | ((<u64>isCall) << 5) | (address << 8);
        thread.badge = badge;
        requestReschedule();
        appendToEndpoint(endpoint, thread, ENDPOINT_SENDING);
      }
      break;
    case 2: {
      const receiver = takeFromEndpoint(endpoint);
      transfer(thread, receiver, badge);
      wake(receiver);
      enqueue(receiver);
      if (isCall) setThreadState(thread, mayGrant ? THREAD_BLOCKED_ON_REPLY : THREAD_INACTIVE);
      break;
    }
  }
}

export function receive(thread: Thread, endpoint: Endpoint, blocking: bool): void {
  switch (<u32>(endpoint.tail & 3)) {
    case 0:
    case 2:
      if (blocking) {
        thread.state = THREAD_BLOCKED_ON_RECEIVE | ((<u64>changetype<u32>(endpoint)) << 8);
        requestReschedule();
        appendToEndpoint(endpoint, thread, ENDPOINT_RECEIVING);
      } else {
        thread.a0 = 0;
      }
      break;
    case 1: {
      const sender = takeFromEndpoint(endpoint);
      transfer(sender, thread, sender.badge);
      if ((sender.state >> 5) & 1) {
        setThreadState(sender, (sender.state >> 4) & 1 ? THREAD_BLOCKED_ON_REPLY : THREAD_INACTIVE);
      } else {
        wake(sender);
        append(sender);
      }
      break;
    }
  }
}

/**
 * `Service.receive` and `reply` in programs that are run asynchronously: messages come over the rings of all clients, and as
 * synchronous calls from those that have none, and wait here until a coroutine receives them.
 *
 * A thread can owe the answer to only one synchronous call. Until it is given, the executor does not wait for the next one.
 */
import { MESSAGE_LENGTH_MASK } from "../../../abi/src/message-info";
import { CALL_ITEM_BYTES } from "../../../abi/src/ring";
import { CHANNEL_ASYNC, CHANNEL_ENDPOINT, ENDPOINT_BADGE_FLAG, SIDE_TO } from "../../../abi/src/start-info";
import { channelAt, channelCount } from "../channel-table";
import { Features } from "../features";
import { IpcBuffer, Message, MessageInfo } from "../message";
import { reply } from "../system-calls";
import { Connection } from "./connection";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { Handlers } from "./handlers";
import { MessageForm } from "./message-form";
import { PendingRequest } from "./request";
import { Responses } from "./response";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

const NONE = changetype<PendingRequest>(0);
const REGISTER_WORDS: u32 = 4;
const MOST_WORDS: u32 = 120;

/** Coroutines that want a message: a WaitList. */
const receivers: u32 = <u32>memory.data(8, 8);
/** Words of a synchronous call that were in the IPC buffer, which others use before it is received. */
const longWords: u32 = <u32>memory.data(960, 8);

let first: PendingRequest = NONE;
let last: PendingRequest = NONE;
let free: PendingRequest = NONE;
/** Does this program have an endpoint to receive calls at? */
let hasEndpoint: bool = false;
let isStarted: bool = false;

/** The one synchronous call that can be without answer. */
let call: PendingRequest = NONE;
let callBadge: u64 = 0;
let callInfo: u64 = 0;

function release(pending: PendingRequest): void {
  pending.next = free;
  free = pending;
}

function append(pending: PendingRequest): void {
  pending.next = NONE;
  if (first == NONE) first = pending;
  else last.next = pending;
  last = pending;
  const waiting = changetype<WaitList>(receivers);
  if (!waiting.isEmpty) waiting.wakeFirst();
}

/** As many records as clients that keep the rules can have requests under way, and one. */
function makeRecords(): void {
  let count: u32 = 1;
  for (let i: u32 = 0; i < channelCount(); i++) {
    const channel = channelAt(i);
    if (channel.side != SIDE_TO) continue;
    if (channel.kind == CHANNEL_ASYNC) count += channel.ringBytes / CALL_ITEM_BYTES;
    if (channel.kind == CHANNEL_ENDPOINT) hasEndpoint = true;
  }
  const bytes = offsetof<PendingRequest>();
  const records = <u32>heap.alloc(count * bytes);
  memory.fill(records, 0, count * bytes);
  call = changetype<PendingRequest>(records);
  for (let i: u32 = 1; i < count; i++) release(changetype<PendingRequest>(records + i * bytes));
}

/** A request has come over a ring, at `item`; false when there is no record for it yet. */
function addRequest(connection: u32, item: u32): bool {
  const pending = free;
  if (pending == NONE) return false;
  free = pending.next;
  Responses.copy(item, changetype<u32>(pending));
  pending.connection = connection;
  pending.epoch = changetype<Connection>(connection).epoch;
  append(pending);
  return true;
}

/** A synchronous call has come. */
function addCall(badge: u64, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  Ends.answersCalls = false;
  callBadge = badge;
  callInfo = info;
  call.response0 = word0;
  call.response1 = word1;
  call.response2 = word2;
  call.response3 = word3;
  const length = min<u32>(<u32>info & MESSAGE_LENGTH_MASK, MOST_WORDS);
  for (let i = REGISTER_WORDS; i < length; i++) store<u64>(longWords + (i << 3), IpcBuffer.word(i));
  append(call);
}

function start(): void {
  isStarted = true;
  CoroutineTable.start();
  makeRecords();
  Handlers.passMessages(addRequest.index, addCall.index);
  Ends.openServices();
  hasEndpoint = Features.syncIpc && (hasEndpoint || Ends.answersCalls);
  Ends.answersCalls = hasEndpoint;
}

/** Leaves a message in `Message`; returns its badge. */
function deliver(pending: PendingRequest): u64 {
  Message.word0 = pending.response0;
  Message.word1 = pending.response1;
  Message.word2 = pending.response2;
  Message.word3 = pending.response3;
  if (pending == call) {
    Message.badge = callBadge;
    Message.info = callInfo;
    const length = min<u32>(<u32>callInfo & MESSAGE_LENGTH_MASK, MOST_WORDS);
    for (let i = REGISTER_WORDS; i < length; i++) IpcBuffer.setWord(i, load<u64>(longWords + (i << 3)));
  } else {
    // the badge this client's calls through the endpoint have
    const connection = changetype<Connection>(pending.connection);
    Message.badge = ENDPOINT_BADGE_FLAG | <u64>(connection.channel.peerProgram + 1);
    Message.info = MessageForm.unpack(pending.info);
    IpcBuffer.setWord(4, pending.response4);
    IpcBuffer.setWord(5, pending.response5);
    IpcBuffer.setWord(6, pending.response6);
  }
  return Message.badge;
}

/** The coroutine will not answer what it received last, or has: the record can be used again. */
function forget(pending: PendingRequest): void {
  Turns.current.request = 0;
  if (pending != call) {
    release(pending);
    return;
  }
  // the next synchronous call may come
  Ends.answersCalls = hasEndpoint;
}

export class MessageQueue {
  /** The running coroutine waits for a message. */
  static receive(): u64 {
    if (!isStarted) start();
    const me = Turns.current;
    if (me == Turns.executor) Turns.refuse();
    if (me.request != 0) forget(changetype<PendingRequest>(me.request));
    while (first == NONE) changetype<WaitList>(receivers).wait();
    const pending = first;
    first = pending.next;
    me.request = changetype<u32>(pending);
    return deliver(pending);
  }

  /** Answers the message the running coroutine received last. */
  static reply(info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
    const pending = changetype<PendingRequest>(Turns.current.request);
    if (pending == NONE) return;
    if (pending == call) {
      reply(info, word0, word1, word2, word3);
    } else {
      if (!MessageForm.fits(info))
        throw new Error(
          `Service.reply(${MessageInfo.label(info).toString()}, ${MessageInfo.length(info).toString()}, …): an answer over a ring has at most 7 words, no capabilities and a label below 2^27: leave out this client's async channel`,
        );
      const isForm = MessageForm.isForm(pending.info);
      pending.info = isForm ? MessageForm.pack(info) : <u32>MessageInfo.label(info);
      pending.response0 = word0;
      pending.response1 = word1;
      pending.response2 = word2;
      pending.response3 = word3;
      pending.response4 = IpcBuffer.word(4);
      pending.response5 = IpcBuffer.word(5);
      pending.response6 = IpcBuffer.word(6);
      changetype<Connection>(pending.connection).respond(pending);
    }
    forget(pending);
  }
}

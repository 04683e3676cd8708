/**
 * `Server.call` in programs that are run asynchronously: over the ring to the same server, if there is one. A server's handle is
 * the slot of the endpoint channel, or ASYNC_ONLY and the slot of the async channel if there is no other.
 */
import { load32 } from "rv";
import { CALL_ITEM_WORDS, PEER_BLOCKED } from "../../../abi/src/ring";
import { CHANNEL_ASYNC, CHANNEL_ENDPOINT, SIDE_FROM } from "../../../abi/src/start-info";
import { ChannelRecord, channelAt, channelCount, findChannel } from "../channel-table";
import { ASYNC_ONLY } from "../endpoint-hook";
import { IpcBuffer, Message, MessageInfo } from "../message";
import { call } from "../system-calls";
import { AsyncClient } from "./async-client";
import { CallChoice } from "./call-choice";
import { Coroutine } from "./coroutine";
import { Ends } from "./ends";
import { MessageForm } from "./message-form";
import { Response, UNKNOWN_REQUEST } from "./response";
import { SignalInbox } from "./signal-inbox";
import { Turns } from "./turns";

/** Words of a message that are in registers. */
const REGISTER_WORDS: u32 = 4;
/** In an entry of `clients`: the server does not know this form of messages, only labels. */
const SPEAKS_PLAINLY: u32 = 1;

/** For each slot the address of the client's end to the same server, or 0. */
let clients: u32 = 0;
let slots: u32 = 0;

/** Would it be faster to go through the kernel, and be nobody's loss? */
function isAlone(client: AsyncClient): bool {
  return (
    client.callSlot != 0 &&
    Turns.ready == 0 &&
    CallChoice.duties == 0 &&
    !Ends.isBusy &&
    !SignalInbox.isAwaited &&
    load32(client.peerState) == PEER_BLOCKED
  );
}

/** Puts the words of a request where they wait until there is room in the ring. */
function keepWords(
  me: Coroutine,
  word0: u64,
  word1: u64,
  word2: u64,
  word3: u64,
  word4: u64,
  word5: u64,
  word6: u64,
): void {
  const place = me.responsePlace;
  store<u64>(place, word0);
  store<u64>(place, word1, 8);
  store<u64>(place, word2, 16);
  store<u64>(place, word3, 24);
  store<u64>(place, word4, 32);
  store<u64>(place, word5, 40);
  store<u64>(place, word6, 48);
}

function deliver(response: Response): void {
  Message.badge = 0;
  Message.info = MessageForm.unpack(response.code);
  Message.word0 = response.word0;
  Message.word1 = response.word1;
  Message.word2 = response.word2;
  Message.word3 = response.word3;
  for (let i = REGISTER_WORDS; i < <u32>CALL_ITEM_WORDS; i++) IpcBuffer.setWord(i, response.word(i));
}

/** A call that can go only over a ring must be one that can. */
function expectRing(me: Coroutine, info: u64): void {
  if (me == Turns.executor) Turns.refuse();
  if (!MessageForm.fits(info))
    throw new Error(
      `Server.call(${MessageInfo.label(info).toString()}, ${MessageInfo.length(info).toString()}, …): over an async channel a message has at most 7 words and a label below 2^27: add an endpoint channel to this server`,
    );
}

export class SynchronousCalls {
  /** Finds out which servers can be called over rings. */
  static start(): void {
    const count = channelCount();
    for (let i: u32 = 0; i < count; i++) slots = max(slots, channelAt(i).sendSlot + 1);
    clients = <u32>heap.alloc(slots << 2);
    memory.fill(clients, 0, slots << 2);
    for (let i: u32 = 0; i < count; i++) {
      const endpoint = channelAt(i);
      if (endpoint.kind != CHANNEL_ENDPOINT || endpoint.side != SIDE_FROM) continue;
      const channel = findChannel(CHANNEL_ASYNC, endpoint.peer, SIDE_FROM);
      if (channel === null) continue;
      store<u32>(clients + (endpoint.sendSlot << 2), changetype<u32>(Ends.client(channel)));
    }
  }

  /** The handle of a server to which there is only this async channel. */
  static open(channel: ChannelRecord): u32 {
    store<u32>(clients + (channel.sendSlot << 2), changetype<u32>(Ends.client(channel)));
    return ASYNC_ONLY | channel.sendSlot;
  }

  /** Makes a call over a ring and leaves the answer in `Message`; false when it must be made as a system call. */
  static call(handle: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): bool {
    const me = Turns.current;
    const isAsyncOnly = handle >= ASYNC_ONLY;
    const slot = handle & ~ASYNC_ONLY;
    if (isAsyncOnly) expectRing(me, info);
    else if (me == Turns.executor || slot >= slots || !MessageForm.fits(info)) return false;
    const entry = clients + (slot << 2);
    const client = changetype<AsyncClient>(load<u32>(entry) & ~SPEAKS_PLAINLY);
    if (changetype<u32>(client) == 0) return false;
    if (isAlone(client)) {
      if (isAsyncOnly) call(client.callSlot, info, word0, word1, word2, word3);
      return isAsyncOnly;
    }
    const word4 = IpcBuffer.word(4);
    const word5 = IpcBuffer.word(5);
    const word6 = IpcBuffer.word(6);
    let response = changetype<Response>(0);
    let wasPlain: bool;
    do {
      wasPlain = (load<u32>(entry) & SPEAKS_PLAINLY) != 0;
      keepWords(me, word0, word1, word2, word3, word4, word5, word6);
      const label = wasPlain ? <u32>MessageInfo.label(info) : MessageForm.pack(info);
      response = client.callWithInfo(label, me.responsePlace);
      // one whose handlers are registered by label refuses what has the form of a message
      if (response.code == UNKNOWN_REQUEST) store<u32>(entry, load<u32>(entry) | SPEAKS_PLAINLY);
    } while (!wasPlain && response.code == UNKNOWN_REQUEST);
    deliver(response);
    return true;
  }
}

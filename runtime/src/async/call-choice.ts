/**
 * Choice by load: whether a call goes over the ring or straight through the kernel.
 *
 * A synchronous call to a server on the same hart that waits for one is the fastest way there is for a single request: the
 * kernel's fast path switches to the server and back. But it stops the whole program, and carries one request. So it is chosen
 * when there is nothing to batch and nobody to stop: no other coroutine is ready, no call is without response, and the server
 * waits in the kernel. A program that has timers or clients of its own must in addition be able to afford the time, judged by how
 * long recent calls took.
 */
import { load32, rdcycle } from "rv";
import { ITEM_INFO_AT, ITEM_WORDS_AT, PEER_BLOCKED } from "../../../abi/src/ring";
import { Message, MessageInfo } from "../message";
import { call } from "../system-calls";
import { AsyncClient } from "./async-client";
import { Ends } from "./ends";
import { NEEDS_RING, Response } from "./response";
import { Timers } from "./timers";
import { Turns } from "./turns";

/** Words that go in registers. */
const WORDS: u32 = 4;
/** Cycles a program with other duties lets a synchronous call take. */
const PATIENCE: u32 = 20_000;
/** One call in 2^n is timed. */
const TIMED_MASK: u32 = 15;

/** The response of the last synchronous call: an item. */
const answer: u32 = <u32>memory.data(64, 64);
let calls: u32 = 0;
let enabled: bool = true;

export class CallChoice {
  /** Lets experiments force every call through the ring. */
  static disable(): void {
    enabled = false;
  }

  /** Makes the call whose request stands at `out`, if that is better than the ring; 0: it is not, nothing has happened. */
  @inline static callNow(client: AsyncClient): Response {
    if (client.callSlot == 0 || !CallChoice.isBetter(client)) return changetype<Response>(0);
    return CallChoice.call(client);
  }

  private static isBetter(client: AsyncClient): bool {
    if (Turns.ready != 0) return false;
    if (load32(client.peerState) != PEER_BLOCKED || Ends.isBusy || !enabled) return false;
    const label = load<u32>(client.out, ITEM_INFO_AT);
    if (label >= 64 || ((client.ringOnly >> label) & 1) != 0) return false;
    return client.serviceTime < PATIENCE || !(Timers.any || Ends.hasServices);
  }

  private static call(client: AsyncClient): Response {
    const item = client.out;
    const label = load<u32>(item, ITEM_INFO_AT);
    const timed = (calls++ & TIMED_MASK) == 0;
    const start = timed ? rdcycle() : 0;
    call(
      client.callSlot,
      MessageInfo.make(label, 0, WORDS),
      load<u64>(item, ITEM_WORDS_AT),
      load<u64>(item, ITEM_WORDS_AT + 8),
      load<u64>(item, ITEM_WORDS_AT + 16),
      load<u64>(item, ITEM_WORDS_AT + 24),
    );
    if (timed) CallChoice.note(client, rdcycle() - start);
    const code = <u32>Message.label;
    if (code == NEEDS_RING) {
      client.ringOnly |= (<u64>1) << label;
      return changetype<Response>(0);
    }
    store<u32>(answer, code, ITEM_INFO_AT);
    store<u64>(answer, Message.word0, ITEM_WORDS_AT);
    store<u64>(answer, Message.word1, ITEM_WORDS_AT + 8);
    store<u64>(answer, Message.word2, ITEM_WORDS_AT + 16);
    store<u64>(answer, Message.word3, ITEM_WORDS_AT + 24);
    return changetype<Response>(answer);
  }

  /** A moving average over about four timed calls. */
  private static note(client: AsyncClient, cycles: u64): void {
    const recent = <u32>min<u64>(cycles, 0xffff_ffff);
    const known = client.serviceTime;
    client.serviceTime = known == 0 ? recent : known - (known >> 2) + (recent >> 2);
  }
}

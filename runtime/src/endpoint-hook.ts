/**
 * Lets the asynchronous runtime take over calls and answers of endpoint channels: installed by `installHooks` (rel4/async/hooks)
 * in programs whose description says `asynchronous`.
 */
import { ChannelRecord } from "./channel-table";

/** Indices of functions, or 0: every call is a system call. */
let caller: u32 = 0;
let receiver: u32 = 0;
let replier: u32 = 0;
let opener: u32 = 0;

/** Set in a server's handle when calls can only go over its async channel: there is no such slot. */
export const ASYNC_ONLY: u32 = 0x4000_0000;

function refuseReceive(): u64 {
  throw new Error("Service.receive: this program serves with AsyncService; a program uses one of the two");
}

function refuseReply(_info: u64, _word0: u64, _word1: u64, _word2: u64, _word3: u64): void {
  throw new Error("Service.reply: this program serves with AsyncService; a program uses one of the two");
}

export class EndpointHook {
  /**
   * @param call `(slot, info, word0, word1, word2, word3) => bool`: false when the call must be made as a system call
   * @param receive `() => u64`: waits for a message, leaves it in `Message`, returns its badge
   * @param reply `(info, word0, word1, word2, word3) => void`
   * @param open `(channel) => u32`: the handle of a server to which there is an async channel only
   */
  static install(call: u32, receive: u32, reply: u32, open: u32): void {
    caller = call;
    receiver = receive;
    replier = reply;
    opener = open;
  }

  /** From now on this program serves asynchronous calls by label: it may not receive messages. */
  static refuseMessages(): void {
    receiver = refuseReceive.index;
    replier = refuseReply.index;
  }

  /** Have calls been taken over? */
  static get takesCalls(): bool {
    return caller != 0;
  }

  /** Handle of the server at the other end of an async channel. */
  static open(channel: ChannelRecord): u32 {
    return call_indirect<u32>(opener, channel);
  }

  /** Gives a call to whoever took over; false when it must be made as a system call. Results are left in `Message`. */
  @inline static takesCall(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): bool {
    return caller != 0 && call_indirect<bool>(caller, slot, info, word0, word1, word2, word3);
  }

  /** Has somebody taken over the server's side? */
  @inline static get takesMessages(): bool {
    return receiver != 0;
  }

  @inline static receive(): u64 {
    return call_indirect<u64>(receiver);
  }

  @inline static reply(info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
    call_indirect<void>(replier, info, word0, word1, word2, word3);
  }
}

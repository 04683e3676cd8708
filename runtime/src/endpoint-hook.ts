/**
 * Lets the asynchronous runtime take over calls and answers of endpoint channels: installed by `installHooks` (rel4/async/hooks)
 * in programs whose description says `asynchronous`.
 */

/** Indices of functions, or 0: every call is a system call. */
let caller: u32 = 0;
let receiver: u32 = 0;
let replier: u32 = 0;

export class EndpointHook {
  /**
   * @param call `(slot, info, word0, word1, word2, word3) => bool`: false when the call must be made as a system call
   * @param receive `() => u64`: waits for a message, leaves it in `Message`, returns its badge
   * @param reply `(info, word0, word1, word2, word3) => void`
   */
  static install(call: u32, receive: u32, reply: u32): void {
    caller = call;
    receiver = receive;
    replier = reply;
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

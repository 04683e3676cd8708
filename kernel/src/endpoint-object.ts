// Endpoint and Notification objects.

/** No thread waits. */
export const ENDPOINT_IDLE: u32 = 0;
/** The queue holds senders. */
export const ENDPOINT_SENDING: u32 = 1;
/** The queue holds receivers. */
export const ENDPOINT_RECEIVING: u32 = 2;

/** A queue of threads that wait for a partner: 16 bytes. The queue is empty exactly when the endpoint is idle. */
@unmanaged
export class Endpoint {
  /** Tcb that waits longest, or 0. */
  head: u32;
  tail: u32;
  /** ENDPOINT_*. */
  state: u32;
  reserved: u32;

  @inline static at(address: u32): Endpoint {
    return changetype<Endpoint>(address);
  }

  /** Head and tail in one word: nobody. */
  @inline clearQueue(): void {
    store<u64>(changetype<u32>(this), 0);
  }
}

export const NOTIFICATION_IDLE: u32 = 0;
/** Threads wait in the queue. */
export const NOTIFICATION_WAITING: u32 = 1;
/** Signals have arrived that nobody took: `badge` is their union. */
export const NOTIFICATION_ACTIVE: u32 = 2;

/** 32 bytes. The queue is at the same offsets as an endpoint's, so that both share the queue operations. */
@unmanaged
export class Notification {
  head: u32;
  tail: u32;
  /** NOTIFICATION_*. */
  state: u32;
  /** Tcb whose Recv on an endpoint also takes signals of this object, or 0. */
  boundTcb: u32;
  /** Union of the badges that arrived while active. */
  badge: u64;
  /** Tcb that gets the user interrupts of this object's senders, or 0. */
  receiverThread: u32;
  /** The next notification with the same receiver thread, or 0. */
  nextOfReceiver: u32;

  @inline static at(address: u32): Notification {
    return changetype<Notification>(address);
  }

  /** Is it idle and bound to nobody but, perhaps, `thread`? State and bound thread are one word. */
  @inline isIdleFor(thread: u32): bool {
    const word = load<u64>(changetype<u32>(this), offsetof<Notification>("state"));
    return word == (<u64>(<i32>thread)) << 32 || word == 0;
  }
}

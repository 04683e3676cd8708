/** Signals that have come for this program's channels, and the coroutines that wait for them (user-signals.ts). */
import { CHANNEL_ASYNC, CHANNEL_VECTORS } from "../../../abi/src/start-info";
import { channelAt, channelCount } from "../channel-table";
import { OUTCOME_WOKEN } from "./coroutine";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

/** A WaitList. */
const waitList: u32 = <u32>memory.data(8, 8);

/** Signals nobody has taken, also of channels that are not opened yet; and whether anything has ever come. */
let pending: u64 = 0;
let hasLearned: bool = false;

/** Vectors of all async channels: others are signalled for the runtime itself. */
function channelVectors(): u64 {
  let vectors: u64 = 0;
  const count = channelCount();
  for (let i: u32 = 0; i < count; i++) {
    const channel = channelAt(i);
    if (channel.kind == CHANNEL_ASYNC) vectors |= (<u64>1) << channel.identity;
  }
  return vectors;
}

export class SignalInbox {
  /** Vectors that may be signals: all that belong to no ring. A channel may be signalled before it is opened. */
  static candidates: u64 = ((<u64>1) << CHANNEL_VECTORS) - 1;
  /** Vectors that somebody wants to hear of. */
  static opened: u64 = 0;

  @inline private static get waiters(): WaitList {
    return changetype<WaitList>(waitList);
  }

  /** Does any coroutine wait? */
  @inline static get isAwaited(): bool {
    return !SignalInbox.waiters.isEmpty;
  }

  /** From now on these vectors are waited for. */
  static open(vectors: u64): void {
    SignalInbox.opened |= vectors;
    SignalInbox.candidates |= vectors;
  }

  /** These vectors are those of a ring. (Where channels share one, it may be both.) */
  static leaveToRing(vectors: u64): void {
    SignalInbox.candidates &= ~vectors | SignalInbox.opened;
  }

  /** Signals have come, out of `candidates`. The coroutine that has waited longest gets all there are. */
  static arrive(vectors: u64): void {
    if (!hasLearned) {
      hasLearned = true;
      SignalInbox.candidates &= channelVectors();
    }
    pending |= vectors;
    if ((pending & SignalInbox.opened) == 0 || !SignalInbox.isAwaited) return;
    const coroutine = SignalInbox.waiters.wakeFirst();
    store<u64>(coroutine.responsePlace, SignalInbox.take());
  }

  /** Takes what has come over opened channels; 0 when nothing has. */
  static take(): u64 {
    const badge = pending & SignalInbox.opened;
    pending &= ~badge;
    return badge;
  }

  /** The running coroutine waits until signals come and returns them; 0 when its wait ended otherwise. */
  static wait(): u64 {
    const outcome = SignalInbox.waiters.wait();
    return outcome == OUTCOME_WOKEN ? load<u64>(Turns.current.responsePlace) : 0;
  }
}

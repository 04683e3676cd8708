/**
 * Notification channels: one-way signals through the kernel.
 *
 * A program has one notification for all channels that lead to it, with a bit for each.
 */
import { SLOT_NOTIFICATION } from "../../abi/src/program-layout";
import { CHANNEL_NOTIFICATION, SIDE_FROM, SIDE_TO } from "../../abi/src/start-info";
import { requireChannel } from "./channel-table";
import { poll, signal, wait } from "./system-calls";

/** The signalling end of a notification channel; a handle whose value is the capability's slot. */
@unmanaged
export class SignalTo {
  /** The end that signals the program named `peer`. Ends the program when there is no such channel. */
  static named(peer: string): SignalTo {
    const record = requireChannel(CHANNEL_NOTIFICATION, "notification", peer, SIDE_FROM, "to");
    return changetype<SignalTo>(record.sendSlot);
  }

  /** Signals the peer; never waits. Signals that nobody has waited for yet become one. */
  @inline signal(): void {
    signal(changetype<u32>(this));
  }
}

/** The receiving side: this program's own notification. */
export class Signals {
  /** Waits for at least one signal; returns and clears the bits of all that have come. */
  @inline static wait(): u64 {
    return wait(SLOT_NOTIFICATION);
  }

  /** The bits that have come, 0 for none, without waiting. */
  @inline static poll(): u64 {
    return poll(SLOT_NOTIFICATION);
  }

  /** The bit of signals from `peer`. Ends the program when there is no such channel. */
  static from(peer: string): u64 {
    const record = requireChannel(CHANNEL_NOTIFICATION, "notification", peer, SIDE_TO, "from");
    return (<u64>1) << record.identity;
  }
}

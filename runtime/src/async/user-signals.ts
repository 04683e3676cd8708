/**
 * Signals between programs with the meaning of seL4's notifications, over async channels: `signal` sends a user interrupt, `wait`
 * blocks only the running coroutine, `poll` looks in user mode.
 *
 * The sender need not know what the receiver does: a user interrupt that meets it waiting in the kernel ends the wait, and one that
 * meets it anywhere else stays pending until it runs. (After such a wait the vectors are both its badge and still pending; the
 * executor takes them together, so that one signal ends one wait.) Until both are registered, and on one hart, where an interrupt
 * could only arrive by way of the kernel, `signal` is a kernel Signal with the same bit.
 */
import { fence, load32, load64, store32, uipiSend, unlikely } from "rv";
import { PEER_ARMED, PEER_BLOCKED, RING_CLIENT_STATE_AT, RING_SERVER_STATE_AT } from "../../../abi/src/ring";
import { CHANNEL_ASYNC, PEER_RUNS, SIDE_FROM, SIDE_TO } from "../../../abi/src/start-info";
import { Arrivals } from "../arrivals";
import { ChannelRecord, findChannel, requireChannel } from "../channel-table";
import { NotificationCapability } from "../invocations/notification-capability";
import { Process } from "../process";
import { signal } from "../system-calls";
import { UserInterrupts } from "../user-interrupts";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";
import { askForSignals, takeArrivals } from "./executor";
import { SignalInbox } from "./signal-inbox";
import { Timers } from "./timers";
import { Turns } from "./turns";

// Sets for `fence`
const DEVICE_INPUT: u32 = 8;
const DEVICE_OUTPUT: u32 = 4;
const READ: u32 = 2;
const WRITE: u32 = 1;

/** Kernel Signals between two attempts to register with a receiver whose tables are full. */
const SIGNALS_BETWEEN_ATTEMPTS: u32 = 64;
/** Polls that find nothing between two that ask the kernel, for senders that are not registered. */
const POLLS_BETWEEN_ASKING: u32 = 64;

let senders: UserSignals = changetype<UserSignals>(0);
/** Can signals come through the kernel only? */
let mustAsk: bool = false;
let pollsLeft: u32 = POLLS_BETWEEN_ASKING;

/** The channel for signals in a direction: the one described in it, else the one in the other. */
function channelFor(peer: string, side: u32, ends: string): ChannelRecord {
  const record = findChannel(CHANNEL_ASYNC, peer, side);
  return record !== null ? record : requireChannel(CHANNEL_ASYNC, "async", peer, 1 - side, ends);
}

/** Address of the word in which the program on `side` of a channel shows that it takes user interrupts. */
function stateOf(channel: ChannelRecord, side: u32): u32 {
  const at = side == SIDE_FROM ? <u32>RING_CLIENT_STATE_AT : <u32>RING_SERVER_STATE_AT;
  return channel.buffer + channel.ringBytes + at;
}

/** The signalling end of a channel; all of the receiving ends together are the static functions. */
@unmanaged
export class UserSignals {
  private channel: ChannelRecord;
  private sendSlot: u32;
  private peerState: u32;
  private isRemote: bool;
  /** Which run of the peer `senderIndex` leads to; 0: none. */
  private generation: u32;
  private senderIndex: u64;
  private signalsLeft: u32;
  private next: UserSignals;

  /** The end that signals the program named `peer`, the same object each time. Ends the program when there is no channel. */
  static to(peer: string): UserSignals {
    const channel = channelFor(peer, SIDE_FROM, "to");
    let sender = senders;
    while (changetype<u32>(sender) != 0 && sender.channel != channel) sender = sender.next;
    if (changetype<u32>(sender) != 0) return sender;
    sender = changetype<UserSignals>(<u32>heap.alloc(offsetof<UserSignals>()));
    memory.fill(changetype<u32>(sender), 0, offsetof<UserSignals>());
    sender.channel = channel;
    sender.sendSlot = channel.sendSlot;
    sender.peerState = stateOf(channel, 1 - channel.side);
    sender.isRemote = channel.peerHart != Process.hart;
    sender.next = senders;
    senders = sender;
    return sender;
  }

  /**
   * Signals the peer; never waits. What was written before is visible to it when it has taken the signal. Signals that nobody has
   * taken yet become one.
   */
  signal(): void {
    fence(READ | WRITE, DEVICE_OUTPUT | READ | WRITE);
    const channel = this.channel;
    if (unlikely(channel.peerGeneration != this.generation || channel.presence != PEER_RUNS)) {
      if (!this.register()) {
        signal(this.sendSlot);
        return;
      }
    }
    uipiSend(this.senderIndex);
  }

  /** Tries to get an entry in this thread's sender table for the present run of the peer. */
  private register(): bool {
    const channel = this.channel;
    if (!this.isRemote || channel.presence != PEER_RUNS || load32(this.peerState) != PEER_ARMED) return false;
    if (this.signalsLeft != 0) {
      this.signalsLeft -= 1;
      return false;
    }
    const generation = channel.peerGeneration;
    if (changetype<NotificationCapability>(this.sendSlot).registerSender() != 0) {
      this.signalsLeft = SIGNALS_BETWEEN_ATTEMPTS;
      return false;
    }
    this.senderIndex = NotificationCapability.senderIndex;
    this.generation = generation;
    return true;
  }

  /**
   * Opens the channel with `peer` for `wait` and `poll`, and returns the bit of its signals, 1 << vector. Signals that came
   * earlier are kept. Ends the program when there is no channel.
   */
  static from(peer: string): u64 {
    CoroutineTable.start();
    const channel = channelFor(peer, SIDE_TO, "from");
    const bit = (<u64>1) << channel.identity;
    const isFirst = (SignalInbox.opened & bit) == 0;
    SignalInbox.open(bit);
    const isInterrupted = channel.peerHart != Process.hart && UserInterrupts.enableArrivals();
    store32(stateOf(channel, channel.side), isInterrupted ? PEER_ARMED : PEER_BLOCKED);
    if (!isInterrupted) mustAsk = true;
    else if (isFirst) Ends.remote += 1; // it pays to wait in user mode for a while
    return bit;
  }

  /**
   * The running coroutine waits until a signal comes over an opened channel; returns and clears the bits of all that have come.
   * Of several coroutines that wait, the one that came first gets them all.
   */
  static wait(): u64 {
    expectOpen();
    const badge = SignalInbox.isAwaited ? 0 : UserSignals.look();
    return badge != 0 ? badge : UserSignals.received(SignalInbox.wait());
  }

  /** Like `wait`; returns 0 when nothing has come for `ticks` of `time`. */
  static waitWithin(ticks: u64): u64 {
    expectOpen();
    const badge = SignalInbox.isAwaited ? 0 : UserSignals.look();
    if (badge != 0) return badge;
    Timers.limit(ticks);
    const late = SignalInbox.wait();
    Timers.take(Turns.current);
    return UserSignals.received(late);
  }

  /** Returns and clears the bits of signals that have come, 0 for none, without waiting; in user mode where they come so. */
  static poll(): u64 {
    let badge = UserSignals.look();
    if (badge == 0 && (mustAsk || --pollsLeft == 0)) {
      pollsLeft = POLLS_BETWEEN_ASKING;
      askForSignals();
      badge = UserSignals.received(SignalInbox.take());
    }
    return badge;
  }

  /** Takes what has come without asking the kernel. */
  @inline private static look(): u64 {
    if (unlikely(load64(Arrivals.address) != 0)) takeArrivals();
    return UserSignals.received(SignalInbox.take());
  }

  /** Behind it, what the sender wrote is visible. */
  @inline private static received(badge: u64): u64 {
    fence(READ | DEVICE_INPUT, READ | WRITE);
    return badge;
  }
}

function expectOpen(): void {
  if (SignalInbox.opened == 0)
    throw new Error("UserSignals.wait: no channel to wait on: open one with UserSignals.from");
}

/**
 * Async channels as plain wake-ups: a word of notification in each direction that does not enter the kernel, and shared bytes.
 *
 * Where the hardware has user interrupts, `notify` is `uipi send`, taken by the peer in user mode; elsewhere, and for a
 * peer that has gone to sleep in the kernel, it is a kernel Signal. All this stands in the page of the channel's control
 * lines, behind those of the rings (abi/src/ring.ts): two lanes of control words, each on its own cache line, then bytes
 * that belong to the programs.
 *
 * Lost wake-ups: the sender publishes (counter), fences, then reads the peer's state; the receiver stores its state,
 * fences, then reads the counter. Whatever the order, one of them sees the other (Dekker), so a wake-up is never lost,
 * even when a user interrupt arrives after its receiver has blocked.
 */
import { fence, load32, loadAcquire32, pause, storeRelease32, uipiSend } from "rv";
import { SLOT_ASYNC_NOTIFICATION } from "../../abi/src/program-layout";
import { RING_CONTROL_BYTES } from "../../abi/src/ring";
import { CHANNEL_ASYNC } from "../../abi/src/start-info";
import { Arrivals } from "./arrivals";
import { ChannelRecord, EITHER_SIDE, requireChannel } from "./channel-table";
import { NotificationCapability } from "./invocations/notification-capability";
import { Process } from "./process";
import { signal, wait } from "./system-calls";
import { UserInterrupts } from "./user-interrupts";

/** A lane: counter of notifications published by its sender, then, a cache line on, the state of its receiver. */
const LANE_BYTES: u32 = 128;
const STATE_OFFSET: u32 = 64;
/** Where the lanes and the programs' bytes begin in the page, and how many of these there are. */
const LANES_OFFSET: u32 = RING_CONTROL_BYTES;
const DATA_OFFSET: u32 = LANES_OFFSET + 2 * LANE_BYTES;
export const ASYNC_DATA_BYTES: u32 = 4096 - DATA_OFFSET;

/** Receiver state: wake it through the kernel (also the state of a page nobody has touched yet). */
const STATE_BLOCKED: u32 = 0;
/** Receiver state: wake it by a user interrupt. */
const STATE_ARMED: u32 = 1;

/** How often a receiver looks for its interrupt before it gives the hart away. */
const SPINS_BEFORE_BLOCKING: u32 = 100_000;

// Sets for `fence`
const DEVICE_OUTPUT: u32 = 4;
const READ: u32 = 2;
const WRITE: u32 = 1;

function controlPage(record: ChannelRecord): u32 {
  return record.buffer + record.ringBytes;
}

/** The lane in which the program on `side` sends. */
function laneOf(record: ChannelRecord, side: u32): u32 {
  return controlPage(record) + LANES_OFFSET + side * LANE_BYTES;
}

/** The channels this program has asked for: what an end has seen is counted in one place. */
const opened: AsyncChannel[] = [];

/**
 * One end of an async channel. Unmanaged, because waiting and notifying are short: bookkeeping for the collector would
 * be a good part of them. Channels live as long as the program.
 */
@unmanaged
export class AsyncChannel {
  private readonly record: ChannelRecord;
  private readonly sendSlot: u32;
  /** This end's vector, as a set. */
  private readonly vector: u64;
  private readonly outLane: u32;
  private readonly inLane: u32;
  private readonly spins: u32;
  /** Whether the peer may interrupt this end. */
  private armed: bool = false;
  /** Whether this end may interrupt the peer, and with which entry of the sender table. */
  private registered: bool = false;
  private mayRegister: bool = true;
  private senderIndex: u64 = 0;
  /** Which run of the peer that entry is for. */
  private peerGeneration: u32 = 0;
  private published: u32 = 0;
  private seen: u32 = 0;
  /** Address of this channel's shared bytes, and the same address in both programs. */
  readonly data: usize;

  constructor(record: ChannelRecord) {
    this.record = record;
    this.notePeer();
    this.sendSlot = record.sendSlot;
    this.vector = (<u64>1) << record.identity;
    const side = record.side;
    this.outLane = laneOf(record, side);
    this.inLane = laneOf(record, 1 - side);
    // an earlier run of this program may have counted already
    this.published = load32(this.outLane);
    this.data = controlPage(record) + DATA_OFFSET;
    this.spins = record.peerHart == Process.hart ? 0 : SPINS_BEFORE_BLOCKING;
  }

  /**
   * The channel shared with `peer`, the same object each time; when there is one in each direction, both sides get the one that
   * is described first. Ends the program when there is none.
   */
  static with(peer: string): AsyncChannel {
    const record = requireChannel(CHANNEL_ASYNC, "async", peer, EITHER_SIDE, "with");
    for (let i = 0; i < opened.length; i++) {
      // the page is this channel's alone
      if (opened[i].outLane == laneOf(record, record.side)) return opened[i];
    }
    const channel = new AsyncChannel(record);
    opened.push(channel);
    return channel;
  }

  /** Tells the peer that there is something new; everything written before is visible to it when it wakes. */
  notify(): void {
    this.published += 1;
    // what was written to the page before is there when the peer sees the new number
    storeRelease32(this.outLane, this.published);
    // before the peer's state is read, and before the device that interrupts it is written
    fence(READ | WRITE, DEVICE_OUTPUT | READ | WRITE);
    const peerIsArmed = load32(this.outLane + STATE_OFFSET) == STATE_ARMED;
    if (peerIsArmed && (this.registered || this.register())) uipiSend(this.senderIndex);
    else signal(this.sendSlot);
  }

  /** Gets an entry in this thread's sender table, the first time the peer can be interrupted. */
  private register(): bool {
    if (!this.mayRegister) return false;
    if (changetype<NotificationCapability>(this.sendSlot).registerSender() == 0) {
      this.senderIndex = NotificationCapability.senderIndex;
      this.registered = true;
    } else {
      this.mayRegister = false; // the tables are full: the kernel's Signal still works
    }
    return this.registered;
  }

  /** Which run of the peer it is; when it has been started again, the entry of the sender table leads nowhere. */
  private notePeer(): void {
    const generation = this.record.peerGeneration;
    if (generation == this.peerGeneration) return;
    this.peerGeneration = generation;
    this.registered = false;
    this.mayRegister = true;
  }

  /** Whether the peer has notified since the last `wait` or `poll` that said so. Does not wait. */
  poll(): bool {
    const published = loadAcquire32(this.inLane);
    if (published == this.seen) return false;
    this.seen = published;
    return true;
  }

  /** Waits until the peer notifies; several notifications may become one. */
  wait(): void {
    if (!this.armed && UserInterrupts.enableArrivals()) {
      this.armed = true;
      this.setState(STATE_ARMED);
    }
    for (;;) {
      Arrivals.remove(this.vector);
      if (this.poll()) return;
      if (!this.spinUntilInterrupted()) this.block();
    }
  }

  /** Runs in user mode until the handler has noted this channel's vector; false when it takes too long. */
  private spinUntilInterrupted(): bool {
    if (!this.armed) return false;
    const vector = this.vector;
    for (let spins = this.spins; spins != 0; spins--) {
      if (Arrivals.any(vector)) return true;
      pause();
    }
    return false;
  }

  /** Waits in the kernel for the peer's Signal. */
  private block(): void {
    const previous = this.armed ? UserInterrupts.mask() : 0;
    this.setState(STATE_BLOCKED);
    fence(READ | WRITE, READ | WRITE);
    if (loadAcquire32(this.inLane) == this.seen) Arrivals.add(wait(SLOT_ASYNC_NOTIFICATION));
    this.notePeer();
    if (!this.armed) return;
    this.setState(STATE_ARMED);
    UserInterrupts.restore(previous);
  }

  private setState(state: u32): void {
    storeRelease32(this.inLane + STATE_OFFSET, state);
  }
}

/**
 * One end of a ring buffer (abi/src/ring.ts), and the protocol by which neither side sleeps while there is work for it.
 *
 * Each side shows in a word of its own how it can be woken: *awake* (it looks by itself), *armed* (user interrupt), *blocked*
 * (kernel Signal). Whoever publishes does: write items, fence, store index, fence, look at the other's word, wake it. Whoever
 * goes to sleep does: store armed or blocked, fence, look at the other's index again, sleep. Stores wait in store buffers, so
 * without the fences both could look before either has shown anything, and the wake-up would be lost (docs/async-protocol.md).
 */
import { amoSwap32, fence, load32, store32, uipiSend, unlikely } from "rv";
import { PEER_ARMED, PEER_AWAKE, PEER_BLOCKED } from "../../../abi/src/ring";
import { START_INFO_GENERATION_AT } from "../../../abi/src/start-info";
import { ChannelRecord } from "../channel-table";
import { NotificationCapability } from "../invocations/notification-capability";
import { startInfoWord } from "../start-info";
import { signal, wakeAsyncHandler } from "../system-calls";

// Sets for `fence`
const DEVICE_OUTPUT: u32 = 4;
const READ: u32 = 2;
const WRITE: u32 = 1;

/** The first connection of two programs: both in their first run. */
const FIRST_EPOCH: u32 = 2;

/** In place of an epoch while a side begins. */
const NO_EPOCH: u32 = 0xffff_ffff;

const REGISTRATION_UNKNOWN: u32 = 0;
const REGISTERED: u32 = 1;
const NOT_REGISTERED: u32 = 2;

@unmanaged
export class RingEnd {
  /** Mask and step: the item after the one at `address` is at (address + item bytes) & wrap. */
  wrap: u32;
  /** Address of the next item this end writes. */
  out: u32;
  /** Address of the next item this end reads, and of the first that was not there when it looked last. */
  in: u32;
  inEnd: u32;
  /** Where the peer's ring begins, and what its index is masked with. */
  inBase: u32;
  indexMask: u32;
  /** Address of the index this end publishes, and what was published last (as an address in the ring). */
  outTail: u32;
  published: u32;
  outBase: u32;
  /** Addresses of the peer's index, of the index up to which this end has read, and of the two state words. */
  inTail: u32;
  inHead: u32;
  ownState: u32;
  peerState: u32;
  /** Capability to signal the peer with, and the entry of the sender table to interrupt it with, if it has one. */
  sendSlot: u32;
  registration: u32;
  senderIndex: u64;
  /** Does the peer run on another hart? */
  isRemote: bool;
  /** Is this the server's end? */
  isService: bool;
  /** Is the server the kernel? */
  isKernel: bool;
  /** In the executor's list of ends it polls. */
  isHot: bool;
  /** The peer does not run. */
  isDown: bool;
  /** Both sides have begun the same connection. */
  isOpen: bool;
  /** Something was published that the peer has not been woken for. */
  mustWake: bool;
  /** It has found work since the executor was idle last. */
  hasWorked: bool;
  /** Its record in the start-info page. */
  channel: ChannelRecord;
  /** Number of the present connection, and addresses of the words in which both sides say which one they have begun. */
  epoch: u32;
  ownEpoch: u32;
  peerEpoch: u32;
  nextHot: RingEnd;
  nextOfVector: RingEnd;
  nextEnd: RingEnd;

  /** Makes everything written to the ring so far visible, then the index that says so; and how far this end has read. */
  @inline publish(): void {
    const out = this.out;
    this.published = out;
    store32(this.inHead, this.in - this.inBase);
    fence(READ | WRITE, WRITE);
    store32(this.outTail, out - this.outBase);
  }

  /**
   * Looks how far the peer has published; true when there is something to read. A peer that has begun another connection
   * meanwhile has begun at the start of its ring: then its index means nothing here.
   */
  @inline look(): bool {
    const end = this.inBase + (load32(this.inTail) & this.indexMask);
    fence(READ, READ | WRITE);
    if (unlikely(load32(this.peerEpoch) != this.epoch)) return this.lookAgain();
    this.inEnd = end;
    return end != this.in;
  }

  /** The peer has not begun this connection, or not yet, or begun another one. */
  private lookAgain(): bool {
    if (load32(this.peerEpoch) != 0) this.isOpen = false;
    return false;
  }

  /** Has the peer published anything this end has not read? */
  @inline hasNews(): bool {
    return this.isOpen && this.isNews(load32(this.inTail));
  }

  /** Is there something unread when the peer's index is `index`? */
  @inline isNews(index: u32): bool {
    return this.inBase + (index & this.indexMask) != this.in;
  }

  /** Shows how this end can be woken. `RingEnd.settle` must follow before the peer's words are looked at. */
  @inline show(state: u32): void {
    store32(this.ownState, state);
  }

  /** Between what this end has shown and published, and what it then reads of the peer's. */
  @inline static settle(): void {
    fence(READ | WRITE, READ | WRITE);
  }

  /**
   * After `publish` and `settle`: wakes the peer unless it is awake. A peer on this hart that waits in the kernel is not
   * signalled here: its slot is returned, so that signalling it and waiting can be one system call.
   * @returns the slot still to be signalled, or 0
   */
  @inline wakePeer(): u32 {
    if (load32(this.peerState) == PEER_AWAKE) return 0;
    if (unlikely(this.isKernel)) return this.wakeKernel();
    // A swap: the peer may have shown something newer meanwhile, and must be woken in the way it shows now.
    const state = amoSwap32(this.peerState, PEER_AWAKE);
    if (unlikely(state == PEER_AWAKE)) return 0;
    if (state == PEER_ARMED && this.register()) {
      fence(READ | WRITE, DEVICE_OUTPUT);
      uipiSend(this.senderIndex);
      return 0;
    }
    return this.sendSlot;
  }

  /** Number of the connection between the two programs that run now. */
  currentEpoch(): u32 {
    return startInfoWord(START_INFO_GENERATION_AT) + this.channel.peerGeneration;
  }

  /**
   * Begins a connection: both rings are empty. While the words change, the epoch is none: a peer that is still in the connection
   * before reads an index and then the epoch, and sees that the index may be a new one.
   */
  begin(epoch: u32): void {
    this.out = this.outBase;
    this.published = this.outBase;
    this.in = this.inBase;
    this.inEnd = this.inBase;
    this.mustWake = false;
    this.isOpen = false;
    this.epoch = epoch;
    // how an earlier run of the peer was interrupted leads nowhere
    this.registration = REGISTRATION_UNKNOWN;
    store32(this.ownEpoch, NO_EPOCH);
    fence(READ | WRITE, WRITE);
    store32(this.outTail, 0);
    store32(this.inHead, 0);
    this.show(PEER_BLOCKED);
    fence(READ | WRITE, WRITE);
    store32(this.ownEpoch, epoch);
    RingEnd.settle();
  }

  /** A peer that has been here before, in this run or an earlier one, may wait for this program to begin the connection. */
  announce(): void {
    if (!this.isDown && (!this.isOpen || this.epoch > FIRST_EPOCH)) signal(this.sendSlot);
  }

  /** Has the peer begun the same connection? A peer that has never begun one finds empty rings when it does. */
  tryToOpen(): bool {
    const theirs = load32(this.peerEpoch);
    this.isOpen = !this.isDown && (theirs == 0 || theirs == this.epoch);
    fence(READ, READ | WRITE);
    return this.isOpen;
  }

  /**
   * Makes the kernel serve requests on another hart at once. On a machine with one hart it serves them when this program blocks,
   * which it is about to do.
   */
  private wakeKernel(): u32 {
    if (!this.isRemote) return 0;
    if (amoSwap32(this.peerState, PEER_AWAKE) != PEER_AWAKE) wakeAsyncHandler();
    return 0;
  }

  /** Publishes what is written and wakes the peer at once. */
  publishAndWake(): void {
    this.publish();
    RingEnd.settle();
    const slot = this.wakePeer();
    if (slot != 0) signal(slot);
  }

  /** Gets an entry in this thread's sender table, the first time the peer can be interrupted. */
  private register(): bool {
    if (this.registration != REGISTRATION_UNKNOWN) return this.registration == REGISTERED;
    const refused = changetype<NotificationCapability>(this.sendSlot).registerSender() != 0;
    this.registration = refused ? NOT_REGISTERED : REGISTERED;
    if (!refused) this.senderIndex = NotificationCapability.senderIndex;
    return !refused;
  }
}

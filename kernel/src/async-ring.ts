// The buffer of a thread's asynchronous system calls as the kernel sees it (abi/src/ring.ts); the kernel is the server.
//
// The client can write to all of it at any time. So every word is read once, offsets are masked, and the two offsets that
// the kernel advances are kept in the TCB: what the buffer says about them is only for the client. Whatever it
// contains, nothing outside of the frame is reached.

import { amoSwap32, fence, load32, store32 } from "rv";
import { CAP_FRAME } from "../../abi/src/capability-tags";
import {
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_STATE_AT,
  SYSTEM_CALL_ITEM_BYTES,
} from "../../abi/src/ring";
import { ArchCaps } from "./riscv/arch-caps";
import { TCB_SLOT_CALLS, Tcb } from "./tcb";

const ITEM: u32 = SYSTEM_CALL_ITEM_BYTES;

// Sets of memory accesses, as the fence instruction names them
const READ: u32 = 2;
const WRITE: u32 = 1;
const READ_WRITE: u32 = 3;

/** Memory that others change is only touched by the volatile accesses of "rv", which take 64-bit addresses. */
export class SharedMemory {
  /** The address of a kernel pointer. */
  @inline static at(pointer: u32): u64 {
    return <u64>(<i64>(<i32>pointer));
  }
}

/** Operations on the buffer at kernel address `base` whose offsets have `mask` (bytes of a ring, minus 1). */
export class AsyncRing {
  /** Has the thread a handler? Its frame may have been taken away at any time. */
  @inline static isRegistered(thread: Tcb): bool {
    return thread.handlerNotification != 0 && thread.slot(TCB_SLOT_CALLS).type == CAP_FRAME;
  }

  /** Kernel address of the buffer of a thread that has a handler. */
  @inline static baseOf(thread: Tcb): u32 {
    return <u32>ArchCaps.address(thread.slot(TCB_SLOT_CALLS));
  }

  /** Address of the control lines, behind the requests. */
  @inline private static controlOf(thread: Tcb): u64 {
    return SharedMemory.at(AsyncRing.baseOf(thread) + thread.handlerRingMask + 1);
  }

  /** Address of the first response. */
  @inline static responses(base: u32, mask: u32): u32 {
    return base + 2 * (mask + 1);
  }

  /** The offset behind an item's. */
  @inline static after(offset: u32, mask: u32): u32 {
    return (offset + ITEM) & mask;
  }

  /** Where the client will put its next request. */
  @inline static requestTail(base: u32, mask: u32): u32 {
    return AsyncRing.offset(base, mask, RING_REQUEST_TAIL_AT);
  }

  /** Which response the client takes next. */
  @inline static responseHead(base: u32, mask: u32): u32 {
    return AsyncRing.offset(base, mask, RING_RESPONSE_HEAD_AT);
  }

  /** Reads an offset: a multiple of the item size inside the ring, whatever the client wrote. Items are read after it. */
  @inline private static offset(base: u32, mask: u32, at: u32): u32 {
    const offset = load32(SharedMemory.at(base + mask + 1) + at) & mask & ~(ITEM - 1);
    fence(READ, READ_WRITE);
    return offset;
  }

  /** Has a thread with a handler a request for whose response there is room? */
  static hasWork(thread: Tcb): bool {
    const base = AsyncRing.baseOf(thread);
    const mask = thread.handlerRingMask;
    if (thread.handlerRequestHead == AsyncRing.requestTail(base, mask)) return false;
    return AsyncRing.after(thread.handlerResponseTail, mask) != AsyncRing.responseHead(base, mask);
  }

  /** The handler looks by itself from now on. */
  static wakeUp(thread: Tcb): void {
    AsyncRing.setServerState(thread, PEER_AWAKE);
  }

  /** From now on the client wakes the handler. False: there is something to do. */
  static sleep(thread: Tcb): bool {
    AsyncRing.setServerState(thread, PEER_BLOCKED);
    fence(READ_WRITE, READ_WRITE);
    if (!AsyncRing.hasWork(thread)) return true;
    AsyncRing.setServerState(thread, PEER_AWAKE);
    return false;
  }

  private static setServerState(thread: Tcb, state: u32): void {
    store32(AsyncRing.controlOf(thread) + RING_SERVER_STATE_AT, state);
  }

  /**
   * Shows the client how far the kernel has come. Returns PEER_*: how to wake it, and says that it is awake, so that it is
   * woken once. Both in one step: a client that changes its state in between is woken as the state it left there asks.
   */
  static publish(thread: Tcb): u32 {
    const control = AsyncRing.controlOf(thread);
    fence(READ_WRITE, WRITE);
    store32(control + RING_RESPONSE_TAIL_AT, thread.handlerResponseTail);
    store32(control + RING_REQUEST_HEAD_AT, thread.handlerRequestHead);
    fence(READ_WRITE, READ_WRITE);
    if (load32(control + RING_CLIENT_STATE_AT) == <u32>PEER_AWAKE) return PEER_AWAKE;
    return amoSwap32(<u32>(control + RING_CLIENT_STATE_AT), PEER_AWAKE);
  }

  /** A handler begins: the kernel's sides of both rings are at their beginning, and the client has to wake it. */
  static initialise(thread: Tcb): void {
    thread.handlerRequestHead = 0;
    thread.handlerResponseTail = 0;
    const control = AsyncRing.controlOf(thread);
    store32(control + RING_REQUEST_HEAD_AT, 0);
    store32(control + RING_RESPONSE_TAIL_AT, 0);
    store32(control + RING_SERVER_STATE_AT, PEER_BLOCKED);
  }
}

// The buffer of a thread's asynchronous system calls as the kernel sees it (abi/src/ring.ts); the kernel is the server.
//
// The client can write to all of it at any time. So every word is read once, offsets are masked, and the two offsets that
// the kernel advances are kept in the TCB: what the buffer says about them is only for the client. Whatever it
// contains, nothing outside of the frame is reached.

import { fence, load32, load64, store32, store64 } from "rv";
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

/** A kernel pointer as the 64-bit address that volatile accesses take. */
export class SharedMemory {
  @inline static read32(pointer: u32): u32 {
    return load32(<u64>(<i64>(<i32>pointer)));
  }

  @inline static read64(pointer: u32): u64 {
    return load64(<u64>(<i64>(<i32>pointer)));
  }

  @inline static write32(pointer: u32, value: u32): void {
    store32(<u64>(<i64>(<i32>pointer)), value);
  }

  @inline static write64(pointer: u32, value: u64): void {
    store64(<u64>(<i64>(<i32>pointer)), value);
  }
}

/** The ring buffer being served, and what has been read of it. */
export class AsyncRing {
  /** Kernel address of the buffer: its requests. */
  private static base: u32 = 0;
  private static mask: u32 = 0;
  private static thread: u32 = 0;
  /** The client's offsets as they were last read. */
  private static requestTail: u32 = 0;
  private static responseHead: u32 = 0;

  /** Has the thread a handler? Its frame may have been taken away at any time. */
  @inline static isRegistered(thread: Tcb): bool {
    return thread.handlerNotification != 0 && thread.slot(TCB_SLOT_CALLS).type == CAP_FRAME;
  }

  /** Begins to serve the buffer of a thread that has a handler; the client need not wake it. */
  static open(thread: Tcb): void {
    AsyncRing.thread = thread.address;
    AsyncRing.base = <u32>ArchCaps.address(thread.slot(TCB_SLOT_CALLS));
    AsyncRing.mask = thread.handlerRingMask;
    SharedMemory.write32(AsyncRing.control + RING_SERVER_STATE_AT, PEER_AWAKE);
    fence(READ_WRITE, READ_WRITE);
    AsyncRing.look();
  }

  /** Address of the control lines: behind the requests. */
  @inline private static get control(): u32 {
    return AsyncRing.base + AsyncRing.mask + 1;
  }

  @inline private static get owner(): Tcb {
    return Tcb.at(AsyncRing.thread);
  }

  /** Reads how far the client has come. */
  private static look(): void {
    AsyncRing.requestTail = AsyncRing.offset(RING_REQUEST_TAIL_AT);
    AsyncRing.responseHead = AsyncRing.offset(RING_RESPONSE_HEAD_AT);
    fence(READ, READ_WRITE);
  }

  /** Reads an offset: a multiple of the item size inside the ring, whatever the client wrote. */
  @inline private static offset(at: u32): u32 {
    return SharedMemory.read32(AsyncRing.control + at) & AsyncRing.mask & ~(ITEM - 1);
  }

  /** Address of the next request; 0: there is none, or no room for its response. */
  @inline static next(): u32 {
    return AsyncRing.isReady()
      ? AsyncRing.base + AsyncRing.owner.handlerRequestHead
      : AsyncRing.nextAfterLook();
  }

  private static nextAfterLook(): u32 {
    AsyncRing.look();
    return AsyncRing.isReady() ? AsyncRing.base + AsyncRing.owner.handlerRequestHead : 0;
  }

  @inline private static isReady(): bool {
    const thread = AsyncRing.owner;
    if (thread.handlerRequestHead == AsyncRing.requestTail) return false;
    return ((thread.handlerResponseTail + ITEM) & AsyncRing.mask) != AsyncRing.responseHead;
  }

  /** Address of the response to the next request. */
  @inline static response(): u32 {
    return AsyncRing.control + AsyncRing.mask + 1 + AsyncRing.owner.handlerResponseTail;
  }

  /** The next request has been answered. */
  @inline static advance(): void {
    const thread = AsyncRing.owner;
    thread.handlerRequestHead = (thread.handlerRequestHead + ITEM) & AsyncRing.mask;
    thread.handlerResponseTail = (thread.handlerResponseTail + ITEM) & AsyncRing.mask;
  }

  /** Shows the responses to the client; returns PEER_*: how to wake it. Whoever wakes it has said so already. */
  static publish(): u32 {
    const control = AsyncRing.control;
    const thread = AsyncRing.owner;
    fence(READ_WRITE, WRITE);
    SharedMemory.write32(control + RING_RESPONSE_TAIL_AT, thread.handlerResponseTail);
    SharedMemory.write32(control + RING_REQUEST_HEAD_AT, thread.handlerRequestHead);
    fence(READ_WRITE, READ_WRITE);
    const state = SharedMemory.read32(control + RING_CLIENT_STATE_AT);
    if (state != <u32>PEER_AWAKE) SharedMemory.write32(control + RING_CLIENT_STATE_AT, PEER_AWAKE);
    return state;
  }

  /** There is nothing to serve: from now on the client wakes the handler. False: something has come meanwhile. */
  static sleep(): bool {
    SharedMemory.write32(AsyncRing.control + RING_SERVER_STATE_AT, PEER_BLOCKED);
    fence(READ_WRITE, READ_WRITE);
    AsyncRing.look();
    if (!AsyncRing.isReady()) return true;
    SharedMemory.write32(AsyncRing.control + RING_SERVER_STATE_AT, PEER_AWAKE);
    return false;
  }

  /** Has a thread with a handler that is not open requests that could be served? */
  static hasWork(thread: Tcb): bool {
    AsyncRing.thread = thread.address;
    AsyncRing.base = <u32>ArchCaps.address(thread.slot(TCB_SLOT_CALLS));
    AsyncRing.mask = thread.handlerRingMask;
    AsyncRing.look();
    return AsyncRing.isReady();
  }

  /** A handler begins: rings are empty, and the client has to wake it. */
  static initialise(thread: Tcb): void {
    thread.handlerRequestHead = 0;
    thread.handlerResponseTail = 0;
    AsyncRing.base = <u32>ArchCaps.address(thread.slot(TCB_SLOT_CALLS));
    AsyncRing.mask = thread.handlerRingMask;
    const control = AsyncRing.control;
    SharedMemory.write32(control + RING_REQUEST_HEAD_AT, 0);
    SharedMemory.write32(control + RING_RESPONSE_TAIL_AT, 0);
    SharedMemory.write32(control + RING_SERVER_STATE_AT, PEER_BLOCKED);
  }
}

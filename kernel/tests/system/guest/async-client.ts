// The client's side of asynchronous system calls, as plain as can be: no coroutines, one thread.

import { ecall, fence, load32, load64, store32, store64 } from "rv";
import { NOTIFICATION_REGISTER_ASYNC_SYSCALL } from "../../../../abi/src/labels";
import { OBJECT_MEGA_PAGE, OBJECT_NOTIFICATION } from "../../../../abi/src/objects";
import {
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_STATE_AT,
  SYSTEM_CALL_ITEM_BYTES,
} from "../../../../abi/src/ring";
import { SYS_WAKE_ASYNC_HANDLER } from "../../../../abi/src/syscalls";
import { Root, System } from "./support";

const READ: u32 = 2;
const WRITE: u32 = 1;
const READ_WRITE: u32 = 3;

/** The buffer, a large page. */
export const BUFFER: u32 = 0x6000_0000;
const ITEM: u32 = SYSTEM_CALL_ITEM_BYTES;

export class AsyncClient {
  /** Notification with the badge of the responses, and its first capability. */
  static replies: u32 = 0;
  static notification: u32 = 0;
  static frame: u32 = 0;
  private static ringBytes: u32 = 0;
  private static tail: u32 = 0;
  private static head: u32 = 0;
  /** Error and first word of the response taken last. */
  static error: u32 = 0;
  static word: u64 = 0;
  static id: u32 = 0;

  /** Maps a buffer for rings of 2^itemBits items; the calling thread registers it, or another by `register`. */
  static open(itemBits: u32, badge: u64): void {
    AsyncClient.frame = Root.make(OBJECT_MEGA_PAGE);
    Root.map(AsyncClient.frame, BUFFER);
    AsyncClient.notification = Root.make(OBJECT_NOTIFICATION);
    AsyncClient.replies = Root.mint(AsyncClient.notification, badge);
    AsyncClient.ringBytes = ITEM << itemBits;
    Root.check(AsyncClient.register(itemBits), "register handler");
  }

  static register(itemBits: u32): u32 {
    return Root.invoke(
      AsyncClient.replies,
      NOTIFICATION_REGISTER_ASYNC_SYSCALL,
      1,
      itemBits,
      0,
      0,
      0,
      AsyncClient.frame,
    );
  }

  /** Puts a request with up to three words and one extra capability (0: none) into the ring; no other thread does. */
  static push(
    id: u32,
    slot: u32,
    label: u32,
    words: u32 = 0,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    extra: u32 = 0,
  ): void {
    const item: u32 = BUFFER + AsyncClient.tail;
    const info = (label << 12) | (extra != 0 ? 128 : 0) | words;
    store64(item, <u64>id | ((<u64>info) << 32));
    store64(item + 8, slot);
    store64(item + 16, extra);
    store64(item + 32, word0);
    store64(item + 40, word1);
    store64(item + 48, word2);
    AsyncClient.tail = (AsyncClient.tail + ITEM) & (AsyncClient.ringBytes - 1);
    fence(WRITE, WRITE);
    AsyncClient.setControl(RING_REQUEST_TAIL_AT, AsyncClient.tail);
  }

  /** Wakes the handler, unless it looks by itself. */
  static wake(): void {
    fence(READ_WRITE, READ_WRITE);
    if (AsyncClient.control(RING_SERVER_STATE_AT) == PEER_AWAKE) return;
    AsyncClient.setControl(RING_SERVER_STATE_AT, PEER_AWAKE);
    ecall(0, 0, 0, 0, 0, 0, 0, SYS_WAKE_ASYNC_HANDLER);
  }

  /** Is a response there? */
  static hasResponse(): bool {
    return AsyncClient.control(RING_RESPONSE_TAIL_AT) != AsyncClient.head;
  }

  /** Takes the response that is there. */
  static take(): void {
    fence(READ, READ_WRITE);
    const item: u32 = BUFFER + 2 * AsyncClient.ringBytes + AsyncClient.head;
    const first = load64(item);
    AsyncClient.id = <u32>first;
    AsyncClient.error = <u32>(first >> 44);
    AsyncClient.word = load64(item + 8);
    AsyncClient.head = (AsyncClient.head + ITEM) & (AsyncClient.ringBytes - 1);
    AsyncClient.setControl(RING_RESPONSE_HEAD_AT, AsyncClient.head);
  }

  /** Blocks in the kernel until there is a response. */
  static waitForResponse(): void {
    while (!AsyncClient.hasResponse()) {
      AsyncClient.setControl(RING_CLIENT_STATE_AT, PEER_BLOCKED);
      fence(READ_WRITE, READ_WRITE);
      if (!AsyncClient.hasResponse()) System.wait(AsyncClient.replies);
    }
    AsyncClient.setControl(RING_CLIENT_STATE_AT, PEER_AWAKE);
  }

  static sayHowToWake(state: u32): void {
    AsyncClient.setControl(RING_CLIENT_STATE_AT, state);
    fence(READ_WRITE, READ_WRITE);
  }

  static control(at: u32): u32 {
    return load32(BUFFER + AsyncClient.ringBytes + at);
  }

  static setControl(at: u32, value: u32): void {
    store32(BUFFER + AsyncClient.ringBytes + at, value);
  }
}

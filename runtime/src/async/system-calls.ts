/**
 * The hook that makes invocations asynchronous: after `SystemCalls.start()`, the typed invocations of rel4/invocations (map a
 * frame, make objects, copy capabilities …), called by a coroutine, suspend only that coroutine, and those of many coroutines go to
 * the kernel together. Code that makes them needs no change. What the kernel serves only synchronously stays synchronous.
 */
import {
  CNODE_REVOKE,
  CNODE_ROTATE,
  PAGE_GET_ADDRESS,
  PAGE_TABLE_MAP,
  TCB_BIND_NOTIFICATION,
  TCB_UNBIND_NOTIFICATION,
  UNTYPED_RETYPE,
} from "../../../abi/src/labels";
import {
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LABEL_SHIFT,
  MESSAGE_LENGTH_MASK,
} from "../../../abi/src/message-info";
import { SLOT_SYSTEM_CALL_FRAME, SLOT_SYSTEM_CALL_NOTIFICATION } from "../../../abi/src/program-layout";
import { SYSTEM_CALL_MAX_WORDS } from "../../../abi/src/ring";
import { START_INFO_SYSTEM_CALL_BITS_AT } from "../../../abi/src/start-info";
import { ErrorCode } from "../errors";
import { InvocationHook } from "../invocations/hook";
import { NotificationCapability } from "../invocations/notification-capability";
import { IpcBuffer, Message } from "../message";
import { startInfoWord } from "../start-info";
import { Ends } from "./ends";
import { SystemCallRing } from "./system-call-ring";
import { Turns } from "./turns";

let ring: SystemCallRing = changetype<SystemCallRing>(0);

export class SystemCalls {
  /**
   * Registers this program's buffer (`systemCalls` in the system description) with the kernel; from now on invocations by
   * coroutines are asynchronous.
   * @returns the kernel's error code
   */
  static start(): ErrorCode {
    if (changetype<u32>(ring) != 0) return 0;
    const bits = startInfoWord(START_INFO_SYSTEM_CALL_BITS_AT);
    if (bits == 0)
      throw new Error(
        "SystemCalls.start: no buffer for system calls: set this program's `systemCalls` in the system description",
      );
    const made = Ends.kernel(bits);
    const notification = changetype<NotificationCapability>(SLOT_SYSTEM_CALL_NOTIFICATION);
    const error = notification.registerAsyncSystemCalls(SLOT_SYSTEM_CALL_FRAME, bits);
    if (error != 0) return error;
    ring = made;
    InvocationHook.install(invokeOverRing.index);
    return 0;
  }

  /**
   * Invokes the capability in `slot` over the ring, after `start`, and waits for the result: what the typed invocations come
   * to, with the request written in place and nothing left in `Message`. Only in a coroutine, and only what the kernel serves
   * asynchronously (others are refused with IllegalOperation).
   * @param length words of the request, a constant: at most four
   */
  @inline
  static invoke(
    slot: u32,
    label: u32,
    length: u32,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    word3: u64 = 0,
  ): ErrorCode {
    ring.prepare();
    SystemCalls.write(length, word0, word1, word2, word3);
    return ring.invoke((label << (<u32>MESSAGE_LABEL_SHIFT)) | length, slot).code >> <u32>MESSAGE_LABEL_SHIFT;
  }

  /** Like `invoke`, with one extra capability. */
  @inline
  static invokeWith(
    slot: u32,
    label: u32,
    extra: u32,
    length: u32,
    word0: u64 = 0,
    word1: u64 = 0,
    word2: u64 = 0,
    word3: u64 = 0,
  ): ErrorCode {
    ring.prepare();
    ring.setExtra(0, extra);
    SystemCalls.write(length, word0, word1, word2, word3);
    const info = (label << (<u32>MESSAGE_LABEL_SHIFT)) | (1 << (<u32>MESSAGE_EXTRA_CAPS_SHIFT)) | length;
    return ring.invoke(info, slot).code >> <u32>MESSAGE_LABEL_SHIFT;
  }

  @inline
  private static write(length: u32, word0: u64, word1: u64, word2: u64, word3: u64): void {
    if (length > 0) ring.setWord(0, word0);
    if (length > 1) ring.setWord(1, word1);
    if (length > 2) ring.setWord(2, word2);
    if (length > 3) ring.setWord(3, word3);
  }
}

/** Labels the kernel serves asynchronously. */
function isServed(label: u32): bool {
  if (label == UNTYPED_RETYPE) return true;
  if (label >= <u32>CNODE_REVOKE && label <= <u32>CNODE_ROTATE) return true;
  if (label >= <u32>PAGE_TABLE_MAP && label <= <u32>PAGE_GET_ADDRESS) return true;
  return label == TCB_BIND_NOTIFICATION || label == TCB_UNBIND_NOTIFICATION;
}

/**
 * Makes an invocation over the ring and leaves its results in `Message`, as `call` does; false when it must be made
 * synchronously, because it is one of those or the caller cannot wait.
 */
function invokeOverRing(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): bool {
  if (Turns.current == Turns.executor || !isServed(<u32>(info >> MESSAGE_LABEL_SHIFT))) return false;
  const length = <u32>info & MESSAGE_LENGTH_MASK;
  if (length > <u32>SYSTEM_CALL_MAX_WORDS) return false;
  const extras = <u32>(info >> MESSAGE_EXTRA_CAPS_SHIFT) & 3;
  // while this coroutine waits for room, others use the IPC buffer
  const kept = Turns.current.responsePlace;
  for (let i: u32 = 4; i < length; i++) store<u64>(kept + ((i - 4) << 3), IpcBuffer.word(i));
  const extra0 = IpcBuffer.capability(0);
  const extra1 = IpcBuffer.capability(1);
  ring.prepare();
  ring.setWord(0, word0);
  ring.setWord(1, word1);
  ring.setWord(2, word2);
  ring.setWord(3, word3);
  for (let i: u32 = 4; i < length; i++) ring.setWord(i, load<u64>(kept + ((i - 4) << 3)));
  if (extras > 0) ring.setExtra(0, extra0);
  if (extras > 1) ring.setExtra(1, extra1);
  const response = ring.invoke(<u32>info, slot);
  Message.info = response.code;
  Message.word0 = response.word0;
  Message.word1 = response.word1;
  Message.word2 = response.word2;
  Message.word3 = response.word3;
  for (let i: u32 = 4; i < (response.code & <u32>MESSAGE_LENGTH_MASK) && i < 7; i++)
    IpcBuffer.setWord(i, response.word(i));
  return true;
}

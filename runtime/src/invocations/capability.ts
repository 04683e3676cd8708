/**
 * Capabilities as typed handles: the value of a handle is the slot number itself, so handles cost nothing.
 *
 * `changetype<Frame>(slot)` names the frame capability in `slot`; there is no object behind it in memory.
 */

import { ErrorCode } from "../errors";
import { IpcBuffer, Message, MessageInfo } from "../message";
import { call } from "../system-calls";
import { InvocationHook } from "./hook";

/** A capability in a slot of this program's CNode. */
@unmanaged
export class Capability {
  /** Slot number. */
  @inline get slot(): u32 {
    return changetype<u32>(this);
  }
}

/** Invokes a capability with up to four argument words; results are left in `Message`. */
export function invoke(
  slot: u32,
  label: u32,
  length: u32,
  word0: u64 = 0,
  word1: u64 = 0,
  word2: u64 = 0,
  word3: u64 = 0,
): ErrorCode {
  make(slot, MessageInfo.make(label, 0, length), word0, word1, word2, word3);
  return <u32>Message.label;
}

/** Invokes a capability with one extra capability. */
export function invokeWith(
  slot: u32,
  label: u32,
  extra: u32,
  length: u32,
  word0: u64 = 0,
  word1: u64 = 0,
  word2: u64 = 0,
  word3: u64 = 0,
): ErrorCode {
  IpcBuffer.setCapability(0, extra);
  make(slot, MessageInfo.make(label, 1, length), word0, word1, word2, word3);
  return <u32>Message.label;
}

function make(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  if (InvocationHook.takes(slot, info, word0, word1, word2, word3)) return;
  call(slot, info, word0, word1, word2, word3);
}

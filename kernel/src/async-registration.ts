// Registering a buffer of asynchronous system calls: the calling thread gets a handler in the kernel.

import { CAP_FRAME } from "../../abi/src/capability-tags";
import { RIGHT_READ } from "../../abi/src/rights";
import {
  SYSTEM_CALL_ITEM_BYTES,
  SYSTEM_CALL_LEAST_ITEM_BITS,
  SYSTEM_CALL_MOST_ITEM_BITS,
} from "../../abi/src/ring";
import { AsyncHandlers } from "./async-handler";
import { AsyncRing } from "./async-ring";
import { Capability, Slot } from "./capability";
import { DerivationTree, deriveCapability } from "./derivation-tree";
import { Errors, OK } from "./errors";
import { Invoker } from "./invoker";
import { Arguments } from "./message";
import { ArchCaps } from "./riscv/arch-caps";
import { TCB_SLOT_CALLS } from "./tcb";
import { beginInvocation } from "./thread";

/** Requests, control lines and responses are each as long as a ring. */
const PARTS: u64 = 3;
const LEAST_ITEM_BITS: u64 = SYSTEM_CALL_LEAST_ITEM_BITS;
const MOST_ITEM_BITS: u64 = SYSTEM_CALL_MOST_ITEM_BITS;

/** The capability the kernel keeps. */
const FRAME = <u32>memory.data(16, 8);

/**
 * RegisterAsyncSyscall (n) on a notification capability, extra: the frame of the buffer. Rings have 2^n items. The handler
 * signals the notification with this capability's badge, which must be a single bit, so that it is a vector too.
 */
export function registerHandler(slot: Slot): u32 {
  if (!slot.allows(RIGHT_READ)) return Errors.invalidCapability(0);
  if (popcnt<u64>(slot.data) != 1) return Errors.invalidArgument(0);
  const frameSlot = Arguments.extraCap(0);
  if (Arguments.length < 1 || frameSlot == 0) return Errors.truncatedMessage();
  const frame = Slot.at(frameSlot);
  if (frame.type != CAP_FRAME || !ArchCaps.mayShare(frame)) return Errors.invalidCapability(1);
  const itemBits = Arguments.word(0);
  const most = mostItemBits(<u64>frame.sizeBits);
  if (itemBits < LEAST_ITEM_BITS || itemBits > most) return Errors.rangeError(LEAST_ITEM_BITS, most);
  const thread = Invoker.thread;
  if (AsyncRing.isRegistered(thread)) return Errors.deleteFirst();
  const cap = Capability.at(FRAME);
  cap.copyFrom(frame);
  const status = deriveCapability(frame, cap);
  if (status != OK) return status;

  beginInvocation();
  DerivationTree.insert(cap, frame, thread.slot(TCB_SLOT_CALLS));
  AsyncHandlers.register(thread, slot.object, slot.data, SYSTEM_CALL_ITEM_BYTES << (<u32>itemBits));
  return OK;
}

/** Largest n for a frame of 2^frameBits bytes. */
function mostItemBits(frameBits: u64): u64 {
  let bits = LEAST_ITEM_BITS;
  while (bits < MOST_ITEM_BITS && (PARTS * SYSTEM_CALL_ITEM_BYTES) << (bits + 1) <= (<u64>1) << frameBits)
    bits++;
  return bits;
}

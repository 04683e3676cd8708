// The fast paths of a receiver of user interrupts that is about to wait: the same, if no vector has arrived for it; then
// it is watched, as at the end of the general path.

import { USER_INTERRUPTS } from "../../abi/src/config";
import { fastpathReplyRecv, fastpathSignalWait, fastpathWait } from "./fastpath";
import { Hart } from "./hart";
import { UserInterrupts } from "./riscv/user-interrupts";
import { WatchedReceivers } from "./riscv/watched-receivers";
import { Tcb } from "./tcb";
import { UserNotifications } from "./user-notification";

/** ReplyRecv by a receiver. Returns 1 when done, 0 when the general path must do it. */
export function receiverReplyRecv(pointer: u64, info: u64): u32 {
  if (!USER_INTERRUPTS) return 0;
  const thread = Hart.current().thread;
  if (UserInterrupts.pending(thread.receiverIndex) != 0 || !fastpathReplyRecv(pointer, info)) return 0;
  return watchWaiting(thread);
}

/** SignalWait by a receiver. Returns 1 when done, 0 when the general path must do it. */
export function receiverSignalWait(signalled: u64, awaited: u64): u32 {
  if (!USER_INTERRUPTS) return 0;
  const thread = Hart.current().thread;
  if (UserInterrupts.pending(thread.receiverIndex) != 0 || !fastpathSignalWait(signalled, awaited)) return 0;
  return watchWaiting(thread);
}

/** Recv by a receiver. Returns 1 when done, 0 when the general path must do it. */
export function receiverWait(pointer: u64): u32 {
  if (!USER_INTERRUPTS) return 0;
  const thread = Hart.current().thread;
  if (UserInterrupts.pending(thread.receiverIndex) != 0 || !fastpathWait(pointer)) return 0;
  return watchWaiting(thread);
}

function watchWaiting(thread: Tcb): u32 {
  if (UserNotifications.waitsForInterrupt(thread)) UserInterrupts.watch(thread.address);
  WatchedReceivers.place();
  return 1;
}

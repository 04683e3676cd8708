/**
 * System calls: thin typed wrappers over `ecall`, seL4's numbers and registers (non-MCS, RISC-V 64).
 *
 * a0 capability in and badge out, a1 message info, a2–a5 message registers 0–3, a7 the number. Calls that receive leave
 * the message in `Message`; calls that only send leave `Message` as it was. A capability is named by its slot number in
 * the program's CNode.
 */

import { ecall, ecallResult } from "rv";
import {
  SYS_CALL,
  SYS_DEBUG_HALT,
  SYS_DEBUG_PUT_CHAR,
  SYS_NB_RECV,
  SYS_NB_SEND,
  SYS_RECV,
  SYS_REPLY,
  SYS_REPLY_RECV,
  SYS_SEND,
  SYS_SET_TIMER,
  SYS_SIGNAL_WAIT,
  SYS_WAKE_ASYNC_HANDLER,
  SYS_YIELD,
} from "../../abi/src/syscalls";
import { Message } from "./message";

/** Sends a message and waits for the answer, which it leaves in `Message`. */
export function call(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  Message.badge = ecall(slot, info, word0, word1, word2, word3, 0, SYS_CALL);
  Message.info = ecallResult(1);
  Message.word0 = ecallResult(2);
  Message.word1 = ecallResult(3);
  Message.word2 = ecallResult(4);
  Message.word3 = ecallResult(5);
}

/** Sends a message; waits until somebody receives it. */
export function send(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  ecall(slot, info, word0, word1, word2, word3, 0, SYS_SEND);
}

/** Sends a message if somebody waits for it, otherwise drops it. */
export function sendNonBlocking(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  ecall(slot, info, word0, word1, word2, word3, 0, SYS_NB_SEND);
}

/** Waits for a message (or, on a notification, for a signal) and returns its badge. */
export function receive(slot: u32): u64 {
  const badge = ecall(slot, 0, 0, 0, 0, 0, 0, SYS_RECV);
  Message.info = ecallResult(1);
  Message.word0 = ecallResult(2);
  Message.word1 = ecallResult(3);
  Message.word2 = ecallResult(4);
  Message.word3 = ecallResult(5);
  Message.badge = badge;
  return badge;
}

/** Takes a message that is already there; returns its badge, or 0 when there is none. */
export function receiveNonBlocking(slot: u32): u64 {
  const badge = ecall(slot, 0, 0, 0, 0, 0, 0, SYS_NB_RECV);
  Message.info = ecallResult(1);
  Message.word0 = ecallResult(2);
  Message.word1 = ecallResult(3);
  Message.word2 = ecallResult(4);
  Message.word3 = ecallResult(5);
  Message.badge = badge;
  return badge;
}

/** Answers the call received last. */
export function reply(info: u64, word0: u64, word1: u64, word2: u64, word3: u64): void {
  ecall(0, info, word0, word1, word2, word3, 0, SYS_REPLY);
}

/** Answers the call received last and waits for the next message; returns its badge. */
export function replyReceive(slot: u32, info: u64, word0: u64, word1: u64, word2: u64, word3: u64): u64 {
  const badge = ecall(slot, info, word0, word1, word2, word3, 0, SYS_REPLY_RECV);
  Message.info = ecallResult(1);
  Message.word0 = ecallResult(2);
  Message.word1 = ecallResult(3);
  Message.word2 = ecallResult(4);
  Message.word3 = ecallResult(5);
  Message.badge = badge;
  return badge;
}

/** Signals a notification: ORs the capability's badge into it and wakes a waiting thread. */
export function signal(slot: u32): void {
  ecall(slot, 0, 0, 0, 0, 0, 0, SYS_SEND);
}

/** Waits for signals on a notification; returns and clears the badges ORed together. */
export function wait(slot: u32): u64 {
  return ecall(slot, 0, 0, 0, 0, 0, 0, SYS_RECV);
}

/** Takes the signals of a notification without waiting; 0 when there are none. */
export function poll(slot: u32): u64 {
  return ecall(slot, 0, 0, 0, 0, 0, 0, SYS_NB_RECV);
}

/**
 * Signals one notification (slot 0: none), then waits on another, in one kernel entry; returns and clears the badges.
 * When `waitSlot` is an endpoint, messages are lost but for their badge.
 */
export function signalAndWait(signalSlot: u32, waitSlot: u32): u64 {
  return ecall(signalSlot, waitSlot, 0, 0, 0, 0, 0, SYS_SIGNAL_WAIT);
}

/** Lets another thread of the same priority run. */
export function yieldHart(): void {
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_YIELD);
}

/** Prints one byte on the kernel's debug console. */
export function debugPutChar(byte: u32): void {
  ecall(byte, 0, 0, 0, 0, 0, 0, SYS_DEBUG_PUT_CHAR);
}

/** Stops the machine at once, without an exit code. */
export function debugHalt(): void {
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_DEBUG_HALT);
}

/** Sets this program's timer to `tick` of `time`, or takes it back (0): its bound notification is signalled with TIMER_BADGE. */
export function setTimer(tick: u64): void {
  ecall(tick, 0, 0, 0, 0, 0, 0, SYS_SET_TIMER);
}

/** Makes the kernel look at this program's buffer of asynchronous system calls soon, on whichever hart has the least to do. */
export function wakeAsyncHandler(): void {
  ecall(0, 0, 0, 0, 0, 0, 0, SYS_WAKE_ASYNC_HANDLER);
}

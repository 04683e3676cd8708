/**
 * Talking to the root server through the mailbox (abi/src/supervisor.ts): console bytes, requests, the end of this program.
 *
 * The whole program waits for an answer, not only the running coroutine: an answer takes the root server microseconds.
 */
import { fence, load32, loadAcquire32, store32, storeRelease32 } from "rv";
import { PROGRAM_MAILBOX, SLOT_SUPERVISOR, SLOT_SUPERVISOR_REPLY } from "../../abi/src/program-layout";
import {
  MAILBOX_ANSWER_AT,
  MAILBOX_ARGUMENT_AT,
  MAILBOX_REQUEST_AT,
  MAILBOX_REQUESTED,
  MAILBOX_STATE_AT,
  MAILBOX_TEXT_AT,
  MAILBOX_TEXT_BYTES,
  MAILBOX_WAITS_AT,
  SUPERVISOR_CONSOLE,
  SUPERVISOR_END_PEER,
  SUPERVISOR_RECEIVE_INTERRUPTS,
} from "../../abi/src/supervisor";
import { signal, wait } from "./system-calls";

const READ_WRITE: u32 = 3;

function isAnswered(): bool {
  return loadAcquire32(PROGRAM_MAILBOX + MAILBOX_STATE_AT) != MAILBOX_REQUESTED;
}

/** Asks the root server for something and waits for its answer. The text, if any, is in the mailbox already. */
function request(kind: u32, argument: u32): u32 {
  store32(PROGRAM_MAILBOX + MAILBOX_REQUEST_AT, kind);
  store32(PROGRAM_MAILBOX + MAILBOX_ARGUMENT_AT, argument);
  storeRelease32(PROGRAM_MAILBOX + MAILBOX_STATE_AT, MAILBOX_REQUESTED);
  signal(SLOT_SUPERVISOR);
  // where both share a hart the more important root server has answered by now
  if (!isAnswered()) {
    store32(PROGRAM_MAILBOX + MAILBOX_WAITS_AT, 1);
    fence(READ_WRITE, READ_WRITE);
    // a signal may be left from an answer that was not waited for
    while (!isAnswered()) wait(SLOT_SUPERVISOR_REPLY);
    store32(PROGRAM_MAILBOX + MAILBOX_WAITS_AT, 0);
  }
  return load32(PROGRAM_MAILBOX + MAILBOX_ANSWER_AT);
}

/** Writes `length` bytes of UTF-8 to the console. */
export function writeConsole(address: u32, length: u32): void {
  while (length > 0) {
    const part = min(length, <u32>MAILBOX_TEXT_BYTES);
    memory.copy(PROGRAM_MAILBOX + MAILBOX_TEXT_AT, address, part);
    request(SUPERVISOR_CONSOLE, part);
    address += part;
    length -= part;
  }
}

/** Asks to become the receiver of the user interrupts of this program's async channels. */
export function becomeInterruptReceiver(): bool {
  return request(SUPERVISOR_RECEIVE_INTERRUPTS, 0) != 0;
}

/** Asks to end another program; false when this one may not, or the other does not run. */
export function endProgram(name: string): bool {
  const length = <u32>String.UTF8.byteLength(name);
  if (length > <u32>MAILBOX_TEXT_BYTES) return false;
  String.UTF8.encodeUnsafe(changetype<usize>(name), name.length, PROGRAM_MAILBOX + MAILBOX_TEXT_AT);
  return request(SUPERVISOR_END_PEER, length) != 0;
}

/** Tells the root server that this program is over; does not return. */
export function finish(label: u32, code: i32): void {
  for (;;) request(label, code);
}

/**
 * The root server's side of a program's mailbox (abi/src/supervisor.ts). The program may write into it at any time, so every
 * word is read once.
 */
import { fence, load32, loadAcquire32, store32, storeRelease32 } from "rv";
import {
  MAILBOX_ANSWER_AT,
  MAILBOX_ANSWERED,
  MAILBOX_ARGUMENT_AT,
  MAILBOX_REQUEST_AT,
  MAILBOX_REQUESTED,
  MAILBOX_STATE_AT,
  MAILBOX_TEXT_AT,
  MAILBOX_TEXT_BYTES,
  MAILBOX_WAITS_AT,
} from "../../abi/src/supervisor";

const READ_WRITE: u32 = 3;

/** The handle's value is the page's address. */
@unmanaged
export class Mailbox {
  @inline private at(offset: u32): u32 {
    return changetype<u32>(this) + offset;
  }

  get hasRequest(): bool {
    return loadAcquire32(this.at(MAILBOX_STATE_AT)) == MAILBOX_REQUESTED;
  }

  get request(): u32 {
    return load32(this.at(MAILBOX_REQUEST_AT));
  }

  get argument(): u32 {
    return load32(this.at(MAILBOX_ARGUMENT_AT));
  }

  get text(): u32 {
    return this.at(MAILBOX_TEXT_AT);
  }

  /** Bytes of text when the argument says how many. */
  get textLength(): u32 {
    return min(this.argument, <u32>MAILBOX_TEXT_BYTES);
  }

  /** Answers; returns whether the program may be waiting for a signal. */
  answer(value: u32): bool {
    store32(this.at(MAILBOX_ANSWER_AT), value);
    storeRelease32(this.at(MAILBOX_STATE_AT), MAILBOX_ANSWERED);
    fence(READ_WRITE, READ_WRITE);
    return load32(this.at(MAILBOX_WAITS_AT)) != 0;
  }

  /** Forgets whatever is in it: the program starts from the beginning. */
  clear(): void {
    store32(this.at(MAILBOX_STATE_AT), MAILBOX_ANSWERED);
    store32(this.at(MAILBOX_WAITS_AT), 0);
  }
}

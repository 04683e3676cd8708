/**
 * The console of all programs: collects each program's bytes and prints whole lines, so that lines never mix.
 *
 * A line longer than a buffer is printed in pieces of that size.
 */

import { SUPERVISOR_CONSOLE_BYTES } from "../../abi/src/supervisor";
import { IpcBuffer, Message } from "../../runtime/src/message";
import { printBytes } from "./output";

const LINE_CAPACITY: u32 = 4096;
const registers: u32 = <u32>memory.data(24, 8);

/** One program's unfinished line. */
export class ConsoleLines {
  private buffer: u32 = 0;
  private length: u32 = 0;

  /** Takes the console message received last. */
  acceptMessage(): void {
    const length = min(<u32>Message.word0, <u32>SUPERVISOR_CONSOLE_BYTES);
    store<u64>(registers, Message.word1);
    store<u64>(registers + 8, Message.word2);
    store<u64>(registers + 16, Message.word3);
    this.accept(registers, min(length, <u32>24));
    if (length > 24) this.accept(IpcBuffer.wordAddress(4), length - 24);
  }

  private accept(address: u32, length: u32): void {
    if (this.buffer == 0) this.buffer = <u32>heap.alloc(LINE_CAPACITY);
    for (let i: u32 = 0; i < length; i++) {
      const byte = load<u8>(address + i);
      store<u8>(this.buffer + this.length, byte);
      this.length += 1;
      if (byte == 10 || this.length == LINE_CAPACITY) this.flush();
    }
  }

  /** Prints an unfinished line, with a line end, when the program is over. */
  finish(): void {
    if (this.length == 0) return;
    if (this.length == LINE_CAPACITY) this.flush();
    store<u8>(this.buffer + this.length, 10);
    this.length += 1;
    this.flush();
  }

  private flush(): void {
    printBytes(this.buffer, this.length);
    this.length = 0;
  }
}

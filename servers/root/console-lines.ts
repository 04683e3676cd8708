/**
 * The console of all programs: collects each program's bytes and prints whole lines, so that lines never mix.
 *
 * A line longer than a page is printed in pieces of that size.
 */
import { PROGRAM_PAGE_SIZE } from "../../abi/src/program-layout";
import { printBytes } from "./output";

/** One program's unfinished line. */
export class ConsoleLines {
  private length: u32 = 0;

  /** @param buffer address of a page */
  constructor(private readonly buffer: u32) {}

  /** Takes `length` bytes the program has written. */
  accept(address: u32, length: u32): void {
    for (let i: u32 = 0; i < length; i++) {
      const byte = load<u8>(address + i);
      store<u8>(this.buffer + this.length, byte);
      this.length += 1;
      if (byte == 10 || this.length == PROGRAM_PAGE_SIZE) this.flush();
    }
  }

  /** Prints an unfinished line, with a line end, when the program is over. */
  finish(): void {
    if (this.length == 0) return;
    store<u8>(this.buffer + this.length, 10);
    this.length += 1;
    this.flush();
  }

  private flush(): void {
    printBytes(this.buffer, this.length);
    this.length = 0;
  }
}

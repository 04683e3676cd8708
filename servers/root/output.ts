/** The root server's own printing: bytes to the kernel's debug console, text built without allocating. */

import { debugPutChar } from "../../runtime/src/system-calls";
import { TextBuffer } from "../../runtime/src/text-buffer";

/** Prints `length` bytes. */
export function printBytes(address: u32, length: u32): void {
  for (let i: u32 = 0; i < length; i++) debugPutChar(load<u8>(address + i));
}

/** Prints what stands in the text buffer, with a line end, and empties it. */
export function printText(): void {
  TextBuffer.byte(10);
  printBytes(TextBuffer.address, TextBuffer.length);
  TextBuffer.clear();
}

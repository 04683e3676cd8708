/**
 * `console.log` and its relatives: AssemblyScript's standard console calls these (imports `env.console.*`).
 *
 * Each call writes one line. The text goes through a static buffer, so printing does not allocate.
 */

import { writeConsole } from "./supervisor";
import { TextBuffer } from "./text-buffer";

/** Code units a piece of a line may have: each is at most three bytes of UTF-8. */
const PIECE: u32 = 300;

function printLine(prefix: string, message: string): void {
  TextBuffer.clear();
  TextBuffer.text(prefix);
  const units = <u32>message.length;
  const text = changetype<u32>(message);
  let at: u32 = 0;
  while (at < units) {
    let count = min(units - at, PIECE);
    // do not cut a surrogate pair in two
    if (at + count < units && (load<u16>(text + ((at + count - 1) << 1)) & 0xfc00) == 0xd800) count--;
    TextBuffer.codeUnits(text + (at << 1), count);
    at += count;
    if (at < units) {
      writeConsole(TextBuffer.address, TextBuffer.length);
      TextBuffer.clear();
    }
  }
  TextBuffer.byte(10);
  writeConsole(TextBuffer.address, TextBuffer.length);
  TextBuffer.clear();
}

/** Import `env.console.log`. */
export function consoleLog(message: string): void {
  printLine("", message);
}
/** Import `env.console.debug`. */
export function consoleDebug(message: string): void {
  printLine("debug: ", message);
}
/** Import `env.console.info`. */
export function consoleInfo(message: string): void {
  printLine("info: ", message);
}
/** Import `env.console.warn`. */
export function consoleWarn(message: string): void {
  printLine("warning: ", message);
}
/** Import `env.console.error`. */
export function consoleError(message: string): void {
  printLine("error: ", message);
}
/** Import `env.console.assert`. */
export function consoleAssert(condition: bool, message: string): void {
  if (!condition) printLine("assertion failed: ", message);
}

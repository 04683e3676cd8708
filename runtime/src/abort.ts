/** `abort` and failed assertions: a message with its source position, then the end of the program. */
import { EXIT_ABORTED, SUPERVISOR_ABORT } from "../../abi/src/supervisor";
import { finish, writeConsole } from "./supervisor";
import { TextBuffer } from "./text-buffer";

/** Index of a function that names the coroutine that runs ("" for none), when the program has coroutines. */
let coroutineName: u32 = 0;

/** Lets reports name coroutines. */
export function nameCoroutinesWith(name: () => string): void {
  coroutineName = name.index;
}

/** Import `env.abort`: AssemblyScript calls it for `abort`, `assert`, `throw` and failed checks (bounds, null). */
export function abortProgram(message: string | null, file: string | null, line: u32, column: u32): void {
  TextBuffer.clear();
  TextBuffer.text("abort");
  const name = coroutineName == 0 ? "" : call_indirect<string>(coroutineName);
  if (name.length != 0) {
    TextBuffer.text(' in coroutine "');
    TextBuffer.text(name);
    TextBuffer.byte(0x22);
  }
  TextBuffer.text(": ");
  if (message === null) TextBuffer.text("no message");
  else TextBuffer.text(message);
  if (file !== null) {
    TextBuffer.text("\n  at ");
    TextBuffer.text(file);
    TextBuffer.byte(0x3a);
    TextBuffer.decimal(line);
    TextBuffer.byte(0x3a);
    TextBuffer.decimal(column);
  }
  TextBuffer.byte(10);
  writeConsole(TextBuffer.address, TextBuffer.length);
  finish(SUPERVISOR_ABORT, EXIT_ABORTED);
}

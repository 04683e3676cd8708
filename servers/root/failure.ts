/** When the system cannot be started or continued: a message that says what and what to do, then the power goes off. */
import { errorText } from "../../runtime/src/errors";
import { TextBuffer } from "../../runtime/src/text-buffer";
import { printText } from "./output";
import { powerOff } from "./power";

/** Exit code of the machine when the root server itself gives up. */
export const EXIT_NOT_STARTED = 125;

/** The program being started, for messages; "" when it is about the whole system. */
let subjectAddress: u32 = 0;
let subjectLength: u32 = 0;

/** Says which program (UTF-8 name) the following work is for; length 0 for none. */
export function setSubject(address: u32, length: u32): void {
  subjectAddress = address;
  subjectLength = length;
}

function begin(): void {
  TextBuffer.clear();
  TextBuffer.text("rel4: ");
  if (subjectLength == 0) return;
  TextBuffer.text('program "');
  TextBuffer.bytes(subjectAddress, subjectLength);
  TextBuffer.text('" cannot start: ');
}

/** Prints why and powers off. Does not return. */
export function fail(reason: string): void {
  begin();
  TextBuffer.text(reason);
  printText();
  powerOff(EXIT_NOT_STARTED);
}

/** An invocation that must not fail did; does not return. */
export function failWith(what: string, error: u32): void {
  begin();
  TextBuffer.text(what);
  TextBuffer.text(" failed: ");
  TextBuffer.text(errorText(error));
  printText();
  powerOff(EXIT_NOT_STARTED);
}

/** Ends the system unless `error` is 0. */
export function mustSucceed(what: string, error: u32): void {
  if (error != 0) failWith(what, error);
}

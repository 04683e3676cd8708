/**
 * Talking to the root server: console bytes, the end of this program.
 *
 * Console bytes go in messages of up to 952 bytes; the root server prints whole lines, so that lines of several
 * programs never mix. The message registers this uses are put back, so that a program may print before it has read
 * all of a message it received.
 */
import { SLOT_SUPERVISOR } from "../../abi/src/program-layout";
import {
  SUPERVISOR_CONSOLE,
  SUPERVISOR_CONSOLE_BYTES,
  SUPERVISOR_RECEIVE_INTERRUPTS,
} from "../../abi/src/supervisor";
import { IpcBuffer, Message, MessageInfo } from "./message";
import { call, send } from "./system-calls";

/** Message registers 0–3 hold the length and the first 24 bytes. */
const BYTES_IN_REGISTERS: u32 = 24;

const saved: u32 = <u32>memory.data(952, 8);
const staged: u32 = <u32>memory.data(960, 8);

/** Writes `length` bytes of UTF-8 to the console. */
export function writeConsole(address: u32, length: u32): void {
  while (length > 0) {
    const part = min(length, <u32>SUPERVISOR_CONSOLE_BYTES);
    sendConsolePart(address, part);
    address += part;
    length -= part;
  }
}

function sendConsolePart(address: u32, length: u32): void {
  const words = (length + 7) >> 3;
  store<u64>(staged + ((words - 1) << 3), 0);
  memory.copy(staged, address, length);
  const inBuffer = length > BYTES_IN_REGISTERS ? (words - 3) << 3 : 0;
  const target = IpcBuffer.wordAddress(4);
  memory.copy(saved, target, inBuffer);
  memory.copy(target, staged + BYTES_IN_REGISTERS, inBuffer);
  const info = MessageInfo.make(SUPERVISOR_CONSOLE, 0, words + 1);
  send(SLOT_SUPERVISOR, info, length, load<u64>(staged), load<u64>(staged + 8), load<u64>(staged + 16));
  memory.copy(target, saved, inBuffer);
}

/** Asks to become the receiver of the user interrupts of this program's async channels. */
export function becomeInterruptReceiver(): bool {
  call(SLOT_SUPERVISOR, MessageInfo.make(SUPERVISOR_RECEIVE_INTERRUPTS, 0, 0), 0, 0, 0, 0);
  return Message.word0 != 0;
}

/** Tells the root server that this program is over; does not return. */
export function finish(label: u32, code: i32): void {
  for (;;) call(SLOT_SUPERVISOR, MessageInfo.make(label, 0, 1), <u64>(<u32>code), 0, 0, 0);
}

/**
 * Messages: the message-info word, the last message received, and the IPC buffer.
 *
 * Message registers 0–3 travel in machine registers; 4–119 lie in the IPC buffer (seL4, RISC-V 64). The buffer is one
 * page that the kernel reads and writes, at an address fixed by the program layout.
 */
import { PROGRAM_IPC_BUFFER } from "../../abi/src/program-layout";

/** Words of the IPC buffer before message register 0: the tag. */
const FIRST_MESSAGE_WORD: u32 = 1;
const CAPS_OR_BADGES_WORD: u32 = 122;

/** The message-info word: label from bit 12, capsUnwrapped 11:9, extraCaps 8:7, length 6:0. */
export class MessageInfo {
  /** @param length message registers in use, 0–120 */
  @inline static make(label: u64, extraCaps: u32, length: u32): u64 {
    return (label << 12) | ((<u64>extraCaps) << 7) | <u64>length;
  }
  @inline static label(info: u64): u64 {
    return info >> 12;
  }
  @inline static length(info: u64): u32 {
    return <u32>(info & 0x7f);
  }
}

/** The last message this program received; overwritten by the next receive, call or invocation. */
export class Message {
  /** Badge of the capability it was sent with. */
  static badge: u64 = 0;
  static info: u64 = 0;
  static word0: u64 = 0;
  static word1: u64 = 0;
  static word2: u64 = 0;
  static word3: u64 = 0;

  @inline static get label(): u64 {
    return MessageInfo.label(Message.info);
  }
  @inline static get length(): u32 {
    return MessageInfo.length(Message.info);
  }
  /** Message register `index` of the message received. */
  static word(index: u32): u64 {
    if (index == 0) return Message.word0;
    if (index == 1) return Message.word1;
    if (index == 2) return Message.word2;
    if (index == 3) return Message.word3;
    return IpcBuffer.word(index);
  }
}

/** The page shared with the kernel for what does not fit in registers. */
export class IpcBuffer {
  /** User virtual address; the root task is told another one by the kernel. */
  static address: u32 = PROGRAM_IPC_BUFFER;

  /** Message register `index` (4–119). */
  @inline static word(index: u32): u64 {
    return load<u64>(IpcBuffer.address + ((index + FIRST_MESSAGE_WORD) << 3));
  }
  /** Sets message register `index` (4–119) of the next message. */
  @inline static setWord(index: u32, value: u64): void {
    store<u64>(IpcBuffer.address + ((index + FIRST_MESSAGE_WORD) << 3), value);
  }
  /** Sets extra capability `index` (0–2) of the next message. */
  @inline static setCapability(index: u32, slot: u32): void {
    store<u64>(IpcBuffer.address + ((index + CAPS_OR_BADGES_WORD) << 3), slot);
  }
  /** Extra capability `index` of the next message. */
  @inline static capability(index: u32): u32 {
    return <u32>load<u64>(IpcBuffer.address + ((index + CAPS_OR_BADGES_WORD) << 3));
  }
  /** Address of message register `index`, for copying text in and out. */
  @inline static wordAddress(index: u32): u32 {
    return IpcBuffer.address + ((index + FIRST_MESSAGE_WORD) << 3);
  }
}

/** Text in messages: UTF-8 from message register 4 on, its length in bytes in word 0. */
import { IpcBuffer, Message } from "./message";

/** Bytes a message can carry: registers 4–119. */
const CAPACITY: u32 = 928;

export class MessageText {
  /**
   * Puts `text` into the next message. Send it with `length` = `MessageText.registers(bytes)` and word 0 = the result.
   * @returns bytes written; ends the program when the text is longer than 928 bytes
   */
  static write(text: string): u32 {
    const bytes = <u32>String.UTF8.byteLength(text);
    if (bytes > CAPACITY) throw new Error(`a message holds 928 bytes of text, not ${bytes.toString()}`);
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, IpcBuffer.wordAddress(4));
    return bytes;
  }

  /** Message registers a message with `bytes` of text uses. */
  static registers(bytes: u32): u32 {
    return 4 + ((bytes + 7) >> 3);
  }

  /** The text of the message received last. */
  static read(): string {
    return String.UTF8.decodeUnsafe(IpcBuffer.wordAddress(4), min(<u32>Message.word0, CAPACITY));
  }
}

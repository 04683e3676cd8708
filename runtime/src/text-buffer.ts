/**
 * Text made without allocating: what abort and the root server print must not depend on the heap.
 *
 * One static buffer; what does not fit is cut off.
 */
const CAPACITY: u32 = 952;
const buffer: u32 = <u32>memory.data(952, 8);

export class TextBuffer {
  /** Bytes written so far. */
  static length: u32 = 0;

  @inline static get address(): u32 {
    return buffer;
  }

  static clear(): void {
    TextBuffer.length = 0;
  }

  /** Appends one byte. */
  static byte(value: u32): void {
    if (TextBuffer.length == CAPACITY) return;
    store<u8>(buffer + TextBuffer.length, <u8>value);
    TextBuffer.length += 1;
  }

  /** Appends a string as UTF-8. */
  static text(value: string): void {
    TextBuffer.codeUnits(changetype<u32>(value), <u32>value.length);
  }

  /** Appends `count` UTF-16 code units as UTF-8. */
  static codeUnits(address: u32, count: u32): void {
    for (let i: u32 = 0; i < count; i++) {
      if (TextBuffer.length + 4 > CAPACITY) return;
      const unit = load<u16>(address + (i << 1));
      const isPair = (unit & 0xfc00) == 0xd800 && i + 1 < count;
      const units: u32 = isPair ? 2 : 1;
      const end = buffer + TextBuffer.length;
      TextBuffer.length += <u32>String.UTF8.encodeUnsafe(address + (i << 1), units, end);
      if (isPair) i++;
    }
  }

  /** Appends `length` bytes of UTF-8. */
  static bytes(address: u32, length: u32): void {
    for (let i: u32 = 0; i < length; i++) TextBuffer.byte(load<u8>(address + i));
  }

  /** Appends zero-terminated UTF-8. */
  static zeroTerminated(address: u32): void {
    for (let at = address; load<u8>(at) != 0; at++) TextBuffer.byte(load<u8>(at));
  }

  /** Appends a decimal number. */
  static decimal(value: u64): void {
    if (value >= 10) TextBuffer.decimal(value / 10);
    TextBuffer.byte(48 + <u32>(value % 10));
  }

  /** Appends a signed decimal number. */
  static signed(value: i64): void {
    if (value < 0) TextBuffer.byte(0x2d);
    TextBuffer.decimal(value < 0 ? 0 - <u64>value : <u64>value);
  }

  /** Appends 0x and the number in hexadecimal. */
  static hexadecimal(value: u64): void {
    TextBuffer.text("0x");
    let shift: u64 = 60;
    while (shift > 0 && value >> shift == 0) shift -= 4;
    for (;;) {
      const digit = <u32>(value >> shift) & 15;
      TextBuffer.byte(digit < 10 ? 48 + digit : 87 + digit);
      if (shift == 0) return;
      shift -= 4;
    }
  }
}

// The kernel's own words: debug output, and the end of the machine.

import { store32 } from "rv";
import { haltHart } from "./asm";
import { Firmware } from "./firmware";

/** Virtual address of the syscon device (SiFive test device) in the device window. */
const SYSCON: u64 = 0xffff_ffff_4010_0000;
const SYSCON_PASS: u32 = 0x5555;
const SYSCON_FAIL: u32 = 0x3333;

export class Console {
  /** Writes a byte. */
  @inline static putChar(character: u32): void {
    Firmware.putChar(character);
  }

  /** Writes a string of Latin-1 characters. */
  static write(text: string): void {
    for (let i = 0, length = text.length; i < length; i++) Firmware.putChar(text.charCodeAt(i));
  }

  /** Writes a number in hexadecimal without leading zeroes. */
  static writeHex(value: u64): void {
    Console.write("0x");
    let shift: i32 = 60;
    while (shift > 0 && value >> <u64>shift == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) {
      const digit = <u32>(value >> <u64>shift) & 15;
      Firmware.putChar(digit < 10 ? 48 + digit : 87 + digit);
    }
  }

  /** Writes a number in decimal. */
  static writeDecimal(value: u64): void {
    if (value >= 10) Console.writeDecimal(value / 10);
    Firmware.putChar(48 + <u32>(value % 10));
  }
}

/** Ends the machine with an exit code; stops this hart where there is no such device. */
export function powerOff(code: u32): void {
  store32(SYSCON, code == 0 ? SYSCON_PASS : (code << 16) | SYSCON_FAIL);
  haltHart();
}

/** Reports a broken invariant of the kernel and ends the machine. */
export function panic(message: string): void {
  Console.write("\nkernel panic: ");
  Console.write(message);
  Console.putChar(10);
  powerOff(1);
}

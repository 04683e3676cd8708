// Pieces of supervisor programs for tests: printing through the firmware, and strings. All run under any SBI firmware.
import type { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";

/** Where QEMU's firmware enters its payload. */
export const SUPERVISOR_BASE = 0x8020_0000;

export const SBI = {
  putCharacter: 1,
  base: 0x10,
  time: 0x5449_4d45,
  ipi: 0x73_5049,
  remoteFence: 0x5246_4e43,
  hartState: 0x48_534d,
  systemReset: 0x5352_5354,
} as const;

/** Calls the firmware; a0 and up must be set. */
export function sbiCall(a: Assembler, extension: number, functionId: number): void {
  a.li(reg.a6, functionId);
  a.li(reg.a7, extension);
  a.ecall();
}

/** Powers off with exit code 0. */
export function powerOff(a: Assembler): void {
  a.li(reg.a0, 0);
  a.li(reg.a1, 0);
  sbiCall(a, SBI.systemReset, 0);
  a.label("poweredOff");
  a.j("poweredOff");
}

/**
 * Subroutines `print` (zero-terminated string at s0), `printHex` (a0, 16 digits) and `printCharacter` (a0). They change a
 * and t registers and s0, s4, s5.
 */
export function printing(a: Assembler): void {
  a.label("print");
  a.mv(reg.s4, reg.ra);
  a.label("nextCharacter");
  a.lbu(reg.a0, reg.s0, 0);
  a.beqz(reg.a0, "printed");
  a.call("printCharacter");
  a.addi(reg.s0, reg.s0, 1);
  a.j("nextCharacter");
  a.label("printed");
  a.jr(reg.s4);

  a.label("printHex");
  a.mv(reg.s4, reg.ra);
  a.mv(reg.s0, reg.a0);
  a.li(reg.s5, 60);
  a.label("nextDigit");
  a.srl(reg.a0, reg.s0, reg.s5);
  a.andi(reg.a0, reg.a0, 15);
  a.sltiu(reg.t0, reg.a0, 10);
  a.bnez(reg.t0, "decimalDigit");
  a.addi(reg.a0, reg.a0, 0x61 - 0x30 - 10);
  a.label("decimalDigit");
  a.addi(reg.a0, reg.a0, 0x30);
  a.call("printCharacter");
  a.addi(reg.s5, reg.s5, -4);
  a.bgez(reg.s5, "nextDigit");
  a.jr(reg.s4);

  a.label("printCharacter");
  a.li(reg.a7, SBI.putCharacter);
  a.ecall();
  a.ret();
}

/** A zero-terminated string at a label. */
export function text(a: Assembler, label: string, content: string): void {
  a.align(8);
  a.label(label);
  const bytes = [...new TextEncoder().encode(content), 0];
  while (bytes.length % 4 !== 0) bytes.push(0);
  for (let index = 0; index < bytes.length; index += 4)
    a.word(bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24));
}

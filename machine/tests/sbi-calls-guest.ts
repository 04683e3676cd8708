// A supervisor program that makes one firmware call after another and prints what comes back in a0 and a1.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";
import { powerOff, printing, SUPERVISOR_BASE, text } from "./supervisor-guest";

/** Extension, function, and up to four arguments. */
export type FirmwareCall = readonly [extension: number, functionId: number, ...args: bigint[]];

const WORDS = 6;

/** Prints a line `a0 a1` in hexadecimal for each call, then powers off. The boot hart must be hart 0. */
export function sbiCallsGuest(calls: readonly FirmwareCall[]): Uint8Array {
  const a = new Assembler("start");
  a.la(reg.s0, "banner");
  a.call("print");
  a.la(reg.s2, "calls");
  a.li(reg.s3, calls.length);
  a.label("nextCall");
  a.beqz(reg.s3, "done");
  for (const [index, register] of [reg.a7, reg.a6, reg.a0, reg.a1, reg.a2, reg.a3].entries())
    a.ld(register, reg.s2, 8 * index);
  a.ecall();
  a.mv(reg.s6, reg.a1);
  a.call("printHex");
  a.li(reg.a0, 0x20);
  a.call("printCharacter");
  a.mv(reg.a0, reg.s6);
  a.call("printHex");
  a.li(reg.a0, 0x0a);
  a.call("printCharacter");
  a.addi(reg.s2, reg.s2, 8 * WORDS);
  a.addi(reg.s3, reg.s3, -1);
  a.j("nextCall");
  a.label("done");
  powerOff(a);
  printing(a);
  text(a, "banner", "calls:\n");
  a.align(8);
  a.label("calls");
  for (const [extension, functionId, ...args] of calls)
    for (let word = 0; word < WORDS; word++)
      a.dword(word === 0 ? BigInt(extension) : word === 1 ? BigInt(functionId) : (args[word - 2] ?? 0n));
  return bareElf(a.finish(), SUPERVISOR_BASE);
}

// A supervisor program for tests: the first hart prints a line, starts the other one through the firmware and sleeps; that one
// prints another line and powers off. It uses nothing but SBI, so it runs under any firmware.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";
import { powerOff, printing, SBI, SUPERVISOR_BASE, sbiCall, text } from "./supervisor-guest";

/** What the program prints. */
export const SBI_GUEST_OUTPUT = "hello from the first hart\nhello from the other hart\n";

/** The program, for a machine with two harts. */
export function sbiGuest(): Uint8Array {
  const a = new Assembler("start");
  // Real firmware may boot on either hart.
  a.mv(reg.s2, reg.a0);
  a.la(reg.s0, "first");
  a.call("print");
  a.li(reg.a0, 1);
  a.sub(reg.a0, reg.a0, reg.s2);
  a.la(reg.a1, "other");
  a.li(reg.a2, 0);
  sbiCall(a, SBI.hartState, 0);
  a.label("sleep");
  a.wfi();
  a.j("sleep");

  a.align(4);
  a.label("other");
  a.la(reg.s0, "second");
  a.call("print");
  powerOff(a);

  printing(a);
  text(a, "first", "hello from the first hart\n");
  text(a, "second", "hello from the other hart\n");
  return bareElf(a.finish(), SUPERVISOR_BASE);
}

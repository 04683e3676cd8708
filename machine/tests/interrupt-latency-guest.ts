// A supervisor program for two harts: hart 0 starts hart 1, works for a while and sends it an interrupt through the firmware. Hart 1
// waits for it and prints how many cycles after hart 0's call it came, by the two harts' own clocks.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";
import { powerOff, printing, SBI, SUPERVISOR_BASE, sbiCall } from "./supervisor-guest";

const CSR = { sip: 0x144, cycle: 0xc00 } as const;
const SSIP = 2;
const WORK = 5000;

/** Prints one number, 16 hexadecimal digits. */
export function interruptLatencyGuest(): Uint8Array {
  const a = new Assembler("start");
  a.li(reg.a0, 1);
  a.la(reg.a1, "receiver");
  a.li(reg.a2, 0);
  sbiCall(a, SBI.hartState, 0);
  a.li(reg.t0, WORK);
  a.label("work");
  a.addi(reg.t0, reg.t0, -1);
  a.bnez(reg.t0, "work");
  a.li(reg.a0, 1);
  a.li(reg.a1, 1);
  a.la(reg.t1, "sentAt");
  a.csrr(reg.t0, CSR.cycle);
  a.sd(reg.t0, reg.t1, 0);
  sbiCall(a, SBI.ipi, 0);
  a.label("sleep");
  a.wfi();
  a.j("sleep");

  a.align(4);
  a.label("receiver");
  a.label("poll");
  a.csrr(reg.t0, CSR.sip);
  a.andi(reg.t0, reg.t0, SSIP);
  a.beqz(reg.t0, "poll");
  a.csrr(reg.s2, CSR.cycle);
  a.la(reg.t1, "sentAt");
  a.ld(reg.t0, reg.t1, 0);
  a.sub(reg.a0, reg.s2, reg.t0);
  a.call("printHex");
  powerOff(a);
  printing(a);
  a.align(8);
  a.label("sentAt");
  a.dword(0n);
  return bareElf(a.finish(), SUPERVISOR_BASE);
}

// A supervisor program for two harts: hart 1 suspends itself twice through the firmware, once to go on where it was and once to go on
// at another address. Hart 0 waits until it is told that hart 1 is suspended, and wakes it with an interrupt each time.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";
import { powerOff, printing, SBI, SUPERVISOR_BASE, sbiCall } from "./supervisor-guest";

const CSR = { sstatus: 0x100, sie: 0x104, sip: 0x144, satp: 0x180 } as const;
const SSIP = 2;
const SIE = 2;
const START = 0;
const STATUS = 2;
const SUSPEND = 3;
const SUSPENDED = 4;
const RETENTIVE = 0;
const NON_RETENTIVE = 0x8000_0000;
const KEPT = 0x123;
const OPAQUE = 0x456;

/** What the program prints: the call's result, a register that was kept, then a0, a1, satp and sstatus.SIE at the new address. */
export const SUSPEND_GUEST_OUTPUT = [0, KEPT, 1, OPAQUE, 0, 0]
  .map((value) => `${value.toString(16).padStart(16, "0")}\n`)
  .join("");

/** The program. Hart 0 must be the one that boots. */
export function suspendGuest(): Uint8Array {
  const a = new Assembler("start");
  a.la(reg.s2, "wakes");
  a.li(reg.a0, 1);
  a.la(reg.a1, "sleeper");
  a.li(reg.a2, 0);
  sbiCall(a, SBI.hartState, START);
  for (const wakes of [1, 2]) {
    a.label(`notSuspended${wakes}`);
    a.li(reg.a0, 1);
    sbiCall(a, SBI.hartState, STATUS);
    a.addi(reg.a1, reg.a1, -SUSPENDED);
    a.bnez(reg.a1, `notSuspended${wakes}`);
    a.li(reg.a0, 2);
    a.li(reg.a1, 0);
    sbiCall(a, SBI.ipi, 0);
    a.label(`notAwake${wakes}`);
    a.ld(reg.t0, reg.s2, 0);
    a.addi(reg.t0, reg.t0, -wakes);
    a.bnez(reg.t0, `notAwake${wakes}`);
  }
  powerOff(a);

  a.align(4);
  a.label("sleeper");
  a.li(reg.t0, SSIP);
  a.csrw(CSR.sie, reg.t0);
  a.li(reg.s7, KEPT);
  a.li(reg.a0, RETENTIVE);
  sbiCall(a, SBI.hartState, SUSPEND);
  a.call("printNumber");
  a.mv(reg.a0, reg.s7);
  a.call("printNumber");
  wokeUp(a, 1);
  a.csrsi(CSR.sstatus, SIE);
  a.li(reg.a0, NON_RETENTIVE);
  a.la(reg.a1, "elsewhere");
  a.li(reg.a2, OPAQUE);
  sbiCall(a, SBI.hartState, SUSPEND);
  a.align(4);
  a.label("elsewhere");
  a.mv(reg.s6, reg.a1);
  a.csrr(reg.s7, CSR.satp);
  a.csrr(reg.s8, CSR.sstatus);
  a.andi(reg.s8, reg.s8, SIE);
  a.call("printNumber");
  for (const register of [reg.s6, reg.s7, reg.s8]) {
    a.mv(reg.a0, register);
    a.call("printNumber");
  }
  wokeUp(a, 2);
  a.label("done");
  a.j("done");

  a.label("printNumber");
  a.mv(reg.s9, reg.ra);
  a.call("printHex");
  a.li(reg.a0, 0x0a);
  a.call("printCharacter");
  a.jr(reg.s9);
  printing(a);
  a.align(8);
  a.label("wakes");
  a.dword(0n);
  return bareElf(a.finish(), SUPERVISOR_BASE);
}

/** Takes the interrupt away and tells hart 0. */
function wokeUp(a: Assembler, wakes: number): void {
  a.csrw(CSR.sip, reg.zero);
  a.la(reg.t1, "wakes");
  a.li(reg.t0, wakes);
  a.sd(reg.t0, reg.t1, 0);
}

// Small machine programs for tests of the command.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "../../machine/tests/flat-program";
import { powerOff, SBI, SUPERVISOR_BASE, sbiCall } from "../../machine/tests/supervisor-guest";

const TEST_DEVICE = 0x10_0000;

function guest(write: (a: Assembler) => void): Uint8Array {
  const a = new Assembler("start");
  write(a);
  return bareElf(a.finish(), SUPERVISOR_BASE);
}

function print(a: Assembler, words: string): void {
  for (const character of words) {
    a.li(reg.a0, character.charCodeAt(0));
    a.li(reg.a7, SBI.putCharacter);
    a.ecall();
  }
}

/** Prints and powers off with an exit code. */
export const exitingGuest = (words: string, code: number) =>
  guest((a) => {
    print(a, words);
    a.li(reg.t0, TEST_DEVICE);
    a.li(reg.t1, (code << 16) | 0x3333);
    a.sw(reg.t1, reg.t0, 0);
    a.label("end");
    a.j("end");
  });

/** Prints ">" when it starts, then what it reads from the firmware's console; "r" resets the machine, "q" powers off. */
export const pollingGuest = () =>
  guest((a) => {
    print(a, ">");
    a.label("next");
    a.li(reg.a7, 2);
    a.ecall();
    a.bltz(reg.a0, "next");
    a.mv(reg.s0, reg.a0);
    a.li(reg.a7, SBI.putCharacter);
    a.ecall();
    a.li(reg.t0, "r".charCodeAt(0));
    a.beq(reg.s0, reg.t0, "reset");
    a.li(reg.t0, "q".charCodeAt(0));
    a.bne(reg.s0, reg.t0, "next");
    powerOff(a);
    a.label("reset");
    a.li(reg.a0, 1);
    a.li(reg.a1, 0);
    sbiCall(a, SBI.systemReset, 0);
  });

/** Jumps to where nothing is; its trap vector is its beginning, so it does so again and again. */
export const wildGuest = () =>
  guest((a) => {
    a.li(reg.t0, 0x4000_0000);
    a.jr(reg.t0);
  });

// A supervisor program for tests: hart 0 prints a line, starts hart 1 through the firmware and waits; hart 1 prints another
// line and powers off. It uses nothing but SBI, so it runs under any firmware.
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";

const BASE = 0x8020_0000;
const SBI = { putCharacter: 1, hartState: 0x48_534d, systemReset: 0x5352_5354, base: 0x10 } as const;

/** What the program prints. */
export const SBI_GUEST_OUTPUT = "hello from hart 0\nhello from hart 1\n";

/** The program, for a machine with at least two harts. */
export function sbiGuest(): Uint8Array {
  const a = new Assembler("start");
  // Firmware may start on any hart; that one prints "0" all the same.
  a.mv(reg.s2, reg.a0);
  a.la(reg.s0, "first");
  a.call("print");
  a.li(reg.a0, 1);
  a.sub(reg.a0, reg.a0, reg.s2);
  a.la(reg.a1, "other");
  a.li(reg.a2, 0);
  a.li(reg.a6, 0);
  a.li(reg.a7, SBI.hartState);
  a.ecall();
  a.label("sleep");
  a.wfi();
  a.j("sleep");

  a.align(4);
  a.label("other");
  a.la(reg.s0, "second");
  a.call("print");
  a.li(reg.a0, 0);
  a.li(reg.a1, 0);
  a.li(reg.a6, 0);
  a.li(reg.a7, SBI.systemReset);
  a.ecall();
  a.j("sleep");

  a.label("print");
  a.label("nextCharacter");
  a.lbu(reg.a0, reg.s0, 0);
  a.beqz(reg.a0, "printed");
  a.li(reg.a7, SBI.putCharacter);
  a.ecall();
  a.addi(reg.s0, reg.s0, 1);
  a.j("nextCharacter");
  a.label("printed");
  a.ret();

  text(a, "first", "hello from hart 0\n");
  text(a, "second", "hello from hart 1\n");
  return bareElf(a.finish(), BASE);
}

/** A zero-terminated string at a label. */
function text(a: Assembler, label: string, content: string): void {
  a.align(4);
  a.label(label);
  const bytes = [...new TextEncoder().encode(content), 0];
  while (bytes.length % 4 !== 0) bytes.push(0);
  for (let index = 0; index < bytes.length; index += 4)
    a.word(bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24));
}

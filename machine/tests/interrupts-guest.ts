// A supervisor program driven by interrupts: it asks the firmware for a timer interrupt and for one from itself, sets an alarm at the
// real-time clock, and then echoes what is typed, byte by byte on interrupts of the serial port, until it reads "q".
import { Assembler } from "../../compiler/src/assembler/assembler";
import { reg } from "../../compiler/src/assembler/registers";
import { bareElf } from "./flat-program";
import { powerOff, printing, SBI, SUPERVISOR_BASE, sbiCall, text } from "./supervisor-guest";

const PLIC = 0xc00_0000;
/** Context 1 is supervisor mode of hart 0. */
const ENABLE = PLIC + 0x2080;
const THRESHOLD = PLIC + 0x20_1000;
const CLAIM = THRESHOLD + 4;
const UART = 0x1000_0000;
const UART_IRQ = 10;
const RTC = 0x10_1000;
const RTC_IRQ = 11;
const CSR = { sstatus: 0x100, sie: 0x104, stvec: 0x105, scause: 0x142, sip: 0x144, time: 0xc01 } as const;
const SPIE = 1 << 5;
const SSIE = 1 << 1;
const STIE = 1 << 5;
const SEIE = 1 << 9;

/** Something to type. Firmware may lose the first byte when it sets up the serial port, and the program skips line ends. */
export const INTERRUPTS_GUEST_INPUT = "\n\nabq";

/** What the program prints then. */
export const INTERRUPTS_GUEST_OUTPUT = "timer\nsoftware\nalarm\nready\nabq\n";

/** The program, for one hart. */
export function interruptsGuest(): Uint8Array {
  const a = new Assembler("start");
  a.la(reg.t0, "trap");
  a.csrw(CSR.stvec, reg.t0);
  timerInterrupt(a);
  softwareInterrupt(a);
  setUpPlic(a);
  alarm(a);
  echo(a);
  trap(a);
  printing(a);
  for (const word of ["timer", "software", "alarm", "ready", "bad"]) text(a, `${word}Text`, `${word}\n`);
  return bareElf(a.finish(), SUPERVISOR_BASE);
}

/** Enables one kind of interrupt, sleeps until the trap handler has seen it (s8 changes), and disables it. */
function waitFor(a: Assembler, bit: number, label: string): void {
  a.li(reg.s8, 0);
  a.li(reg.t0, bit);
  a.csrs(CSR.sie, reg.t0);
  // Interrupts are off before wfi, which wakes up all the same, so that none can come between test and sleep.
  a.label(label);
  a.wfi();
  a.csrsi(CSR.sstatus, 2);
  a.csrci(CSR.sstatus, 2);
  a.beqz(reg.s8, label);
  a.li(reg.t0, bit);
  a.csrc(CSR.sie, reg.t0);
}

function say(a: Assembler, word: string): void {
  a.la(reg.s0, `${word}Text`);
  a.call("print");
}

function timerInterrupt(a: Assembler): void {
  a.csrr(reg.a0, CSR.time);
  a.addi(reg.a0, reg.a0, 1000);
  sbiCall(a, SBI.time, 0);
  waitFor(a, STIE, "waitTimer");
  say(a, "timer");
}

function softwareInterrupt(a: Assembler): void {
  a.li(reg.a0, 1);
  a.li(reg.a1, 0);
  sbiCall(a, SBI.ipi, 0);
  waitFor(a, SSIE, "waitSoftware");
  say(a, "software");
}

function setUpPlic(a: Assembler): void {
  a.li(reg.t1, 1);
  for (const source of [UART_IRQ, RTC_IRQ]) {
    a.li(reg.t0, PLIC + 4 * source);
    a.sw(reg.t1, reg.t0, 0);
  }
  a.li(reg.t0, ENABLE);
  a.li(reg.t1, (1 << UART_IRQ) | (1 << RTC_IRQ));
  a.sw(reg.t1, reg.t0, 0);
  a.li(reg.t0, THRESHOLD);
  a.sw(reg.zero, reg.t0, 0);
}

function alarm(a: Assembler): void {
  a.li(reg.s7, RTC);
  a.lwu(reg.t0, reg.s7, 0);
  a.lwu(reg.t1, reg.s7, 4);
  a.slli(reg.t1, reg.t1, 32);
  a.or(reg.t0, reg.t0, reg.t1);
  a.li(reg.t1, 1_000_000);
  a.add(reg.t0, reg.t0, reg.t1);
  a.srli(reg.t1, reg.t0, 32);
  a.li(reg.t2, 1);
  a.sw(reg.t2, reg.s7, 0x10);
  a.sw(reg.t1, reg.s7, 0x0c);
  a.sw(reg.t0, reg.s7, 0x08);
  waitFor(a, SEIE, "waitAlarm");
  say(a, "alarm");
}

/** The handler leaves the typed byte in s9. */
function echo(a: Assembler): void {
  a.li(reg.s7, UART);
  a.li(reg.t0, 1);
  a.sb(reg.t0, reg.s7, 1);
  say(a, "ready");
  a.label("echoNext");
  waitFor(a, SEIE, "waitByte");
  a.li(reg.t0, 0x20);
  a.bltu(reg.s9, reg.t0, "echoNext");
  a.mv(reg.a0, reg.s9);
  a.call("printCharacter");
  a.li(reg.t0, 0x71); // "q"
  a.bne(reg.s9, reg.t0, "echoNext");
  a.li(reg.a0, 0x0a);
  a.call("printCharacter");
  powerOff(a);
}

/** Interrupts come only while the program sleeps, so t registers are free. */
function trap(a: Assembler): void {
  a.align(4);
  a.label("trap");
  a.csrr(reg.t0, CSR.scause);
  a.bgez(reg.t0, "bad");
  a.andi(reg.t0, reg.t0, 0xff);
  a.li(reg.t1, 5);
  a.beq(reg.t0, reg.t1, "onTimer");
  a.li(reg.t1, 1);
  a.beq(reg.t0, reg.t1, "onSoftware");

  a.li(reg.t2, CLAIM);
  a.lw(reg.t0, reg.t2, 0);
  a.li(reg.t1, UART_IRQ);
  a.beq(reg.t0, reg.t1, "onUart");
  a.li(reg.t1, RTC_IRQ);
  a.bne(reg.t0, reg.t1, "bad");
  a.li(reg.t1, RTC);
  a.sw(reg.zero, reg.t1, 0x1c);
  a.j("complete");
  a.label("onUart");
  a.li(reg.t1, UART);
  a.lbu(reg.s9, reg.t1, 0);
  a.label("complete");
  a.sw(reg.t0, reg.t2, 0);
  a.j("seen");

  a.label("onTimer");
  // Far in the future, so that it does not come again.
  a.li(reg.t0, STIE);
  a.csrc(CSR.sie, reg.t0);
  a.j("seen");
  a.label("onSoftware");
  a.csrci(CSR.sip, 2);
  a.label("seen");
  a.li(reg.s8, 1);
  // Back with interrupts off: one at a time.
  a.li(reg.t0, SPIE);
  a.csrc(CSR.sstatus, reg.t0);
  a.sret();

  a.label("bad");
  say(a, "bad");
  powerOffAfterMistake(a);
}

function powerOffAfterMistake(a: Assembler): void {
  a.li(reg.a0, 0);
  a.li(reg.a1, 1);
  sbiCall(a, SBI.systemReset, 0);
}

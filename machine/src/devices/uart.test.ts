import { describe, expect, it } from "vitest";
import { fuzzDevice } from "../test-support/fuzz-device";
import { Uart } from "./uart";

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

function board() {
  const sent: number[] = [];
  const typed: number[] = [];
  const line = { level: false, rises: 0 };
  const uart = new Uart(
    {
      write: (byte) => sent.push(byte),
      get available() {
        return typed.length;
      },
      read: () => typed.shift() ?? -1,
    },
    {
      setLine(source, level) {
        if (source !== 10) return;
        if (level && !line.level) line.rises++;
        line.level = level;
      },
    },
  );
  return {
    sent,
    line,
    uart,
    load: (offset: number): number => Number(uart.read(offset, 1)),
    store: (offset: number, value: number): void => uart.write(offset, 1, BigInt(value)),
    type: (...bytes: number[]): void => {
      typed.push(...bytes);
      uart.inputArrived();
    },
  };
}

describe("the serial port", () => {
  it("sends bytes and is always ready for more", () => {
    const b = board();
    b.store(DATA, 0x41);
    b.store(DATA, 0xff);
    expect(b.sent).toEqual([0x41, 0xff]);
    expect(b.load(LSR)).toBe(0x60);
  });

  it("shows typed bytes by data-ready, in order", () => {
    const b = board();
    b.type(1, 2);
    expect([b.load(LSR) & 1, b.load(DATA), b.load(DATA), b.load(LSR) & 1, b.load(DATA)]).toEqual([
      1, 1, 2, 0, 0,
    ]);
  });

  it("interrupts for received bytes while enabled, until they are read", () => {
    const b = board();
    b.type(7);
    expect([b.line.level, b.load(IIR)]).toEqual([false, 0x01]);
    b.store(IER, 1);
    expect([b.line.level, b.load(IIR)]).toEqual([true, 0x04]);
    b.load(DATA);
    expect([b.line.level, b.load(IIR)]).toEqual([false, 0x01]);
  });

  it("tells fewer bytes than the trigger level as a time-out", () => {
    const b = board();
    b.store(IIR, 0x41);
    b.store(IER, 1);
    b.type(1, 2, 3);
    expect(b.load(IIR)).toBe(0xcc);
    b.type(4);
    expect(b.load(IIR)).toBe(0xc4);
  });

  it("interrupts when the transmitter is empty: on enabling, after each byte, until identified", () => {
    const b = board();
    b.store(IER, 2);
    expect(b.line.level).toBe(true);
    expect([b.load(IIR), b.line.level, b.load(IIR)]).toEqual([0x02, false, 0x01]);
    b.store(DATA, 0x61);
    expect(b.line.level).toBe(true);
    b.store(IER, 0);
    expect(b.line.level).toBe(false);
  });

  it("raises its line anew for every event, and for nothing else", () => {
    const b = board();
    const rises = (action: () => unknown): number => {
      const before = b.line.rises;
      action();
      return b.line.rises - before;
    };
    expect(rises(() => b.store(IER, 3))).toBe(1);
    expect(rises(() => [b.load(LSR), b.load(MSR), b.store(SCR, 1)])).toBe(0);
    expect(rises(() => b.store(DATA, 0x61))).toBe(1);
    expect(rises(() => b.type(1, 2))).toBe(1);
    expect(rises(() => b.load(IIR))).toBe(0);
    expect(rises(() => b.load(DATA))).toBe(1); // one byte is left
    b.load(DATA);
    b.load(IIR);
    expect(b.line.level).toBe(false);
  });

  it("ranks received data before the empty transmitter, which stays to be told", () => {
    const b = board();
    b.store(IER, 3);
    b.type(9);
    expect(b.load(IIR)).toBe(0x04);
    b.load(DATA);
    expect(b.load(IIR)).toBe(0x02);
  });

  it("keeps the divisor behind the latch bit", () => {
    const b = board();
    b.store(LCR, 0x83);
    b.store(DATA, 0x34);
    b.store(IER, 0x12);
    expect([b.load(DATA), b.load(IER), b.sent.length]).toEqual([0x34, 0x12, 0]);
    b.store(LCR, 0x03);
    expect([b.load(IER), b.load(LCR)]).toEqual([0, 3]);
  });

  it("passes the tests drivers probe with: scratch register, FIFO bits, loop-back", () => {
    const b = board();
    b.store(SCR, 0xa5);
    b.store(IIR, 1);
    expect([b.load(SCR), b.load(IIR) & 0xc0]).toEqual([0xa5, 0xc0]);
    expect(b.load(MSR)).toBe(0xb0);
    b.store(MCR, 0x1a);
    expect(b.load(MSR) & 0xf0).toBe(0x90);
    b.store(DATA, 0x5a);
    expect([b.sent.length, b.load(LSR) & 1, b.load(DATA)]).toEqual([0, 1, 0x5a]);
  });

  it("overruns and clears its FIFO in loop-back", () => {
    const b = board();
    b.store(IIR, 1);
    b.store(MCR, 0x10);
    for (let byte = 0; byte < 17; byte++) b.store(DATA, byte);
    expect([b.load(LSR) & 3, b.load(LSR) & 3]).toEqual([3, 1]);
    b.store(IIR, 3);
    expect(b.load(LSR) & 1).toBe(0);
  });

  it("loses no typed byte when the driver clears the FIFO", () => {
    const b = board();
    b.type(0x41);
    b.store(IIR, 7);
    expect(b.load(DATA)).toBe(0x41);
  });

  it("takes accesses of any width as the register at their address", () => {
    const b = board();
    b.uart.write(DATA, 4, 0x4142_4344n);
    expect(b.sent).toEqual([0x44]);
    expect(b.uart.read(LSR, 4)).toBe(0x60n);
  });

  it("survives hostile accesses", () => {
    const b = board();
    fuzzDevice(b.uart, {
      seed: 15,
      rounds: 20_000,
      interesting: [0, 1, 2, 3, 4, 5, 6, 7, 8],
      between: (random) => random.chance(5) && b.type(random.below(256)),
    });
  });
});

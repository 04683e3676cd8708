import { describe, expect, it } from "vitest";
import { FakeHost } from "../test-support/fake-host";
import { fuzzDevice } from "../test-support/fuzz-device";
import { DEFAULT_EPOCH, Rtc } from "./rtc";

const [TIME_LOW, TIME_HIGH, ALARM_LOW, ALARM_HIGH, IRQ_ENABLED, CLEAR_ALARM, ALARM_STATUS, CLEAR_INTERRUPT] =
  [0, 4, 8, 12, 16, 20, 24, 28] as const;

function board(epoch?: bigint) {
  const host = new FakeHost();
  const line = { level: false };
  const rtc = new Rtc(
    host,
    {
      setLine(source, level) {
        if (source === 11) line.level = level;
      },
    },
    epoch,
  );
  const load = (offset: number): bigint => rtc.read(offset, 4);
  const store = (offset: number, value: bigint): void => rtc.write(offset, 4, BigInt.asUintN(32, value));
  const time = (): bigint => load(TIME_LOW) | (load(TIME_HIGH) << 32n);
  const setAlarm = (at: bigint): void => {
    store(ALARM_HIGH, at >> 32n);
    store(ALARM_LOW, at);
  };
  return { host, line, rtc, load, store, time, setAlarm };
}

describe("the real-time clock", () => {
  it("starts at its epoch and follows guest time", () => {
    const b = board();
    expect(b.time()).toBe(DEFAULT_EPOCH);
    b.host.advance(100n);
    expect(b.time()).toBe(DEFAULT_EPOCH + 1000n);
    expect(board(42n).time()).toBe(42n);
  });

  it("latches the high half, so that both halves are of one moment", () => {
    const b = board((1n << 32n) - 10n);
    const low = b.load(TIME_LOW);
    b.host.advance(5n);
    expect([low, b.load(TIME_HIGH)]).toEqual([0xffff_fff6n, 0n]);
  });

  it("can be set", () => {
    const b = board();
    b.store(TIME_HIGH, 1n);
    b.store(TIME_LOW, 2n);
    b.host.advance(1n);
    expect(b.time()).toBe((1n << 32n) + 12n);
  });

  it("interrupts when the alarm comes, until the interrupt is cleared", () => {
    const b = board(0n);
    b.store(IRQ_ENABLED, 1n);
    b.setAlarm(1005n);
    expect(b.load(ALARM_STATUS)).toBe(1n);
    b.host.advance(100n);
    expect(b.line.level).toBe(false);
    b.host.advance(1n);
    expect([b.line.level, b.load(ALARM_STATUS)]).toEqual([true, 0n]);
    b.store(CLEAR_INTERRUPT, 1n);
    expect(b.line.level).toBe(false);
  });

  it("rings at once for an alarm in the past, and says so when the interrupt is enabled", () => {
    const b = board(5000n);
    b.setAlarm(1000n);
    expect(b.line.level).toBe(false);
    b.store(IRQ_ENABLED, 1n);
    expect(b.line.level).toBe(true);
  });

  it("stays silent after the alarm was cleared", () => {
    const b = board(0n);
    b.store(IRQ_ENABLED, 1n);
    b.setAlarm(1000n);
    b.store(CLEAR_ALARM, 0n);
    b.host.advance(1000n);
    expect([b.line.level, b.load(ALARM_STATUS)]).toEqual([false, 0n]);
  });

  it("moves the alarm when the clock is set", () => {
    const b = board(0n);
    b.store(IRQ_ENABLED, 1n);
    b.setAlarm(10_000n);
    b.store(TIME_LOW, 9_990n);
    b.host.advance(1n);
    expect(b.line.level).toBe(true);
  });

  it("survives hostile accesses", () => {
    const b = board();
    fuzzDevice(b.rtc, {
      seed: 14,
      rounds: 10_000,
      interesting: [0, 4, 8, 12, 16, 20, 24, 28, 0xff8],
      between: (random) => b.host.advance(BigInt(random.below(1000))),
    });
  });
});

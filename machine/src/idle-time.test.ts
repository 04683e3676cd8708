import { describe, expect, it } from "vitest";
import { IdleTime } from "./idle-time";

const MILLISECOND = 100_000n;

/** Idle time under a clock moved by hand. */
function idleTime() {
  const clock = { now: 1000 };
  return { idle: new IdleTime(() => clock.now), clock };
}

describe("idle time at the host's pace", () => {
  it("waits as long on the host as the guest does", () => {
    const { idle, clock } = idleTime();
    expect(idle.pause(10n * MILLISECOND)).toBe(10);
    clock.now += 10;
    expect(idle.passed(10n * MILLISECOND)).toBe(10n * MILLISECOND);
  });

  it("lets the guest's clock follow when something happens before the time is over", () => {
    const { idle, clock } = idleTime();
    idle.pause(10n * MILLISECOND);
    clock.now += 4;
    expect(idle.passed(10n * MILLISECOND)).toBe(4n * MILLISECOND);
    clock.now += 1;
    expect(idle.passed(6n * MILLISECOND)).toBe(1n * MILLISECOND);
  });

  it("adds up waits too short for the host", () => {
    const { idle } = idleTime();
    const waits = Array.from({ length: 4 }, () => idle.pause(MILLISECOND / 2n));
    expect(waits).toEqual([0, 0, 0, 2]);
  });

  it("makes up for a host that slept too long", () => {
    const { idle, clock } = idleTime();
    idle.pause(10n * MILLISECOND);
    clock.now += 13;
    expect(idle.passed(10n * MILLISECOND)).toBe(10n * MILLISECOND);
    idle.resume();
    expect(idle.pause(10n * MILLISECOND)).toBe(7);
  });

  it("does not race after a host that stood still", () => {
    const { idle, clock } = idleTime();
    idle.pause(10n * MILLISECOND);
    clock.now += 3_600_000;
    idle.passed(10n * MILLISECOND);
    idle.resume();
    expect(idle.pause(100n * MILLISECOND)).toBe(50);
  });

  it("looks around once a second in a long wait", () => {
    expect(idleTime().idle.pause((1n << 64n) - 1n)).toBe(1000);
  });

  it("does not pass while the guest runs", () => {
    const { idle, clock } = idleTime();
    clock.now += 50;
    expect(idle.passed(10n * MILLISECOND)).toBe(0n);
  });
});

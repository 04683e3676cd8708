import { describe, expect, it } from "vitest";
import { BusError } from "../device";
import { FakeHost } from "../test-support/fake-host";
import { fuzzDevice } from "../test-support/fuzz-device";
import { Plic } from "./plic";
import type { PlicUserContexts } from "./plic-contexts";

const M0 = 0;
const S0 = 1;
const S1 = 3;
const U1 = 5;

function board(userContexts: PlicUserContexts = "after", edgeTriggered: number[] = []) {
  const host = new FakeHost(2);
  const plic = new Plic(host, userContexts, edgeTriggered);
  const load = (offset: number): number => Number(plic.read(offset, 4));
  const store = (offset: number, value: number): void => plic.write(offset, 4, BigInt(value));
  return {
    host,
    plic,
    load,
    store,
    priority: (source: number, value: number) => store(4 * source, value),
    pending: (source: number) => ((load(0x1000 + 4 * (source >> 5)) >>> (source & 31)) & 1) === 1,
    enable: (context: number, ...sources: number[]) => {
      for (let word = 0; word < 3; word++)
        store(
          0x2000 + 0x80 * context + 4 * word,
          sources.filter((s) => s >> 5 === word).reduce((bits, s) => (bits | (1 << (s & 31))) >>> 0, 0),
        );
    },
    threshold: (context: number, value: number) => store(0x20_0000 + 0x1000 * context, value),
    claim: (context: number) => load(0x20_0004 + 0x1000 * context),
    complete: (context: number, source: number) => store(0x20_0004 + 0x1000 * context, source),
  };
}

describe("the PLIC", () => {
  it("interrupts the hart and mode whose context enables the source", () => {
    const b = board();
    b.priority(10, 1);
    b.enable(S1, 10);
    b.plic.setLine(10, true);
    expect([...b.host.lines]).toEqual(["1:supervisorExternal"]);
    b.enable(S1);
    b.enable(M0, 10);
    expect([...b.host.lines]).toEqual(["0:machineExternal"]);
  });

  it("has the user contexts after all others", () => {
    const b = board();
    b.priority(33, 1);
    b.enable(U1, 33);
    b.plic.setLine(33, true);
    expect([...b.host.lines]).toEqual(["1:userExternal"]);
  });

  it("has three contexts per hart where the board is built so", () => {
    const b = board("interleaved");
    b.priority(5, 1);
    b.enable(2, 5);
    b.enable(3, 5);
    b.plic.setLine(5, true);
    expect([...b.host.lines].sort()).toEqual(["0:userExternal", "1:machineExternal"]);
  });

  it("has no registers for contexts it lacks", () => {
    const b = board("none");
    b.enable(U1, 5);
    b.threshold(U1, 3);
    expect([b.load(0x2000 + 0x80 * U1), b.load(0x20_0000 + 0x1000 * U1), b.claim(U1)]).toEqual([0, 0, 0]);
  });

  it("gives the highest priority first, and the lower number among equals", () => {
    const b = board();
    for (const [source, priority] of [
      [7, 2],
      [40, 5],
      [95, 5],
      [3, 0],
    ] as const) {
      b.priority(source, priority);
      b.plic.setLine(source, true);
    }
    b.enable(S0, 3, 7, 40, 95);
    expect([b.claim(S0), b.claim(S0), b.claim(S0), b.claim(S0)]).toEqual([40, 95, 7, 0]);
    expect(b.host.lines.size).toBe(0);
  });

  it("lets only priorities above the threshold interrupt, while a claim may poll", () => {
    const b = board();
    b.priority(10, 3);
    b.enable(S0, 10);
    b.threshold(S0, 3);
    b.plic.setLine(10, true);
    expect(b.host.lines.size).toBe(0);
    b.threshold(S0, 2);
    expect(b.host.lines.has("0:supervisorExternal")).toBe(true);
    b.threshold(S0, 7);
    expect(b.claim(S0)).toBe(10);
  });

  it("asks again after completion while the line is still high, and not before", () => {
    const b = board();
    b.priority(10, 1);
    b.enable(S0, 10);
    b.plic.setLine(10, true);
    expect(b.claim(S0)).toBe(10);
    expect([b.pending(10), b.claim(S0)]).toEqual([false, 0]);
    b.complete(S0, 10);
    expect(b.pending(10)).toBe(true);
    b.claim(S0);
    b.plic.setLine(10, false);
    b.complete(S0, 10);
    expect(b.pending(10)).toBe(false);
  });

  it("asks again after completion only if an edge-triggered source's line has risen, and is still high", () => {
    const b = board("after", [10]);
    b.priority(10, 1);
    b.enable(S0, 10);
    const asksAgain = (...levels: boolean[]): boolean => {
      b.plic.setLine(10, false);
      b.plic.setLine(10, true);
      expect(b.claim(S0)).toBe(10);
      for (const level of levels) b.plic.setLine(10, level);
      b.complete(S0, 10);
      const again = b.claim(S0) === 10;
      b.complete(S0, 10);
      return again;
    };
    expect([asksAgain(), asksAgain(false), asksAgain(false, true), asksAgain(false, true, false)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it("keeps a request whose line fell before the claim", () => {
    const b = board();
    b.priority(10, 1);
    b.enable(S0, 10);
    b.plic.setLine(10, true);
    b.plic.setLine(10, false);
    expect(b.claim(S0)).toBe(10);
  });

  it("ignores completion in a context that does not enable the source", () => {
    const b = board();
    b.priority(10, 1);
    b.enable(S0, 10);
    b.plic.setLine(10, true);
    b.claim(S0);
    b.complete(S1, 10);
    expect(b.pending(10)).toBe(false);
  });

  it("accepts completion in user mode of what the supervisor claimed", () => {
    const b = board();
    b.priority(10, 1);
    b.enable(S1, 10);
    b.plic.setLine(10, true);
    b.claim(S1);
    b.enable(S1);
    b.enable(U1, 10);
    b.complete(U1, 10);
    expect(b.host.lines.has("1:userExternal")).toBe(true);
  });

  it("has three-bit priorities and thresholds, no source 0 and none beyond 95", () => {
    const b = board();
    b.priority(10, 0xff);
    b.threshold(S0, 0x1f);
    b.priority(0, 7);
    b.priority(96, 7);
    b.enable(S0, 0, 1);
    expect([b.load(40), b.load(0x20_1000), b.load(0), b.load(4 * 96), b.load(0x2080)]).toEqual([
      7, 7, 0, 0, 2,
    ]);
    expect(b.load(0x2080 + 12)).toBe(0);
  });

  it("refuses accesses that are not whole registers", () => {
    const { plic } = board();
    expect(() => plic.read(4, 1)).toThrow(BusError);
    expect(() => plic.read(2, 4)).toThrow(BusError);
    expect(() => plic.write(4, 8, 0n)).toThrow(BusError);
  });

  it("survives hostile accesses", () => {
    const b = board();
    fuzzDevice(b.plic, {
      seed: 11,
      rounds: 20_000,
      interesting: [
        0, 4, 40, 380, 384, 0x1000, 0x1008, 0x2000, 0x2080, 0x1f_fffc, 0x20_0000, 0x20_0004, 0x20_5004,
        0x20_6004, 0x5f_fffc,
      ],
      between: (random) => b.plic.setLine(1 + random.below(95), random.chance(2)),
    });
  });
});

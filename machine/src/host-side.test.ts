import { describe, expect, it } from "vitest";
import { NEVER } from "./event-queue";
import { HostSide } from "./host-side";

function board() {
  const clock = { cycles: 1000n };
  const side = new HostSide({
    now: () => clock.cycles,
    passIdleTime: (cycles) => {
      clock.cycles = cycles;
    },
  });
  return { clock, side };
}

const soon = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe("what devices wait for", () => {
  it("is handed over in the order in which they asked, whatever comes first", async () => {
    const { side } = board();
    const order: string[] = [];
    side.waitForHost(
      soon(5).then(() => "slow"),
      (name) => order.push(name),
    );
    side.waitForHost(Promise.resolve("fast"), (name) => order.push(name));
    expect(side.isWorking).toBe(true);
    await side.settle();
    expect([order, side.isWorking]).toEqual([["slow", "fast"], false]);
  });

  it("is forgotten when the machine is switched off and on", async () => {
    const { side } = board();
    let handed = false;
    side.waitForHost(soon(1), () => {
      handed = true;
    });
    side.powerOn();
    expect(side.isWorking).toBe(false);
    await soon(5);
    expect(handed).toBe(false);
  });

  it("ends the wait with its error when it fails", async () => {
    const { side } = board();
    side.waitForHost(Promise.reject(new Error("gone")), () => {});
    await expect(side.settle()).rejects.toThrow("gone");
  });
});

describe("a machine that sleeps", () => {
  it("wakes when something comes in, with its clock brought up to date before", async () => {
    const { clock, side } = board();
    const asleep = side.sleep(NEVER, true);
    await soon(5);
    let seen = 0n;
    side.fromHost(() => {
      seen = clock.cycles;
    });
    expect(await asleep).toBe(true);
    expect(seen).toBeGreaterThan(1000n);
  });

  it("keeps its clock when it is not to pass at the host's pace", async () => {
    const { clock, side } = board();
    const asleep = side.sleep(NEVER, false);
    side.fromHost(() => {});
    expect(await asleep).toBe(true);
    expect(clock.cycles).toBe(1000n);
  });

  it("does not pass the clock at which there is something to do", async () => {
    const { clock, side } = board();
    const target = 1000n + 300_000n; // 3 ms
    expect(await side.sleep(target, true)).toBe(true);
    expect(clock.cycles).toBeLessThanOrEqual(target);
  });

  it("does not sleep for a moment, or where time is skipped", async () => {
    const { side } = board();
    expect(await side.sleep(1010n, true)).toBe(false);
    expect(await side.sleep(1_000_000_000n, false)).toBe(false);
  });
});

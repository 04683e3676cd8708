// A switch costs what the turns cost beyond their work, and the same each time.
import { describe, expect, it } from "vitest";
import { LAYOUTS } from "../../published/switch";
import { COROUTINE, measureSwitch, PROCESS, SWITCH_MODES } from "./modes";

const settings = { quick: true, progress() {} };
/** Instructions of a tick of the scheduler's timer, about. */
const TICK = 220;
/** What a yield takes more that finds a round's time over, and the cycles of that time (runtime/src/async/turns.ts). */
const LOOK = 55;
const QUIET_PERIOD = 65_536;
const [smallest, withWork] = LAYOUTS;

function measure(name: string, layout = smallest!) {
  return measureSwitch(SWITCH_MODES.find((mode) => mode.name === name)!, layout, settings);
}

describe("rel4 lab switch", () => {
  it("enters the kernel never for coroutines, once for a yield or SignalWait, twice for Signal and Wait", async () => {
    const traps = [];
    for (const { name } of SWITCH_MODES) traps.push(Math.round((await measure(name)).trapsPerOp! * 10) / 10);
    expect(traps).toEqual([0, 1, 1, 2, 1]);
  });

  it("subtracts the work: with working sets only ticks of the timer and, for coroutines, looks at the clock are added", async () => {
    for (const mode of [COROUTINE, PROCESS]) {
      const bare = await measure(mode);
      const working = await measure(mode, withWork!);
      expect(working.workInstructionsPerOp).toBeGreaterThan(4096);
      const ticks = working.trapsPerOp! - bare.trapsPerOp!;
      expect(ticks).toBeLessThan(0.2);
      const looks = mode === COROUTINE ? Number(working.workInstructionsPerOp) / QUIET_PERIOD : 0;
      const added = working.instructionsPerOp! - bare.instructionsPerOp! - TICK * ticks - LOOK * looks;
      expect(Math.abs(added)).toBeLessThan(5);
    }
  });

  it("measures the same each time", async () => {
    expect(await measure("thread, yield")).toEqual(await measure("thread, yield"));
  });
});

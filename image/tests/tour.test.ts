import { beforeAll, describe, expect, it } from "vitest";
import { buildSystem } from "../src/index";
import { repositoryPath } from "../src/repository";
import { type RunSettings, runImage } from "./run-system";

interface Row {
  mode: string;
  harts: number;
  roundTrips: number;
  cyclesMin: number;
  cyclesMedian: number;
  cyclesP99: number;
  trapsPerRoundTrip: number | null;
  userInterruptsPerRoundTrip: number | null;
}

let image: Uint8Array;
let jsonImage: Uint8Array;
beforeAll(async () => {
  const path = repositoryPath("programs/tour/system.ts");
  image = (await buildSystem(path)).image;
  jsonImage = (await buildSystem(path, { arguments: { client: ["--json"] } })).image;
}, 300_000);

async function rows(settings?: RunSettings): Promise<Row[]> {
  const { output, end } = await runImage(jsonImage, settings);
  expect(end).toBe(0);
  return (JSON.parse(output) as { rows: Row[] }).rows;
}

const MODES = ["endpoint-local", "endpoint-remote", "notification", "u-notification"];

describe("the tour", () => {
  it("prints four rows and a sentence computed from them", async () => {
    const { output, end } = await runImage(image);
    expect(end).toBe(0);
    for (const [index, mode] of MODES.entries())
      expect(output).toMatch(
        new RegExp(`^${index + 1} ${mode} +${index === 0 ? 1 : 2} +2000 +\\d+ +\\d+ +\\d+ `, "m"),
      );
    expect(output).toMatch(
      /a round trip by user interrupts takes \d+ cycles and does not enter the kernel at all/,
    );
  });

  it("prints the same numbers twice", async () => {
    expect(await rows()).toEqual(await rows());
  });

  it("enters the kernel in rows 1 to 3, and interrupts user mode twice a round trip in row 4 only", async () => {
    const measured = await rows();
    expect(measured.map(({ mode }) => mode)).toEqual(MODES);
    for (const { mode, trapsPerRoundTrip, userInterruptsPerRoundTrip } of measured) {
      const isUser = mode === "u-notification";
      if (isUser) expect(trapsPerRoundTrip).toBe(0);
      else expect(trapsPerRoundTrip).toBeGreaterThanOrEqual(2);
      expect(userInterruptsPerRoundTrip).toBe(isUser ? 2 : 0);
    }
    expect(Math.min(...measured.map(({ cyclesMedian }) => cyclesMedian))).toBe(measured[3]!.cyclesMedian);
    // a few instructions more on this path are a mistake: it is what user interrupts are for
    expect(measured[3]!.cyclesMedian).toBeLessThan(130);
  });

  it("takes its numbers from real events: the machine sees no trap between the user interrupts of row 4", async () => {
    let traps = 0;
    let streak = 0;
    let longest = 0;
    await runImage(jsonImage, {
      onTrap: () => {
        traps++;
        streak = 0;
      },
      onUserInterrupt: () => {
        streak++;
        longest = Math.max(longest, streak);
      },
    });
    expect(traps).toBeGreaterThan(0);
    // 2000 round trips of two user interrupts each, not one trap on either hart in between
    expect(longest).toBeGreaterThanOrEqual(4000);
  });

  it("holds for several quanta: rows 2 to 4 differ by less than 5 %", async () => {
    const runs = await Promise.all([1, 4, 8].map((quantum) => rows({ quantum })));
    for (const row of [1, 2, 3]) {
      const medians = runs.map((run) => run[row]!.cyclesMedian);
      expect(Math.max(...medians) / Math.min(...medians), `${MODES[row]}: ${medians}`).toBeLessThan(1.05);
    }
  });

  it("without user-interrupt hardware prints three rows and says why", async () => {
    expect((await rows({ uintc: false })).map(({ mode }) => mode)).toEqual(MODES.slice(0, 3));
    expect((await runImage(image, { uintc: false })).output).toMatch(/Row 4 needs user interrupts/);
  });

  it("with one hart prints one row and says what the others need", async () => {
    expect((await rows({ harts: 1 })).map(({ mode }) => mode)).toEqual(MODES.slice(0, 1));
    expect((await runImage(image, { harts: 1 })).output).toMatch(/Rows 2-4 need a second hart/);
  });

  it("runs the same on four harts", async () => {
    expect((await rows({ harts: 4 })).map(({ mode }) => mode)).toEqual(MODES);
  });
});

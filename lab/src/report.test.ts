// What an experiment's rows become: figures, tables, files. Made-up rows, so that nothing needs to be measured.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { toCsv } from "./csv";
import { drawFigure } from "./draw-figure";
import { type Experiment, type ExperimentResult, isMet, type Row } from "./experiment";
import { ipcFigure } from "./experiments/ipc/figure";
import { ipcGoals } from "./experiments/ipc/goals";
import { IpcResults } from "./experiments/ipc/results";
import { ipcTables } from "./experiments/ipc/tables";
import { goalTable } from "./goals";
import { prepareFolder, toJson, writeResult } from "./result-files";

const scratch = mkdtempSync(join(tmpdir(), "rel4-lab-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A row whose instructions are given and everything else plausible. */
function row(mode: string, concurrency: number, instructions: number, work = 0): Row {
  return {
    experiment: "ipc",
    mode,
    harts: mode.endsWith("smp") ? 2 : 1,
    concurrency,
    instructionsPerOp: instructions,
    cyclesPerOp: instructions + 2,
    trapsPerOp: 2 / concurrency,
    userInterruptsPerOp: mode === "async-smp" ? 0.01 : 0,
    published: null,
    work,
    notificationsPerOp: 1 / concurrency,
  };
}

const rows = [
  row("sync-fastpath", 1, 500),
  row("sync-slowpath", 1, 2000),
  row("async-up", 1, 540),
  row("async-up", 8, 260),
  row("async-up", 16, 200),
  row("async-up", 32, 120),
  row("async-up", 64, 150),
  row("async-smp", 8, 180),
  row("async-smp", 32, 100),
  row("async-smp", 8, 1000, 10),
  row("async-smp", 32, 1000, 10),
];
const results = new IpcResults(rows);
const result: ExperimentResult = {
  rows,
  tables: ipcTables(results),
  goals: ipcGoals(results),
  figure: ipcFigure(results),
  method: ["Made up."],
};
const experiment: Experiment = {
  name: "ipc",
  summary: "a < b & c",
  help: "",
  run: () => Promise.resolve(result),
};

describe("goals of ipc", () => {
  const goal = (start: string) => result.goals.find(({ name }) => name.startsWith(start))!;

  it("are in the real seL4's round trips of 538 instructions", () => {
    expect(goal("one hart, 8 in flight: ").value).toBeCloseTo(260 / 538, 3);
    expect(isMet(goal("one hart, 8 in flight: "))).toBe(false);
  });

  it("are judged by the worst row they cover", () => {
    expect(goal("one hart, 32 in flight and more").value).toBeCloseTo(150 / 538, 3);
    expect(goal("one hart, 16 in flight and more").value).toBeCloseTo(200 / 1886, 3);
  });

  it("set a call alone beside the synchronous fastpath", () => {
    expect(goal("one hart, 1 in flight").value).toBeCloseTo(1.08, 3);
    expect(isMet(goal("one hart, 1 in flight"))).toBe(true);
  });

  it("are left out when their rows were not measured", () => {
    const one = ipcGoals(new IpcResults(rows.filter(({ harts }) => harts === 1)));
    expect(one.some(({ name }) => name.startsWith("two harts"))).toBe(false);
    expect(ipcGoals(new IpcResults([]))).toEqual([]);
  });

  it("say in the table whether they are reached", () => {
    const cells = goalTable(result.goals).rows.map((line) => line.at(-1));
    expect(new Set(cells)).toEqual(new Set(["yes", "NO"]));
  });
});

describe("a figure", () => {
  it("is the same text each time, whatever was drawn before", async () => {
    const first = await drawFigure(ipcFigure(results));
    await drawFigure(ipcFigure(new IpcResults(rows.slice(0, 4))));
    expect(await drawFigure(ipcFigure(results))).toBe(first);
  });

  it("is complete SVG without numbers that are none", async () => {
    for (const some of [rows, rows.slice(0, 3), rows.slice(2, 7)]) {
      const svg = await drawFigure(ipcFigure(new IpcResults(some)));
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg.trimEnd().endsWith("</svg>")).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
      expect(unclosed(svg)).toEqual([]);
    }
  });
});

/** Names of elements that are opened and not closed, in order. */
function unclosed(markup: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, , alone] of markup.matchAll(/<(\/?)([A-Za-z]+)((?:"[^"]*"|[^>"])*?)(\/?)>/g)) {
    if (alone === "/") continue;
    if (closing === "") open.push(name!);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}

describe("the files of an experiment", () => {
  it("are rows as CSV and JSON, the figure, and a page that needs nothing else", async () => {
    const folder = join(scratch, "new", "folder");
    prepareFolder(folder);
    await writeResult(experiment, result, folder);
    expect(readdirSync(folder).sort()).toEqual(["ipc.csv", "ipc.html", "ipc.json", "ipc.svg"]);
    expect(JSON.parse(readFileSync(join(folder, "ipc.json"), "utf8"))).toEqual(rows);
    const page = readFileSync(join(folder, "ipc.html"), "utf8");
    expect(page).toContain("<svg ");
    expect(page).toContain("a &lt; b &amp; c");
    expect(page).not.toMatch(/<(script|link)\b|(src|href)="http/);
  });

  it("are refused with the reason when they cannot be written", () => {
    const file = join(scratch, "file");
    writeFileSync(file, "");
    expect(() => prepareFolder(file)).toThrow(/cannot write there \(a file is in the way\)/);
    expect(() => prepareFolder(join(file, "below"))).toThrow(/cannot write there/);
    expect(() => prepareFolder("/proc/nowhere")).toThrow(/cannot write there/);
  });

  it("quote CSV cells only where they must be", () => {
    expect(toCsv([{ ...row("a,b", 1, 2), note: 'say "x"' }])).toBe(
      'experiment,mode,harts,concurrency,instructionsPerOp,cyclesPerOp,trapsPerOp,userInterruptsPerOp,published,work,notificationsPerOp,note\r\nipc,"a,b",1,1,2,4,2,0,,0,1,"say ""x"""\r\n',
    );
  });

  it("hold a JSON row a line", () => {
    expect(toJson(rows).trimEnd().split("\n")).toHaveLength(rows.length + 2);
    expect(JSON.parse(toJson([]))).toEqual([]);
  });
});

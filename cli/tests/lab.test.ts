// `rel4 lab` as a user runs it: the list, an experiment's rows and files, and what goes wrong with a message.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Workbench } from "./rel4";

const bench = new Workbench();
afterAll(() => bench.remove());

interface Row {
  experiment: string;
  mode: string;
  harts: number;
  concurrency: number;
  instructionsPerOp: number;
  cyclesPerOp: number;
  trapsPerOp: number;
  userInterruptsPerOp: number;
  published: number | null;
  work: number;
}

const EXTENSIONS = ["csv", "html", "json", "svg"];

describe("rel4 lab", () => {
  it("lists the experiments, each with a help that teaches", () => {
    const { code, stdout } = bench.rel4("lab");
    expect(code).toBe(0);
    const names = [...stdout.matchAll(/rel4 lab (\w+)/g)].map(([, name]) => name!);
    expect(names).toContain("ipc");
    const help = bench.rel4("lab", "ipc", "--help");
    expect(help.stdout).toMatch(/sync-slowpath/);
    expect(help.stdout).toMatch(/\$ rel4 lab ipc/);
  });

  it("says which experiments there are when asked for another", () => {
    const { code, stdout, stderr } = bench.rel4("lab", "teleport");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/no experiment "teleport"/);
    expect(stderr).toMatch(/hint: .*ipc/);
  });

  it("refuses a folder it cannot write before it measures anything", () => {
    bench.write("taken", "");
    const { code, stderr } = bench.rel4("lab", "ipc", "--quick", "--out", "taken");
    expect(code).toBe(2);
    expect(stderr).toMatch(/taken: cannot write there \(a file is in the way\)/);
    expect(stderr).not.toMatch(/in flight/);
  });

  it.each(["ipc", "syscall", "notify", "switch"])("refuses numbers of harts %s is not for", (experiment) => {
    const { code, stderr } = bench.rel4("lab", experiment, "--quick", "--harts", "5", "--out", "no-harts");
    expect(code).toBe(2);
    expect(stderr).toMatch(/nothing here is measured on 5 harts/);
    expect(readdirSync(join(bench.folder, "no-harts"))).toEqual([]);
  });
});

describe("rel4 lab ipc", () => {
  const first = bench.rel4("lab", "ipc", "--quick", "--json", "--out", "first");
  const rows: Row[] = JSON.parse(first.stdout || "[]");
  const row = (mode: string, concurrency: number) =>
    rows.find((each) => each.mode === mode && each.concurrency === concurrency)!;

  it("prints rows only, with every field, and progress elsewhere", () => {
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/async-smp, 32 in flight/);
    expect(rows.length).toBeGreaterThan(10);
    for (const each of rows) {
      expect(each.experiment).toBe("ipc");
      for (const field of ["instructionsPerOp", "cyclesPerOp"] as const)
        expect(each[field]).toBeGreaterThan(50);
      for (const field of ["trapsPerOp", "userInterruptsPerOp"] as const)
        expect(each[field]).toBeGreaterThanOrEqual(0);
      expect(each.published === null || each.published > 1000).toBe(true);
    }
    expect(row("async-up", 8).published).toBe(2470);
  });

  it("counts what is known beforehand: two traps for a call and its answer, fewer with more calls in flight", () => {
    for (const mode of ["sync-fastpath", "sync-slowpath"]) expect(row(mode, 1).trapsPerOp).toBeCloseTo(2, 1);
    expect(row("sync-slowpath", 1).instructionsPerOp).toBeGreaterThan(
      2 * row("sync-fastpath", 1).instructionsPerOp,
    );
    expect(row("async-up-ring", 32).trapsPerOp).toBeLessThan(0.1);
    expect(row("async-up-ring", 32).instructionsPerOp).toBeLessThan(
      0.5 * row("sync-fastpath", 1).instructionsPerOp,
    );
  });

  it("shows what polling saves: without it every idle server costs its client a user interrupt", () => {
    expect(row("async-smp", 8).userInterruptsPerOp).toBeLessThan(0.01);
    expect(row("async-smp-armed", 1).userInterruptsPerOp).toBeCloseTo(2, 1);
    expect(row("async-smp-armed", 32).userInterruptsPerOp).toBeLessThan(
      row("async-smp-armed", 8).userInterruptsPerOp,
    );
  });

  it("leaves the same files each time, byte for byte", () => {
    const second = bench.rel4("lab", "ipc", "--quick", "--out", "second");
    expect(second.stdout).toMatch(/Goals/);
    const folders = ["first", "second"].map((name) => join(bench.folder, name));
    const names = EXTENSIONS.map((extension) => `ipc.${extension}`);
    for (const folder of folders) expect(readdirSync(folder).sort()).toEqual(names);
    for (const name of names) {
      const [one, other] = folders.map((folder) => readFileSync(join(folder, name), "utf8"));
      expect(other === one, `${name} is the same`).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(folders[0]!, "ipc.json"), "utf8"))).toEqual(rows);
  });
});

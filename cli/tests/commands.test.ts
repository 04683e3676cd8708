// The commands of the README, run as a user would.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { Workbench } from "./rel4";

const bench = new Workbench();
afterAll(() => bench.remove());
const programs = fileURLToPath(new URL("../../programs/", import.meta.url));

interface Row {
  mode: string;
  harts: number[] | number;
  roundTrips: number;
  cyclesMin: number;
  cyclesMedian: number;
  cyclesP99: number;
  trapsPerRoundTrip: number;
  userInterruptsPerRoundTrip: number;
}

describe("rel4 run", () => {
  it("runs a program in user mode and passes its exit code on", () => {
    const file = bench.write(
      "seven.ts",
      'export function main(): i32 {\n  console.log("seven");\n  return 7;\n}\n',
    );
    expect(bench.rel4("run", file)).toEqual({
      code: 7,
      stdout: 'seven\nrel4: program "seven" ended with exit code 7\n',
      stderr: "",
    });
  });

  it("reports a program that faults: name, cause, function and address", () => {
    const file = bench.write(
      "wild.ts",
      "function poke(): void {\n  store<u32>(0x66660000, 1);\n}\nexport function main(): i32 {\n  poke();\n  return 0;\n}\n",
    );
    const { code, stdout } = bench.rel4("run", file);
    expect(stdout).toMatch(/wild/);
    expect(stdout).toMatch(/0x0*66660000/);
    expect(stdout).toMatch(/at \S+\+0x/);
    expect(code).not.toBe(0);
  });

  it("ends a system in which nothing can ever run again, and says so", () => {
    bench.write(
      "waiter.ts",
      'import { Signals } from "rel4";\nexport function main(): i32 {\n  Signals.wait();\n  return 0;\n}\n',
    );
    bench.write(
      "other.ts",
      'import { Signals } from "rel4";\nexport function main(): i32 {\n  Signals.wait();\n  return 0;\n}\n',
    );
    bench.write(
      "deadlock.ts",
      'import { defineSystem } from "rel4/system";\nexport default defineSystem({\n  programs: { waiter: { source: "./waiter.ts" }, other: { source: "./other.ts" } },\n  channels: [{ from: "other", to: "waiter", kind: "notification" }, { from: "waiter", to: "other", kind: "notification" }],\n});\n',
    );
    const { code, stderr } = bench.rel4("run", "deadlock.ts");
    expect(stderr).toMatch(/nothing can ever run again/);
    expect(stderr).toMatch(/^not ended: waiter, other$/m);
    expect(stderr).not.toMatch(/hint/);
    expect(code).toBe(125);
  });

  it("names the server that keeps a system from ending, and says how to describe it", () => {
    const checks = join(programs, "checks");
    bench.write(
      "server-stays.ts",
      `import { defineSystem } from "rel4/system";
export default defineSystem({
  programs: {
    adder: { source: "${checks}/adder.ts" },
    relay: { source: "${checks}/relay.ts", arguments: ["adder"], background: true },
    sums: { source: "${checks}/sums.ts", arguments: ["relay", "2", "3"] },
  },
  channels: [{ from: "relay", to: "adder", kind: "async" }, { from: "sums", to: "relay", kind: "async" }],
});
`,
    );
    const { code, stdout, stderr } = bench.rel4("run", "server-stays.ts");
    expect(stdout).toBe("sums: 6 of 6 are right\n");
    expect(stderr).toMatch(/nothing can ever run again/);
    expect(stderr).toMatch(/^not ended: adder, relay \(background\)$/m);
    expect(stderr).toMatch(
      /^hint: {2}adder serves other programs: with background: true in the description/m,
    );
    expect(code).toBe(125);
  });

  it("ends a program that never comes back from its interrupt handler, and names it", () => {
    const checks = join(programs, "checks");
    bench.write(
      "handler.ts",
      `import { defineSystem } from "rel4/system";
export default defineSystem({
  machine: { harts: 2 },
  programs: {
    "handler-loop": { source: "${checks}/handler-loop.ts", hart: 1 },
    storm: { source: "${checks}/storm.ts", arguments: ["handler-loop", "2000"], background: true },
  },
  channels: [{ from: "storm", to: "handler-loop", kind: "async" }],
});
`,
    );
    const { code, stderr } = bench.rel4("run", "handler.ts");
    expect(stderr).toMatch(/handler-loop.*does not come back/);
    expect(code).toBe(125);
  });

  it("stops a program that never ends at the instruction limit", () => {
    const file = bench.write(
      "forever.ts",
      "export function main(): i32 {\n  while (true) {}\n  return 0;\n}\n",
    );
    const { code, stderr } = bench.rel4("run", "--max-instructions", "20000000", file);
    expect(stderr).toMatch(/limit/);
    expect(code).toBe(125);
  });
});

describe("rel4 tour", () => {
  const tour = (...args: string[]): Row[] => {
    const { code, stdout, stderr } = bench.rel4("tour", "--json", ...args);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return JSON.parse(stdout).rows;
  };

  it("prints four rows, the last without any trap, and twice the same", () => {
    const rows = tour();
    expect(rows.map((row) => row.mode)).toEqual([
      "endpoint-local",
      "endpoint-remote",
      "notification",
      "u-notification",
    ]);
    for (const row of rows) {
      expect(row.roundTrips).toBeGreaterThan(0);
      expect(row.cyclesMin).toBeGreaterThan(0);
      expect(row.cyclesMin).toBeLessThanOrEqual(row.cyclesMedian);
      expect(row.cyclesMedian).toBeLessThanOrEqual(row.cyclesP99);
    }
    expect(rows[0]!.trapsPerRoundTrip).toBeGreaterThanOrEqual(2);
    expect(rows[3]!.trapsPerRoundTrip).toBe(0);
    expect(rows[3]!.userInterruptsPerRoundTrip).toBeGreaterThan(0);
    expect(tour()).toEqual(rows);
  });

  it("prints three rows on a machine without user interrupts, and why", () => {
    const { stdout, code } = bench.rel4("tour", "--no-user-interrupts");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Row 4 needs user interrupts: this machine has no hardware for them/);
    expect(tour("--no-user-interrupts")).toHaveLength(3);
  });

  it("prints one row on one hart, and why", () => {
    const { stdout, code } = bench.rel4("tour", "--harts", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/two harts|second hart/);
    expect(tour("--harts", "1")).toHaveLength(1);
  });
});

describe("rel4 build", () => {
  it("makes an image that rel4 run runs", () => {
    const { code, stdout } = bench.rel4("build", join(programs, "hello/hello.ts"), "-o", "hello.elf");
    expect(stdout).toMatch(/qemu-system-riscv64/);
    expect(code).toBe(0);
    expect(readFileSync(join(bench.folder, "hello.elf")).subarray(1, 4).toString()).toBe("ELF");
    const run = bench.rel4("run", "hello.elf");
    expect(run.stdout).toMatch(/Hello/);
    expect(run.code).toBe(0);
  });
});

describe("rel4 --help", () => {
  it("shows every command with an example", () => {
    const { stdout, code } = bench.rel4("--help");
    for (const command of ["tour", "run", "build", "bench"]) expect(stdout).toMatch(`$ rel4 ${command}`);
    expect(code).toBe(0);
  });

  it.each(["tour", "run", "build", "bench"])("%s has a help of its own", (command) => {
    expect(bench.rel4(command, "--help").stdout).toMatch(/Usage: rel4/);
  });
});
